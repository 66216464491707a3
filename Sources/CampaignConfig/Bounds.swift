// Between what a setting must lie. Ours, except where a source is named: wide enough for any use that we can think of,
// narrow enough that a slip of the pen is noticed.

enum Bounds {
    static let day = Duration.seconds(86_400)

    static let keep = day...(3_650 * day)
    /// Zero sends at once; no page of Adobe's names more than an hour.
    static let firstActivationWindow = Duration.zero...day
    /// Adobe's window since 2026; shorter ones are warned of.
    static let cautiousWindow = Duration.seconds(3_600)
    /// Adobe's hard guardrail for one job.
    static let pairsPerJob = 1...80
    static let runMaximumAge = Duration.seconds(1)...(30 * day)
    static let exportMaximumAge = Duration.seconds(1)...(30 * day)

    static let poll = Duration.milliseconds(10)...day
    static let gateFreshness = Duration.milliseconds(10)...Duration.seconds(3_600)
    /// Within more than this an export or a run of others may begin unseen: longer ones are warned of.
    static let cautiousFreshness = Duration.seconds(120)
    static let runLate = Duration.milliseconds(100)...(7 * day)
    static let settle = Duration.milliseconds(100)...day
    /// No page of Adobe's says how long a listing may lag behind; shorter times are warned of.
    static let cautiousSettle = Duration.seconds(30)

    static let concurrentCalls = 1...64
    static let callsPerMinute = 1...100_000
    static let requestTimeout = Duration.milliseconds(100)...Duration.seconds(600)
    static let responseBytes = 65_536...1_073_741_824
    static let attempts = 1...100
    static let backoff = Duration.milliseconds(1)...day

    static let clockWait = Duration.zero...Duration.seconds(3_600)

    static let startWithin = Duration.milliseconds(100)...(31 * day)
    static let catchUp = Duration.zero...(31 * day)
    static let jitter = Duration.zero...day
    static let delay = Duration.zero...(31 * day)
    static let blackoutLength = Duration.seconds(1)...(31 * day)

    static let every = Duration.seconds(1)...(366 * day)
    /// A change of the clock that lies farther ahead is not warned of.
    static let driftHorizon = 366 * day

    /// Times in one campaign's `at`.
    static let atTimes = 10_000
    /// Texts in one campaign's `schedule`, `cron` or `rrule`.
    static let schedules = 100
    /// Days and times in one campaign's `exdate`.
    static let excludedTimes = 10_000
    static let maximumOccurrences = 1...1_000_000
    /// Tables [calendar.NAME] of all files.
    static let calendars = 1_000
    /// Names in one `except` or `only`.
    static let calendarNames = 100
    /// Bytes of the path of a calendar's file.
    static let pathLength = 4_096
    /// How many times the reason is looked for why a schedule with rules for days never comes: each looks at a century.
    static let reasons = 20
    /// (dataflow, audience) pairs of one campaign.
    /// An occurrence is one record, of which the journal takes up to 8 MiB: some 100 bytes a pair.
    static let pairs = 50_000
    static let commandArguments = 256
    static let scopes = 100
}

private func * (count: Int, duration: Duration) -> Duration { duration * count }
