import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// A number or a span of time that a file may hold, with both of its ends written out: a bound that moves is noticed.
struct BoundedSetting: Sendable, CustomTestStringConvertible {
    var key: String
    /// In the unit of `text`.
    var range: ClosedRange<Int64>
    /// Where a value of the setting stands in a file: the settings of the main file, or a file of campaigns.
    var text: @Sendable (String) -> Text
    /// Nil for a setting that is no number in the configuration.
    var read: @Sendable (Configuration) -> Int64?
    var isDuration = true

    enum Text {
        case settings(String)
        case campaigns(String)
        case platform(String)
    }

    var testDescription: String { key }

    func written(_ value: Int64) -> String { isDuration ? "\"\(value)ms\"" : "\(value)" }

    func load(_ value: Int64) throws(ConfigurationFaults) -> LoadedConfiguration {
        switch text(written(value)) {
        case .settings(let text): return try Sample.load(settings: text)
        case .campaigns(let text): return try Sample.load(campaigns: text)
        case .platform(let line):
            let text = Sample.main.replacing("sandbox = \"prod\"\n[", with: "sandbox = \"prod\"\n\(line)\n[")
            return try Sample.load([SourceFile(path: "activationd.toml", bytes: Array(text.utf8))])
        }
    }

    func codes(_ value: Int64) -> [ConfigurationFault.Code] {
        Sample.faults { () throws(ConfigurationFaults) in try load(value) }?.faults.map(\.code) ?? []
    }
}

private let day: Int64 = 86_400_000

private func span(
    _ table: String, _ key: String, _ range: ClosedRange<Int64>, beside: String = "",
    _ read: @escaping @Sendable (Configuration) -> Duration
) -> BoundedSetting {
    BoundedSetting(
        key: "\(table).\(key)", range: range, text: { .settings("[\(table)]\n\(beside)\n\(key) = \($0)\n") },
        read: { read($0).milliseconds })
}

private func count(
    _ table: String, _ key: String, _ range: ClosedRange<Int64>, _ read: @escaping @Sendable (Configuration) -> Int
) -> BoundedSetting {
    BoundedSetting(
        key: "\(table).\(key)", range: range, text: { .settings("[\(table)]\n\(key) = \($0)\n") },
        read: { Int64(read($0)) }, isDuration: false)
}

private func ofCampaign(
    _ key: String, _ range: ClosedRange<Int64>, beside: String = "", isDuration: Bool = true,
    _ read: @escaping @Sendable (Campaign) -> Int64?
) -> BoundedSetting {
    BoundedSetting(
        key: "campaign.\(key)", range: range,
        text: {
            .campaigns(
                "[campaign.a]\n\(beside)\n\(key) = \($0)\n\(Sample.activate)\n[campaign.z]\n\(Sample.activate)\n")
        },
        read: { $0.campaigns["a"].flatMap(read) }, isDuration: isDuration)
}

private let friday = "schedule = \"Fri 17:00\""

/// Both ends of `Bounds` of Bounds.swift, as they stand in `docs/configuration.md` and in the design.
private let boundedSettings: [BoundedSetting] = [
    span("daemon", "keep", day...3650 * day) { $0.keep },
    span("guardrails", "first_activation_window", 0...day) { $0.guardrails.firstActivationWindow },
    span("guardrails", "export_max_age", 1000...30 * day) { $0.guardrails.exportMaximumAge },
    span("guardrails", "run_max_age", 1000...30 * day) { $0.guardrails.runMaximumAge },
    count("guardrails", "pairs_per_job", 1...80) { $0.guardrails.pairsPerJob },
    span("polling", "gate", 10...day) { $0.polling.gate },
    span("polling", "gate_freshness", 10...3_600_000) { $0.polling.gateFreshness },
    span("polling", "run", 10...day, beside: "run_max = \"1d\"") { $0.polling.run },
    span("polling", "run_max", 10...day, beside: "run = \"10ms\"") { $0.polling.runMaximum },
    span("polling", "run_late", 100...7 * day) { $0.polling.runLate },
    span("polling", "settle", 100...day) { $0.polling.settle },
    count("limits", "concurrent_calls", 1...64) { $0.limits.concurrentCalls },
    count("limits", "calls_per_minute", 1...100_000) { $0.limits.callsPerMinute },
    span("limits", "request_timeout", 100...600_000) { $0.limits.requestTimeout },
    count("limits", "response_bytes", 65_536...1_073_741_824) { $0.limits.responseBytes },
    count("limits", "attempts", 1...100) { $0.limits.attempts },
    span("limits", "backoff_base", 1...day, beside: "backoff_max = \"1d\"") { $0.limits.backoffBase },
    span("limits", "backoff_max", 1...day, beside: "backoff_base = \"1ms\"") { $0.limits.backoffMaximum },
    span("limits", "clock_wait", 0...3_600_000) { $0.limits.clockWait },
    ofCampaign("start_within", 100...31 * day) { $0.startWithin.milliseconds },
    ofCampaign("catch_up", 0...31 * day) { $0.catchUp.milliseconds },
    ofCampaign("jitter", 0...day) { $0.jitter.milliseconds },
    ofCampaign("delay", 0...31 * day, beside: "after = \"z\"") { campaign in
        guard case .after(_, let delay) = campaign.trigger else { return nil }
        return delay.milliseconds
    },
    ofCampaign("max_occurrences", 1...1_000_000, beside: friday, isDuration: false) { campaign in
        campaign.maximumOccurrences.map(Int64.init)
    },
    ofCampaign("every", 1000...366 * day) { campaign in
        guard case .timetable(let timetable) = campaign.trigger, let first = timetable.next(after: Sample.now) else {
            return nil
        }
        return timetable.next(after: first).map { ($0 - first).milliseconds }
    },
    BoundedSetting(
        key: "blackout.length", range: 1000...31 * day,
        text: { .settings("[[blackout]]\nname = \"a\"\n\(friday)\nlength = \($0)\n") },
        read: { configuration in
            guard case .repeating(_, let length) = configuration.blackouts.first?.span else { return nil }
            return length.milliseconds
        }),
    BoundedSetting(
        key: "platform.api_version", range: 1...2, text: { .platform("api_version = \($0)") },
        read: { Int64($0.platform.apiVersion) }, isDuration: false),
]

/// Goal: every setting is accepted from its one end to its other one, both included, and not a step beyond.
@Suite struct SettingBoundTests {
    @Test(arguments: boundedSettings)
    func `a setting is taken over at both of its ends, and refused one step beyond`(setting: BoundedSetting) throws {
        for end in [setting.range.lowerBound, setting.range.upperBound] {
            #expect(setting.read(try setting.load(end).configuration) == end, "\(setting.written(end))")
        }
        #expect(setting.codes(setting.range.upperBound + 1) == [.outOfRange])
        // Below zero nothing can be written as a span.
        if setting.range.lowerBound > 0 || !setting.isDuration {
            #expect(setting.codes(setting.range.lowerBound - 1) == [.outOfRange])
        }
    }

    @Test(arguments: [
        ("[polling]\nrun = \"1m\"\nrun_max = \"59999ms\"", "[polling]\nrun = \"1m\"\nrun_max = \"1m\""),
        (
            "[limits]\nbackoff_base = \"1m\"\nbackoff_max = \"59999ms\"",
            "[limits]\nbackoff_base = \"1m\"\nbackoff_max = \"1m\""
        ),
        // Against the defaults of the others.
        ("[polling]\nrun = \"300001ms\"", "[polling]\nrun = \"300s\""),
        ("[polling]\nrun_max = \"29999ms\"", "[polling]\nrun_max = \"30s\""),
        ("[limits]\nbackoff_max = \"1999ms\"", "[limits]\nbackoff_max = \"2s\""),
    ])
    func `a first interval may be as long as the one that it grows to, and no longer`(tooLong: String, fine: String) {
        #expect(Sample.codes(settings: tooLong) == [.outOfRange])
        #expect(Sample.codes(settings: fine) == [])
    }

    @Test(
        arguments: [
            ("guardrails", "first_activation_window", "1h", "3599999ms", .shortWindow),
            ("polling", "gate_freshness", "2m", "120001ms", .longFreshness),
            ("polling", "settle", "30s", "29999ms", .shortSettle),
        ] as [(String, String, String, String, ConfigurationFault.Code)])
    func `a setting that is accepted and risky is warned of from a certain value on`(
        table: String, key: String, fine: String, risky: String, code: ConfigurationFault.Code
    ) throws {
        func warnings(_ value: String) throws -> [ConfigurationFault.Code] {
            try Sample.load(settings: "[\(table)]\n\(key) = \"\(value)\"").warnings.map(\.code)
        }
        #expect(try warnings(risky) == [code])
        #expect(try warnings(fine) == [])
    }
}

/// So many of one thing, as a file would hold them.
struct Crowd: Sendable, CustomTestStringConvertible {
    var name: String
    var limit: Int
    var text: @Sendable (Int) -> BoundedSetting.Text
    var beyond: ConfigurationFault.Code = .tooMany

    var testDescription: String { name }

    func codes(_ count: Int) -> [ConfigurationFault.Code] {
        let setting = BoundedSetting(key: name, range: 0...0, text: { _ in text(count) }, read: { _ in nil })
        return setting.codes(0)
    }
}

private func inCampaign(_ text: String) -> BoundedSetting.Text {
    .campaigns("[campaign.a]\n\(text)\n\(Sample.activate)\n")
}

private func times(_ count: Int, _ item: String) -> String {
    "[" + Array(repeating: item, count: count).joined(separator: ", ") + "]"
}

private func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

private func uuid(_ number: Int) -> String {
    let digits = String(number)
    return "22222222-bbbb-4bbb-8bbb-" + String(repeating: "0", count: 12 - digits.count) + digits
}

private let holidays = "[calendar.holidays]\nweekdays = [\"Sun\"]\n"

private let crowds: [Crowd] = [
    Crowd(name: "at", limit: 10_000, text: { inCampaign("at = " + times($0, "2026-12-01T00:00:00Z")) }),
    Crowd(name: "schedule", limit: 100, text: { inCampaign("schedule = " + times($0, "\"Fri 17:00\"")) }),
    Crowd(name: "cron", limit: 100, text: { inCampaign("cron = " + times($0, "\"0 6 * * *\"")) }),
    Crowd(
        name: "rrule", limit: 100,
        text: { inCampaign("from = 2026-11-27T09:00:00\nrrule = " + times($0, "\"FREQ=DAILY\"")) }),
    Crowd(name: "exdate", limit: 10_000, text: { inCampaign("every = \"1d\"\nexdate = " + times($0, "2026-11-27")) }),
    Crowd(
        name: "except", limit: 100,
        text: {
            .campaigns(
                "[campaign.a]\n\(friday)\nexcept = \(times($0, "\"holidays\""))\n\(Sample.activate)\n" + holidays)
        }),
    Crowd(
        name: "only", limit: 100,
        text: {
            .campaigns(
                "[campaign.a]\nschedule = \"Sun 17:00\"\nonly = \(times($0, "\"holidays\""))\n\(Sample.activate)\n"
                    + holidays)
        }),
    Crowd(
        name: "calendars", limit: 1000,
        text: { count in .settings((1...count).map { "[calendar.c\($0)]\nweekdays = [\"Sun\"]\n" }.joined()) }),
    Crowd(
        name: "command", limit: 256,
        text: { .settings("[[notify]]\nname = \"a\"\non = [\"failed\"]\ncommand = \(times($0, "\"/a\""))\n") },
        beyond: .badValue),
    Crowd(
        name: "pairs", limit: 50_000,
        text: { count in
            let all = (1...count).map { "\"\(uuid($0))\"" }.joined(separator: ",")
            return .campaigns("[campaign.a]\nactivate = [{ dataflow = \"crm-sftp\", audiences = [\(all)] }]\n")
        }),
    Crowd(
        name: "name of a campaign", limit: 64,
        text: { .campaigns("[campaign.\(letters($0))]\n\(Sample.activate)\n") }, beyond: .badName),
    Crowd(
        name: "name of a calendar", limit: 64,
        text: { .settings("[calendar.\(letters($0))]\nweekdays = [\"Sun\"]\n") }, beyond: .badName),
    Crowd(
        name: "name of an audience", limit: 128,
        text: { .campaigns("[audience]\n\(letters($0)) = \"\(uuid(1))\"\n") }, beyond: .badName),
    Crowd(
        name: "name of a dataflow", limit: 128,
        text: { .campaigns("[dataflow]\n\(letters($0)) = \"\(uuid(1))\"\n") }, beyond: .badName),
    Crowd(
        name: "name of a blackout", limit: 128,
        text: { .settings("[[blackout]]\nname = \"\(letters($0))\"\n\(friday)\nlength = \"1h\"\n") }, beyond: .badName),
    Crowd(
        name: "name of a sandbox", limit: 256,
        text: { .campaigns("[campaign.a]\nsandbox = \"\(letters($0))\"\n\(Sample.activate)\n") }, beyond: .badName),
    Crowd(
        name: "name of a credential", limit: 255,
        text: {
            .settings(
                "[[notify]]\nname = \"a\"\non = [\"failed\"]\nwebhook = \"https://h\"\nsecret = { credential = \"\(letters($0))\" }\n"
            )
        }, beyond: .badSecret),
    Crowd(
        name: "send_sandbox_id", limit: 256, text: { .platform("send_sandbox_id = \"\(letters($0))\"") },
        beyond: .badValue),
    Crowd(
        name: "port", limit: 65_535, text: { .settings("[daemon]\nmetrics = \"127.0.0.1:\($0)\"\n") },
        beyond: .badAddress),
    Crowd(
        name: "label of a host", limit: 63, text: { .platform("url = \"https://\(letters($0)).example\"") },
        beyond: .badURL),
    Crowd(
        name: "host", limit: 253,
        text: { .platform("url = \"https://\(String(repeating: "a.", count: 100))\(letters($0 - 200))\"") },
        beyond: .badURL),
]

/// Goal: as many of a thing as are said to be accepted are accepted, and not one more.
@Suite struct CrowdBoundTests {
    @Test(arguments: crowds)
    func `so many are accepted, and one more is one fault`(crowd: Crowd) {
        #expect(crowd.codes(crowd.limit) == [])
        #expect(crowd.codes(crowd.limit + 1) == [crowd.beyond])
    }

    @Test(
        arguments: [
            ("schedule = []", .neverComes), ("at = []", .neverComes),
            ("schedule = \"Sun 17:00\"\nonly = []", .badValue),
        ] as [(String, ConfigurationFault.Code)])
    func `none at all is a fault where one is needed`(text: String, code: ConfigurationFault.Code) {
        #expect(Sample.codes(campaigns: "[campaign.a]\n\(text)\n\(Sample.activate)\n") == [code])
    }

    /// The path of a calendar's file: what is not found there is another fault.
    @Test func `a path may be as long as paths are`() {
        func codes(_ length: Int) -> [ConfigurationFault.Code] {
            Sample.codes(settings: "[calendar.a]\nfile = \"\(letters(length))\"\n")
        }
        #expect(codes(0) == [.badValue])
        #expect(codes(4096) == [.fileUnreadable])
        #expect(codes(4097) == [.badValue])
    }

    @Test func `as many scopes as are read are sent, and one more is a fault`() throws {
        func load(_ count: Int) throws(ConfigurationFaults) -> LoadedConfiguration {
            let text = Sample.main.replacing(
                "[platform.credentials]\n", with: "[platform.credentials]\nscopes = \(times(count, "\"openid\""))\n")
            return try Sample.load([SourceFile(path: "activationd.toml", bytes: Array(text.utf8))])
        }
        #expect(try load(100).configuration.platform.scopes == Array(repeating: "openid", count: 100))
        let faults = Sample.faults { () throws(ConfigurationFaults) in try load(101) }
        #expect(faults?.faults.map(\.code) == [.tooMany])
    }

    @Test(arguments: [
        ("", false), ("1", false), ("_", true), ("A1", true), ("1A", false), ("A-B", false), ("\u{e4}", false),
    ])
    func `a variable's name begins with no digit`(name: String, isFine: Bool) {
        let text =
            "[[notify]]\nname = \"a\"\non = [\"failed\"]\nwebhook = \"https://h\"\nsecret = { env = \"\(name)\" }\n"
        #expect(Sample.codes(settings: text) == (isFine ? [] : [.badSecret]), "\(name)")
    }
}

/// Goal: every word that a file may hold is understood as what it says. The words are written out here a second time: one that
/// is gone, or spelt otherwise, is noticed.
@Suite struct SettingWordTests {
    @Test(
        arguments: zip(
            ["trace", "debug", "info", "notice", "warning", "error", "critical"],
            [.trace, .debug, .info, .notice, .warning, .error, .critical] as [LogLevel]))
    func `a level of the log`(word: String, level: LogLevel) throws {
        #expect(try Sample.load(settings: "[daemon]\nlog_level = \"\(word)\"").configuration.logLevel == level)
        #expect(LogLevel.allCases.count == 7)
    }

    @Test(
        arguments: zip(
            ["audience", "audience-and-dataflow"], [.audience, .audienceAndDataflow] as [Serialization]))
    func `what is serialized`(word: String, serialization: Serialization) throws {
        let loaded = try Sample.load(settings: "[guardrails]\nserialize = \"\(word)\"")
        #expect(loaded.configuration.guardrails.serialize == serialization)
        #expect(Serialization.allCases.count == 2)
    }

    @Test(arguments: zip(["dataflow", "audience"], [.dataflow, .audience] as [DataflowGate]))
    func `whose runs close a dataflow`(word: String, gate: DataflowGate) throws {
        let loaded = try Sample.load(settings: "[guardrails]\ndataflow_gate = \"\(word)\"")
        #expect(loaded.configuration.guardrails.dataflowGate == gate)
        #expect(DataflowGate.allCases.count == 2)
    }

    private func campaign(_ text: String, defaults: String = "") throws -> Campaign? {
        let campaigns = "[campaign.a]\n\(text)\n\(Sample.activate)\n"
        return try Sample.load(settings: "[defaults]\n\(defaults)\n" + campaigns).configuration.campaigns["a"]
    }

    @Test(
        arguments: zip(
            ["skip", "buffer-one", "buffer-all", "cancel-waiting"],
            [.skip, .bufferOne, .bufferAll, .cancelWaiting] as [OverlapPolicy]))
    func `what an occurrence does while another one has not ended`(word: String, policy: OverlapPolicy) throws {
        #expect(try campaign("overlap = \"\(word)\"")?.overlap == policy)
        #expect(try campaign("", defaults: "overlap = \"\(word)\"")?.overlap == policy)
        #expect(OverlapPolicy.allCases.count == 4)
    }

    @Test(arguments: zip(["retry", "skip", "hold"], [.retry, .skip, .hold] as [DoubtPolicy]))
    func `what is done after a doubt`(word: String, policy: DoubtPolicy) throws {
        #expect(try campaign("on_doubt = \"\(word)\"")?.onDoubt == policy)
        #expect(try campaign("", defaults: "on_doubt = \"\(word)\"")?.onDoubt == policy)
        #expect(DoubtPolicy.allCases.count == 3)
    }

    /// Every key of [defaults] is overridden by the campaign's own.
    @Test func `what a campaign does not say, the defaults say`() throws {
        let defaults =
            "start_within = \"1h\"\ncatch_up = \"2h\"\noverlap = \"buffer-all\"\non_doubt = \"hold\"\njitter = \"3m\""
        let theirs = try #require(try campaign("", defaults: defaults))
        #expect(theirs.startWithin == .seconds(3600) && theirs.catchUp == .seconds(7200))
        #expect(theirs.overlap == .bufferAll && theirs.onDoubt == .hold && theirs.jitter == .seconds(180))
        let own = try #require(
            try campaign(
                "start_within = \"5m\"\ncatch_up = \"6m\"\noverlap = \"skip\"\non_doubt = \"skip\"\njitter = \"7m\"",
                defaults: defaults))
        #expect(own.startWithin == .seconds(300) && own.catchUp == .seconds(360))
        #expect(own.overlap == .skip && own.onDoubt == .skip && own.jitter == .seconds(420))
    }

    @Test(
        arguments: zip(
            [
                "failed", "expired", "skipped", "quarantined", "run_late", "config_rejected", "credentials",
                "succeeded",
                "partial", "mapping", "duplicate", "empty", "moved", "clock",
            ],
            [
                .failed, .expired, .skipped, .quarantined, .runLate, .configRejected, .credentials, .succeeded,
                .partial, .mapping, .duplicate, .empty, .moved, .clock,
            ] as [NotificationKind]))
    func `what somebody is told of`(word: String, kind: NotificationKind) throws {
        let text = "[[notify]]\nname = \"a\"\nwebhook = \"https://h\"\non = [\"\(word)\"]\n"
        #expect(try Sample.load(settings: text).configuration.notifications.map(\.kinds) == [[kind]])
    }

    @Test(
        arguments: zip(
            ["credential = \"a\"", "file = \"/a\"", "env = \"A\""],
            [.credential("a"), .file("/a"), .environment("A")] as [SecretSource]))
    func `where a secret is`(text: String, source: SecretSource) throws {
        let text = "[[notify]]\nname = \"a\"\nwebhook = \"https://h\"\non = [\"failed\"]\nsecret = { \(text) }\n"
        #expect(
            try Sample.load(settings: text).configuration.notifications.map(\.target)
                == [.webhook(url: "https://h", secret: source)])
    }

    @Test(arguments: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].enumerated().map { ($0.offset, $0.element) })
    func `a weekday has a short and a long name, in any case`(number: Int, short: String) throws {
        let long = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][number]
        // The campaign comes on that day alone.
        for name in [short, long, short.uppercased(), long.lowercased()] {
            let text = "[calendar.c]\nweekdays = [\"\(name)\"]\n"
            let loaded = try Sample.load(
                settings: text + "[campaign.a]\nschedule = \"*-*-* 12:00 UTC\"\nonly = \"c\"\n\(Sample.activate)\n")
            guard case .timetable(let timetable) = loaded.configuration.campaigns["a"]?.trigger else {
                Issue.record("no timetable for \(name)")
                continue
            }
            // The sample's first day is a Tuesday.
            let next = timetable.next(after: Sample.now - .seconds(86_400))
            #expect(next == Sample.now + .seconds((number - 1) * 86_400 + 12 * 3600), "\(name)")
        }
    }

    /// Scripts and alerts match on these: they are stable from release to release.
    @Test func `the codes of faults are these words`() {
        #expect(
            ConfigurationFault.Code.allCases.map(\.rawValue) == [
                "file-unreadable", "not-a-regular-file", "file-too-large", "bad-encoding", "too-deep", "bad-syntax",
                "unknown-key", "missing-key", "misplaced-key", "wrong-type", "bad-duration", "out-of-range",
                "bad-value", "bad-name", "bad-url", "bad-address", "bad-secret", "secret-in-file", "duplicate-name",
                "too-many", "unknown-time-zone", "bad-schedule", "bad-time", "two-schedules", "never-comes",
                "ends-before-start", "empty-calendar", "bad-calendar-file", "unknown-dataflow", "unknown-audience",
                "unknown-campaign", "unknown-calendar", "sandbox-mismatch", "campaign-cycle", "duplicate-pair",
                "time-passed", "cron-union", "cron-intersection", "quartz-weekday", "two-zones", "every-drifts",
                "exdate-unmatched", "left-out", "calendar-outdated", "unused-calendar", "short-window",
                "long-freshness", "short-settle",
                "audience-collision", "after-disabled", "secret-unreadable", "secret-exposed", "secret-blank",
            ])
    }

    /// A key that goes with others is one fault without them, and none beside each of them.
    @Test(arguments: [
        ("delay = \"1h\"", ["after = \"z\""]), ("from = 2026-11-27", ["every = \"1d\"", "rrule = \"FREQ=DAILY\""]),
        (
            "exdate = 2026-11-27",
            [friday, "cron = \"0 6 * * *\"", "every = \"1h\"", "rrule = \"FREQ=DAILY\"\nfrom = 2026-11-27"]
        ),
        ("starts = 2026-11-27", [friday, "cron = \"0 6 * * *\"", "every = \"1h\"", "at = 2026-12-01T00:00:00Z"]),
        ("ends = 2027-11-27", [friday, "cron = \"0 6 * * *\"", "every = \"1h\"", "at = 2026-12-01T00:00:00Z"]),
        ("except = \"c\"", [friday, "cron = \"0 6 * * *\"", "every = \"1h\"", "at = 2026-12-01T00:00:00Z"]),
        ("shift = \"next-working-day\"", [friday, "cron = \"0 6 * * *\"", "at = 2026-12-01T00:00:00Z"]),
        (
            "max_occurrences = 3",
            [
                friday, "cron = \"0 6 * * *\"", "every = \"1h\"", "at = 2026-12-01T00:00:00Z", "after_export = true",
                "after = \"z\"",
            ]
        ),
    ])
    func `a key that needs another one says so`(key: String, partners: [String]) {
        func codes(_ text: String) -> [ConfigurationFault.Code] {
            let more = "[campaign.z]\n\(Sample.activate)\n[calendar.c]\nweekdays = [\"Wed\"]\n"
            return Sample.codes(campaigns: "[campaign.a]\n\(text)\n\(Sample.activate)\n" + more)
        }
        #expect(codes(key) == [.badValue])
        for partner in partners { #expect(codes("\(key)\n\(partner)") == [], "\(partner)") }
    }
}
