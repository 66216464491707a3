// What is wrong with a configuration, for people and for programs. Begin at `ConfigurationFault`; how it looks on a
// terminal is in FaultRendering.swift.

/// One thing that is wrong, or odd, in a configuration file.
package struct ConfigurationFault: Error, Equatable, Codable, Sendable {
    /// Stable from release to release: scripts and alerts match on this, never on the text.
    package enum Code: String, Codable, Sendable, CaseIterable {
        // About a file as a whole.
        case fileUnreadable = "file-unreadable"
        case notARegularFile = "not-a-regular-file"
        case fileTooLarge = "file-too-large"
        case badEncoding = "bad-encoding"
        case tooDeep = "too-deep"
        case badSyntax = "bad-syntax"
        // About keys and the shape of values.
        case unknownKey = "unknown-key"
        case missingKey = "missing-key"
        case misplacedKey = "misplaced-key"
        case wrongType = "wrong-type"
        case badDuration = "bad-duration"
        case outOfRange = "out-of-range"
        case badValue = "bad-value"
        case badName = "bad-name"
        case badURL = "bad-url"
        case badAddress = "bad-address"
        case badSecret = "bad-secret"
        case secretInFile = "secret-in-file"
        case duplicateName = "duplicate-name"
        case tooMany = "too-many"
        // About times.
        case unknownTimeZone = "unknown-time-zone"
        case badSchedule = "bad-schedule"
        case badTime = "bad-time"
        case twoSchedules = "two-schedules"
        case neverComes = "never-comes"
        case endsBeforeStart = "ends-before-start"
        case emptyCalendar = "empty-calendar"
        case badCalendarFile = "bad-calendar-file"
        // About what campaigns refer to.
        case unknownDataflow = "unknown-dataflow"
        case unknownAudience = "unknown-audience"
        case unknownCampaign = "unknown-campaign"
        case unknownCalendar = "unknown-calendar"
        case sandboxMismatch = "sandbox-mismatch"
        case campaignCycle = "campaign-cycle"
        case duplicatePair = "duplicate-pair"
        // Warnings.
        case timePassed = "time-passed"
        case cronUnion = "cron-union"
        case cronIntersection = "cron-intersection"
        case quartzWeekday = "quartz-weekday"
        case twoZones = "two-zones"
        case everyDrifts = "every-drifts"
        case exdateUnmatched = "exdate-unmatched"
        case leftOut = "left-out"
        case calendarOutdated = "calendar-outdated"
        case unusedCalendar = "unused-calendar"
        case shortWindow = "short-window"
        case longFreshness = "long-freshness"
        case shortSettle = "short-settle"
        case audienceCollision = "audience-collision"
        case afterDisabled = "after-disabled"
        case secretUnreadable = "secret-unreadable"
        case secretExposed = "secret-exposed"
        case secretBlank = "secret-blank"
    }

    package enum Severity: String, Codable, Sendable {
        case error, warning
    }

    package var code: Code
    package var severity: Severity
    package var file: String
    /// From 1; 0 where the fault is about the file as a whole.
    package var line: Int
    /// From 1, in code points; 0 where the fault is about the file as a whole.
    package var column: Int
    /// How many code points the caret covers, 1 or more.
    package var length: Int
    /// What is wrong, without a full stop.
    package var found: String
    /// What is accepted instead. Empty where there is nothing to choose from.
    package var accepted: String
    /// What to do, as sentences.
    package var remedy: String
    /// The name or value that was probably meant.
    package var suggestion: String?
    /// The line of the file, where it can be shown.
    package var excerpt: SourceExcerpt?

    package init(
        code: Code, severity: Severity = .error, file: String, line: Int = 0, column: Int = 0, length: Int = 1,
        found: String, accepted: String = "", remedy: String, suggestion: String? = nil,
        excerpt: SourceExcerpt? = nil
    ) {
        self.code = code
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.found = found
        self.accepted = accepted
        self.remedy = remedy
        self.suggestion = suggestion
        self.excerpt = excerpt
    }
}

/// A line of a file, safe to show on a terminal: cut around the fault where it is long, with control and bidirectional
/// characters escaped.
package struct SourceExcerpt: Equatable, Codable, Sendable {
    package var text: String
    /// Characters of `text` before the first caret.
    package var caretOffset: Int
    /// 1 or more.
    package var caretLength: Int
}

/// All that is wrong with a set of files. The caller keeps what runs and shows `description`.
package struct ConfigurationFaults: Error, Equatable, Codable, Sendable {
    /// How many faults and warnings are kept of one load: a file that is nothing but faults is not shown in full.
    package static let faultLimit = 1_000

    /// At least one, in the order of files, lines and columns.
    package var faults: [ConfigurationFault]
    package var warnings: [ConfigurationFault]
    /// Faults beyond the limit that were counted but not kept.
    package var omitted: Int
    package var fileCount: Int

    package init(faults: [ConfigurationFault], warnings: [ConfigurationFault] = [], omitted: Int = 0, fileCount: Int) {
        self.faults = faults
        self.warnings = warnings
        self.omitted = omitted
        self.fileCount = fileCount
    }
}
