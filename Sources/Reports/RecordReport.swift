// A record of the journal in words: for the log, and for `history`. One place, so that both say the same.

internal import Chronology
package import ControlProtocol
package import Journal
package import SchedulerCore

/// Names for what a record only numbers.
package struct RecordNames {
    /// An occurrence that is held, or was until this record.
    package var occurrence: (OccurrenceID) -> Occurrence?
    package var dataflow: (DataflowID) -> String
    package var audience: (AudienceID) -> String

    package init(
        occurrence: @escaping (OccurrenceID) -> Occurrence?, dataflow: @escaping (DataflowID) -> String,
        audience: @escaping (AudienceID) -> String
    ) {
        self.occurrence = occurrence
        self.dataflow = dataflow
        self.audience = audience
    }
}

package struct RecordReport {
    /// Stable, such as `activation-ended`.
    package var kind: String
    package var text: String
    /// The steps of the machine, which only a close look wants to see.
    package var isDetail = false
    package var campaign: CampaignName?
    package var occurrence: OccurrenceID?
    package var activation: ActivationID?
    package var pair: Pair?
    package var call: CallID?
    package var run: RunID?

    package init(_ record: Record, names: RecordNames) {
        kind = ""
        text = ""
        describe(record, names)
        if let activation { occurrence = activation.occurrence }
        guard let occurrence, let known = names.occurrence(occurrence) else { return }
        campaign = campaign ?? known.campaign
        guard let activation, activation.index >= 1, activation.index <= known.pairs.count else { return }
        let pair = known.pairs[activation.index - 1]
        self.pair = pair
        text = "\(names.audience(pair.audience)) to \(names.dataflow(pair.dataflow)): \(text)"
    }

    private mutating func describe(_ record: Record, _ names: RecordNames) {
        switch record {
        case .generationLoaded(let generation, let digest, let actor, let zoneData):
            let asked =
                (zoneData.map { ", zone data \($0)" } ?? "") + (actor.map { ", reloaded by \($0)" } ?? "")
            set("configuration-loaded", "configuration \(generation) is in use (digest \(digest))\(asked)")
        case .campaignAnchored(let campaign, let fingerprint, let from):
            set("campaign-anchored", "counts from \(from.rfc3339): \(fingerprint)", detail: true)
            self.campaign = campaign
        case .campaignsAnchored(let anchored):
            set(
                "campaigns-anchored",
                "\(anchored.anchors.count) campaigns are new or have another schedule, and count from now on")
        case .followersCounted(let counted):
            set(
                "followers-counted",
                "\(counted.anchors.count) campaigns follow exports, and count by the platform's clock now", detail: true
            )
        case .campaignRemoved(let campaign):
            set("campaign-removed", "removed from the configuration")
            self.campaign = campaign
        case .campaignFinished(let campaign, let fired, _):
            set("campaign-finished", "has fired \(fired) times: max_occurrences is reached, and nothing comes any more")
            self.campaign = campaign
        case .occurrenceMoved(let campaign, let zone, let from, let to, _):
            let (before, after) = (from?.rfc3339 ?? "never", to?.rfc3339 ?? "never")
            set("occurrence-moved", "the rules of \(zone) changed: next \(after), was \(before)")
            self.campaign = campaign
        case .zonesKept(let zones):
            let names = zones.map(\.name).joined(separator: ", ")
            set("zones-kept", "the rules of \(names) are kept as they are", detail: true)
        case .occurrenceAdmitted(let occurrence):
            set("occurrence-due", Self.words(forAdmission: occurrence))
            (self.occurrence, campaign) = (occurrence.id, occurrence.campaign)
        case .occurrencesSkipped(let skipped):
            let count = skipped.count == 1 ? "" : "\(skipped.count) times up to \(skipped.last.rfc3339), "
            set("occurrence-skipped", "skipped \(skipped.first.rfc3339): \(count)\(skipped.detail)")
            (occurrence, campaign) = (skipped.id, skipped.campaign)
        case .occurrenceEnded(let id, let outcome, _):
            set("occurrence-ended", "ended as \(outcome.rawValue)")
            occurrence = id
        case .exportFinished(let sandbox, let job, let succeeded, _, _, let isOthers, _):
            let nobody = isOthers == true ? "; it is none of the schedule's, so that nobody follows it" : ""
            set(
                "export-finished", "export \(job) of \(sandbox) has \(succeeded ? "finished" : "failed")\(nobody)",
                detail: nobody.isEmpty)
        case .exportObserved(let sandbox, let job, let startedAt, let endedAt):
            set(
                "export-observed", "export \(job) of \(sandbox) ran from \(startedAt.rfc3339) to \(endedAt.rfc3339)",
                detail: true)
        case .audiencesResolved(_, let aliases):
            let words = aliases.prefix(3).map { "\($0.id) is \($0.system)" }.joined(separator: ", ")
            let more = aliases.count > 3 ? " and \(aliases.count - 3) more" : ""
            set("audiences-resolved", "audiences by the platform's ids: \(words)\(more)")
        case .pairLimitLearned(let sandbox, let limit, _):
            set("pair-limit", "the platform takes at most \(limit) pairs in a call of \(sandbox) now")
        case .signLearned(let sandbox, let sign, _):
            set("sign-learned", "in \(sandbox), \(Self.words(of: sign))", detail: true)
        default:
            describeCall(record)
            describeActivation(record)
            describePeople(record)
        }
    }

    private static func words(of sign: RunSign) -> String {
        switch sign {
        case .clientOfOurs(let client): "our runs are started by \(client)"
        case .clientOfOthers(let client): "runs of others are started by \(client)"
        case .exportDataset(let dataset): "the scheduled export writes to dataset \(dataset)"
        }
    }

    private mutating func describeCall(_ record: Record) {
        switch record {
        case .callIntended(let call):
            set(
                "call-intended", "call \(call.id) of \(Self.counted(call.pairs.count, "pair")) is intended",
                detail: true)
            self.call = call.id
            if Set(call.activations.map(\.occurrence)).count == 1 { occurrence = call.activations.first?.occurrence }
        case .callSending(let call, _):
            set("call-sending", "call \(call) is being sent", detail: true)
            self.call = call
        case .callWithdrawn(let call, let reason):
            set("call-withdrawn", "call \(call) was withdrawn, certainly not sent: \(reason)", detail: true)
            self.call = call
        case .callAnswered(let call, let outcome, _):
            set("call-answered", "call \(call) was answered: \(outcome)", detail: true)
            self.call = call
        default:
            break
        }
    }

    private mutating func describeActivation(_ record: Record) {
        switch record {
        case .activationReturned(let id, let reason, let notBefore, _, _, _, _):
            let until = notBefore.map { ", not before \($0.rfc3339)" } ?? ""
            set("activation-returned", "back in line\(until): \(reason)", id)
        case .activationInDoubt(let id, let call, let reason, _):
            set("activation-in-doubt", "in doubt: \(reason)", id)
            self.call = call
        case .doubtLookedUp(let id, _):
            set("doubt-looked-up", "looked up, and not found", id, detail: true)
        case .runNamed(let id, let run, _, _, _):
            set(
                "run-named", "its call was refused for a run that may be of that very call, which is looked at", id,
                detail: true)
            self.run = run
        case .candidateSeen(let id, let run, _):
            set(
                "candidate-seen", "a run that may be of its call was seen, and does not say whose it is", id,
                detail: true)
            self.run = run
        case .activationRunning(let id, let run, let adopted, _):
            set("activation-running", adopted ? "run found and adopted" : "run started", id)
            self.run = run
        case .runEndUnknown(let id, let run, let reason, _):
            set("run-end-unknown", reason, id)
            self.run = run
        case .runFound(let id, let run, _):
            set("run-found", "the platform shows the run again", id)
            self.run = run
        case .runLate(let id, let run, _):
            set("run-late", "the run takes longer than expected", id)
            self.run = run
        case .activationEnded(let id, let outcome, _):
            let reason = outcome.reason.map { ": \($0)" } ?? ""
            set(
                "activation-ended", "ended as \(outcome.result.rawValue)" + Self.words(for: outcome.metrics) + reason,
                id)
            run = outcome.run
        case .activationQuarantined(let id, let reason, let holdsLane, _, _):
            set(
                "activation-quarantined",
                "set aside for a person: \(reason)\(holdsLane ? "; its lane stays held" : "")", id)
        case .duplicateSeen(let id, let run, _):
            set("duplicate", "a second run of ours turned up", id)
            self.run = run
        default:
            break
        }
    }

    private mutating func describePeople(_ record: Record) {
        switch record {
        case .activationResolved(let id, let resolution, let actor, _):
            let words =
                switch resolution {
                case .adopt(let run): "adopt run \(run)"
                case .retry: "try again"
                case .abandon: "abandon"
                }
            set("activation-resolved", "\(actor) decided: \(words)", id)
        case .paused(let pause):
            let until = pause.until.map { " until \($0.rfc3339)" } ?? ""
            set("paused", "paused\(until) by \(pause.actor): \(pause.reason)")
            if case .campaign(let name) = pause.scope { campaign = name }
        case .resumed(let scope, let actor, _):
            set("resumed", "resumed by \(actor)")
            if case .campaign(let name) = scope { campaign = name }
        case .runDisregarded(let run, let actor, _):
            set("run-disregarded", "run \(run) of others holds nothing back any more, said \(actor)")
            self.run = run
        case .marksSetBack(let scope, let actor, let at):
            set("marks-set-back", "counts from \(at.rfc3339) again, set back by \(actor); what was fired stays fired")
            if case .campaign(let name) = scope { campaign = name }
        case .cancelRequested(let target, let actor, _):
            set("cancel-requested", "cancel of \(target) asked for by \(actor)")
            activation = ActivationID(target)
            if activation == nil { occurrence = Int(target).map { OccurrenceID($0) } }
        default:
            break
        }
    }

    private mutating func set(
        _ kind: String, _ text: String, _ activation: ActivationID? = nil, detail: Bool = false
    ) {
        self.kind = kind
        self.text = text
        self.activation = activation
        isDetail = detail
    }

    private static func words(forAdmission occurrence: Occurrence) -> String {
        let origin =
            switch occurrence.origin {
            case .timetable: "due"
            case .manual(let actor): "fired by \(actor)"
            case .export(let job): "due after export \(job)"
            case .after(let id): "due after occurrence \(id)"
            }
        let late = occurrence.isLate ? ", late" : ""
        return "\(origin) at \(occurrence.nominal.rfc3339)\(late): \(counted(occurrence.pairs.count, "activation"))"
    }

    private static func words(for metrics: RunMetrics?) -> String {
        guard let metrics else { return "" }
        let parts = [(metrics.records, "record"), (metrics.files, "file")].compactMap { count, noun in
            count.map { counted($0, noun) }
        }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    package func entry(_ stored: StoredRecord) -> HistoryEntry {
        HistoryEntry(
            sequence: stored.sequence, at: stored.at.rfc3339, kind: kind, isDetail: isDetail, text: text,
            campaign: campaign?.text, occurrence: occurrence?.description, activation: activation?.description,
            call: call?.description, run: run?.text)
    }
}
