// By what people look for a record, and what a journal has to know of an occurrence to forget it in time. Begin at
// `RecordIndex`. Pure functions of the record: what a record only implies, a store looks up.

internal import Chronology
package import SchedulerCore

package struct RecordIndex: Equatable, Sendable {
    /// The campaign, where the record itself names it. Otherwise it is that of its occurrences.
    package var campaign: CampaignName?
    /// Sorted, each once. A call may be for several.
    package var occurrences: [OccurrenceID]
    /// A call that the record is about. A record that names no occurrence belongs to those of its call.
    package var call: CallID?
    /// Goes by age alone: what it told is in every occurrence that it mattered for.
    package var isPassing = false

    private init(campaign: CampaignName? = nil, _ occurrences: [OccurrenceID] = [], call: CallID? = nil) {
        self.campaign = campaign
        self.occurrences = Set(occurrences).sorted()
        self.call = call
    }

    package init(_ record: Record) {
        switch record {
        case .campaignAnchored(let campaign, _, _), .campaignRemoved(let campaign),
            .campaignFinished(let campaign, _, _),
            .occurrenceMoved(let campaign, _, _, _, _):
            self.init(campaign: campaign)
        case .occurrenceAdmitted(let occurrence):
            self.init(campaign: occurrence.campaign, [occurrence.id])
        case .occurrencesSkipped(let skipped):
            self.init(campaign: skipped.campaign, [skipped.id])
        case .occurrenceEnded(let occurrence, _, _):
            self.init([occurrence])
        case .callIntended(let call):
            self.init(call.activations.map(\.occurrence), call: call.id)
        case .callSending(let call, _), .callWithdrawn(let call, _), .callAnswered(let call, _, _):
            self.init(call: call)
        case .activationReturned(let activation, _, _, _, _, _, _), .activationInDoubt(let activation, _, _, _),
            .doubtLookedUp(let activation, _), .candidateSeen(let activation, _, _),
            .runNamed(let activation, _, _, _, _),
            .activationRunning(let activation, _, _, _), .runEndUnknown(let activation, _, _, _),
            .runFound(let activation, _, _), .runLate(let activation, _, _),
            .activationEnded(let activation, _, _), .activationQuarantined(let activation, _, _, _, _),
            .activationResolved(let activation, _, _, _), .duplicateSeen(let activation, _, _):
            self.init([activation.occurrence])
        case .paused(let pause):
            self.init(campaign: pause.scope.campaign)
        case .resumed(let scope, _, _), .marksSetBack(let scope, _, _):
            self.init(campaign: scope.campaign)
        case .cancelRequested(let target, _, _):
            let occurrence = ActivationID(target)?.occurrence ?? Int(target).map { OccurrenceID($0) }
            self.init(occurrence.map { [$0] } ?? [])
        case .generationLoaded:
            self.init()
            isPassing = true
        case .campaignsAnchored, .followersCounted, .zonesKept, .exportFinished, .exportObserved, .pairLimitLearned,
            .signLearned, .runDisregarded, .audiencesResolved:
            self.init()
        }
    }
}

extension PauseScope {
    fileprivate var campaign: CampaignName? {
        if case .campaign(let name) = self { name } else { nil }
    }
}

/// What a record says about the life of an occurrence.
package enum OccurrenceEvent: Equatable, Sendable {
    /// `key` is unique in the journal where there is one: see ``AdmissionKey``. `raisesMark` where the occurrence counts
    /// for its campaign's high-water mark.
    case began(OccurrenceID, CampaignName, key: String?, raisesMark: Bool)
    /// Began and ended at once.
    case skipped(OccurrenceID, CampaignName)
    case ended(OccurrenceID)
    /// A person took up again what had ended; it will end once more.
    case reopened(OccurrenceID)

    /// Nil for records that begin and end nothing.
    package init?(_ record: Record) {
        switch record {
        case .occurrenceAdmitted(let occurrence):
            self = .began(
                occurrence.id, occurrence.campaign, key: AdmissionKey.text(of: occurrence),
                raisesMark: occurrence.origin == .timetable)
        case .occurrencesSkipped(let skipped): self = .skipped(skipped.id, skipped.campaign)
        case .occurrenceEnded(let id, _, _): self = .ended(id)
        case .activationResolved(let activation, _, _, _): self = .reopened(activation.occurrence)
        default: return nil
        }
    }
}

/// An occurrence is admitted once for each campaign, nominal time and origin: a second line of defence behind the
/// high-water marks.
package enum AdmissionKey {
    /// Nil for those that a person asked for: two may well fall on one millisecond.
    package static func text(of occurrence: Occurrence) -> String? {
        text(of: Admission(of: occurrence))
    }

    package static func text(of admission: Admission) -> String? {
        let origin: String
        switch admission.origin {
        case .timetable: origin = "timetable"
        case .export(let job): origin = "export \(job)"
        case .after(let id): origin = "after \(id)"
        case .manual: return nil
        }
        return "\(admission.nominal.milliseconds) \(origin) \(admission.campaign)"
    }

    package static func conflict(_ id: OccurrenceID, of campaign: CampaignName) -> JournalError {
        JournalError(
            .conflict, "occurrence \(id) of \(campaign) has a number or a nominal time that was given out before",
            remedy: "Report this as a fault of activationd; nothing of it was stored or sent.")
    }
}
