// Why a journal can not do what was asked, for people and for programs.

/// Why the journal can not do what was asked. Each says what to do.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable from release to release: scripts and alerts match on this, never on the text.
    package enum Code: String, Sendable, CaseIterable {
        /// No room left. Nothing of the step was stored; it works again when there is room.
        case full
        case readOnly = "read-only"
        /// Another process holds the state directory or the file.
        case locked
        /// Bytes are not what was written. Nothing is ever repaired or deleted.
        case corrupt
        /// Written by a newer program. Nothing was changed.
        case newerFormat = "newer-format"
        /// A record of a known format that does not decode.
        case unreadableRecord = "unreadable-record"
        /// What should be stored is larger than what is ever stored. Nothing was, and the journal is as it was.
        case tooLarge = "too-large"
        /// A rule of the journal itself would be broken, such as an occurrence that is admitted twice.
        case conflict
        /// The disk failed, and what the last commit left behind is certain only after a restart; or the place can not
        /// hold a journal: a network file system, a directory that everybody may write to, a file of another program.
        case io
    }

    package var code: Code
    /// What is wrong, without a full stop.
    package var found: String
    /// What to do, as sentences.
    package var remedy: String

    package init(_ code: Code, _ found: String, remedy: String) {
        self.code = code
        self.found = found
        self.remedy = remedy
    }

    package var description: String { "\(found). \(remedy) [journal-\(code.rawValue)]" }
}
