// The numbers by which the journal's catalog (`systemd/activationd.catalog`) finds the explanation of an event: what it means and
// what a person can do. Made once at random; never changed, since alerts match on them.

internal import SchedulerCore

package enum MessageID: String, CaseIterable, Sendable {
    /// An activation, or all of an occurrence, failed for good.
    case activationFailed = "803ab67ff3ec446a99904394e95eb274"
    /// Gates stayed closed for longer than `start_within`.
    case occurrenceExpired = "e3187d974cc346a08ccc1c8fda609a02"
    /// Something that was due will not be sent.
    case occurrenceSkipped = "9b7b17e6293c4473912f540758cf3541"
    /// An activation is set aside until a person settles it.
    case activationQuarantined = "877bc153f44b4a61adf3bc1ebb6b84e7"
    /// A run takes longer than `run_late`, or has no end that we understand.
    case runLate = "4c527f8752864ff691ef76a118db4cd2"
    /// A reload was refused; what ran before runs on.
    case configurationRejected = "6db032f97d5e4fbda6bf99d1116f61e9"
    /// The platform does not accept us.
    case credentialsRefused = "12127671a545444382af355ea4d4aceb"
    /// Some of an occurrence's activations were delivered.
    case occurrencePartial = "642dbff97f7d49258aa9b5fadd4d49b0"
    /// A dataflow has to be edited on the platform.
    case mappingMissing = "7d6deac5412c460fa8cf029d3820be15"
    /// A second run of one activation turned up.
    case duplicateRun = "a40837661d294094a88a549546813c30"
    /// The journal can not be written; nothing is called.
    case journalTrouble = "ca7811eee76645f7a0941a7e4a49c41f"
    /// The journal failed, or is damaged; the daemon ends or does not start.
    case journalLost = "2af61b26fe3246ac8cfc15e0e244fb69"
    /// The configuration has this fault.
    case configurationFault = "4a5de2c8f14f486d997a25ce692721a1"
    /// A listing of the platform can not be read, so its gate stays closed.
    case platformSilent = "81bb5a317a57464a81e501dce466ae65"
    /// A part of the daemon hangs; systemd restarts it.
    case partSilent = "e7565c6b8e3441d590b5936157b39eba"
    /// An update of the system's zone data moved a coming occurrence.
    case occurrenceMoved = "1198eba0e54b45b79c49a3ccda825a7f"
    /// A run succeeded with 0 records.
    case runEmpty = "abc77535dd274b8ca39422c2e6eb2da0"
    /// The host's clock is not synchronised, or times are decided that it has not come to.
    case clockWrong = "4d1fd64a9c2f4c0eb4f2b7a1d6c8e35f"
    /// The machine gives the process too little to run.
    case limitsTooLow = "c736626f8f4f45c2a95818c0592099e5"

    /// Of what a person is told; nil for good news.
    init?(_ kind: NotificationKind) {
        switch kind {
        case .failed: self = .activationFailed
        case .expired: self = .occurrenceExpired
        case .skipped: self = .occurrenceSkipped
        case .quarantined: self = .activationQuarantined
        case .runLate: self = .runLate
        case .configRejected: self = .configurationRejected
        case .credentials: self = .credentialsRefused
        case .partial: self = .occurrencePartial
        case .mapping: self = .mappingMissing
        case .duplicate: self = .duplicateRun
        case .moved: self = .occurrenceMoved
        case .empty: self = .runEmpty
        case .clock: self = .clockWrong
        case .succeeded: return nil
        }
    }

    /// For the metadata of a log event; the journal's field is `MESSAGE_ID`.
    package static let key = "message_id"
}
