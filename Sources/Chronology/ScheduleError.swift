// What is wrong, or odd, in a schedule's text.

/// Why a schedule is not understood, with the place in its text.
package struct ScheduleError: Error, Equatable, Sendable {
    /// Where the fault begins, in characters from the beginning of the expression.
    package var offset: Int
    /// How many characters are at fault, 1 or more.
    package var length: Int
    package var found: String
    package var accepted: String
    package var remedy: String
    /// The whole expression as it was probably meant. It is one that is accepted.
    package var suggestion: String?

    package init(
        offset: Int, length: Int, found: String, accepted: String, remedy: String, suggestion: String? = nil
    ) {
        self.offset = offset
        self.length = max(1, length)
        self.found = found
        self.accepted = accepted
        self.remedy = remedy
        self.suggestion = suggestion
    }

    /// The error with a suggestion only if that is accepted; where it still has a fault, with what that one suggests.
    func withSuggestionChecked(_ parse: (String) throws(ScheduleError) -> Void) -> ScheduleError {
        var checked = self
        for _ in 0..<Self.faultsLimit {
            guard let suggestion = checked.suggestion else { return checked }
            do throws(ScheduleError) {
                try parse(suggestion)
                return checked
            } catch {
                checked.suggestion = error.suggestion
            }
        }
        checked.suggestion = nil
        return checked
    }

    /// How many faults of one expression are corrected for a suggestion.
    private static let faultsLimit = 4
}

/// What is accepted, and may still not be what was meant.
package struct ScheduleWarning: Equatable, Sendable {
    /// Stable from release to release.
    package enum Code: String, Sendable, CaseIterable {
        /// Both fields for days of a cron expression are set, and either suffices.
        case cronUnion = "cron-union"
        /// Both are set, and as one begins with `*`, both must match.
        case cronIntersection = "cron-intersection"
        /// A weekday as a number in what looks like an expression for Quartz, which counts weekdays from 1 for Sunday.
        case quartzWeekday = "quartz-weekday"
    }

    package var code: Code
    /// Where it stands, in characters from the beginning of the expression.
    package var offset: Int
    /// How many characters, 1 or more.
    package var length: Int
    package var found: String
    package var remedy: String
}
