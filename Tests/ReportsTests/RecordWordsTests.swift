import Chronology
import ControlProtocol
import Journal
import Reports
import SchedulerCore
import Testing

/// Goal: every record is told in these words, under this kind. Kinds are stable: scripts match on them.
@Suite struct RecordWordsTests {
    private static let at = Instant(milliseconds: 1_795_514_400_000)
    private static let time = "2026-11-24T10:00:00.000Z"
    private static let sale = OccurrenceID(17)
    private static let vip = ActivationID(sale, 1)

    private static func occurrence(_ origin: Origin = .timetable, isLate: Bool = false, pairs: Int = 2) -> Occurrence {
        Occurrence(
            id: sale, campaign: "sale", sandbox: "prod", nominal: at, startsAt: at, expiresAt: at + .seconds(3600),
            admittedAt: at, origin: origin, generation: 1, isLate: isLate, onDoubt: .retry, startsAfter: nil,
            pairs: (1...pairs).map { Pair(dataflow: "flow", audience: AudienceID("vip\($0)")) })
    }

    private static func call(_ activations: [ActivationID]) -> Call {
        Call(
            id: CallID(4), sandbox: "prod", activations: activations,
            pairs: activations.map { Pair(dataflow: "flow", audience: AudienceID("vip\($0.index)")) }, baselines: [:],
            exportJob: nil, at: at)
    }

    private static func skipped(_ count: Int) -> Record {
        .occurrencesSkipped(
            SkippedOccurrences(
                id: OccurrenceID(18), campaign: "sale", first: at, last: at + .seconds(60), count: count,
                reason: .missed,
                detail: "down", at: at))
    }

    private static func ended(_ result: ActivationOutcome.Result, _ reason: String? = nil, _ metrics: RunMetrics? = nil)
        -> Record
    {
        .activationEnded(
            activation: vip, outcome: ActivationOutcome(result: result, reason: reason, run: "run-1", metrics: metrics),
            at: at)
    }

    struct Line: Sendable, CustomTestStringConvertible {
        var record: Record
        var kind: String
        var text: String
        var isDetail = false
        var campaign: CampaignName?
        var occurrence: OccurrenceID?

        init(
            _ record: Record, _ kind: String, _ text: String, detail: Bool = false, _ campaign: CampaignName? = nil,
            _ occurrence: OccurrenceID? = nil
        ) {
            (self.record, self.kind, self.text, isDetail) = (record, kind, text, detail)
            (self.campaign, self.occurrence) = (campaign, occurrence)
        }

        var testDescription: String { kind }
    }

    private static func told(_ record: Record, _ kind: String, _ text: String, detail: Bool = false) -> Line {
        Line(record, kind, "VIP1 to CRM: " + text, detail: detail, "sale", sale)
    }

    private static let lines: [Line] = [
        Line(
            .generationLoaded(generation: 3, digest: "d"), "configuration-loaded",
            "configuration 3 is in use (digest d)"),
        Line(
            .generationLoaded(generation: 3, digest: "d", actor: "anna", zoneData: "2026b"), "configuration-loaded",
            "configuration 3 is in use (digest d), zone data 2026b, reloaded by anna"),
        Line(
            .campaignAnchored(campaign: "sale", fingerprint: "by hand", from: at), "campaign-anchored",
            "counts from \(time): by hand", detail: true, "sale"),
        Line(
            .campaignsAnchored(CampaignAnchors([])), "campaigns-anchored",
            "0 campaigns are new or have another schedule, and count from now on"),
        Line(
            .followersCounted(CampaignAnchors([])), "followers-counted",
            "0 campaigns follow exports, and count by the platform's clock now", detail: true),
        Line(.campaignRemoved(campaign: "sale"), "campaign-removed", "removed from the configuration", "sale"),
        Line(
            .campaignFinished(campaign: "sale", fired: 3, at: at), "campaign-finished",
            "has fired 3 times: max_occurrences is reached, and nothing comes any more", "sale"),
        Line(
            .occurrenceMoved(campaign: "sale", zone: "UTC", from: at, to: nil, mark: at), "occurrence-moved",
            "the rules of UTC changed: next never, was \(time)", "sale"),
        Line(
            .occurrenceMoved(campaign: "sale", zone: "UTC", from: nil, to: at, mark: at), "occurrence-moved",
            "the rules of UTC changed: next \(time), was never", "sale"),
        Line(
            .zonesKept(zones: [Zone.utc.excerpt(from: at)]), "zones-kept", "the rules of UTC are kept as they are",
            detail: true),
        Line(.occurrenceAdmitted(occurrence()), "occurrence-due", "due at \(time): 2 activations", "sale", sale),
        Line(
            .occurrenceAdmitted(occurrence(.manual(actor: "anna"), pairs: 1)), "occurrence-due",
            "fired by anna at \(time): 1 activation", "sale", sale),
        Line(
            .occurrenceAdmitted(occurrence(.export(job: "4711"), isLate: true)), "occurrence-due",
            "due after export 4711 at \(time), late: 2 activations", "sale", sale),
        Line(
            .occurrenceAdmitted(occurrence(.after(OccurrenceID(9)))), "occurrence-due",
            "due after occurrence 9 at \(time): 2 activations", "sale", sale),
        Line(skipped(1), "occurrence-skipped", "skipped \(time): down", "sale", OccurrenceID(18)),
        Line(
            skipped(2), "occurrence-skipped", "skipped \(time): 2 times up to 2026-11-24T10:01:00.000Z, down", "sale",
            OccurrenceID(18)),
        Line(
            .occurrenceEnded(occurrence: sale, outcome: .partial, at: at), "occurrence-ended", "ended as partial",
            "sale", sale),
        Line(
            .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: at), "export-finished",
            "export 4711 of prod has finished", detail: true),
        Line(
            .exportFinished(sandbox: "prod", job: "4711", succeeded: false, at: at), "export-finished",
            "export 4711 of prod has failed", detail: true),
        Line(
            .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: at, isOthers: true), "export-finished",
            "export 4711 of prod has finished; it is none of the schedule's, so that nobody follows it"),
        Line(
            .exportObserved(sandbox: "prod", job: "4711", startedAt: at, endedAt: at), "export-observed",
            "export 4711 of prod ran from \(time) to \(time)", detail: true),
        Line(
            .pairLimitLearned(sandbox: "prod", limit: 20, at: at), "pair-limit",
            "the platform takes at most 20 pairs in a call of prod now"),
        Line(
            .signLearned(sandbox: "prod", sign: .clientOfOurs("A"), at: at), "sign-learned",
            "in prod, our runs are started by A", detail: true),
        Line(
            .signLearned(sandbox: "prod", sign: .clientOfOthers("B"), at: at), "sign-learned",
            "in prod, runs of others are started by B", detail: true),
        Line(
            .signLearned(sandbox: "prod", sign: .exportDataset("D"), at: at), "sign-learned",
            "in prod, the scheduled export writes to dataset D", detail: true),
        Line(
            .audiencesResolved(
                sandbox: "prod",
                aliases: (1...4).map { AudienceAlias(AudienceID("a\($0)"), system: AudienceID("s\($0)")) }),
            "audiences-resolved", "audiences by the platform's ids: a1 is s1, a2 is s2, a3 is s3 and 1 more"),
        Line(
            .marksSetBack(scope: .all, actor: "anna", at: at), "marks-set-back",
            "counts from \(time) again, set back by anna; what was fired stays fired"),
        Line(
            .marksSetBack(scope: .campaign("sale"), actor: "anna", at: at), "marks-set-back",
            "counts from \(time) again, set back by anna; what was fired stays fired", "sale"),
        Line(
            .runDisregarded(run: "run-9", actor: "anna", at: at), "run-disregarded",
            "run run-9 of others holds nothing back any more, said anna"),
        Line(.callIntended(call([vip])), "call-intended", "call 4 of 1 pair is intended", detail: true, "sale", sale),
        Line(
            .callIntended(call([vip, ActivationID(OccurrenceID(18), 1)])), "call-intended",
            "call 4 of 2 pairs is intended",
            detail: true),
        Line(.callSending(call: CallID(4), at: at), "call-sending", "call 4 is being sent", detail: true),
        Line(
            .callWithdrawn(call: CallID(4), reason: "r"), "call-withdrawn",
            "call 4 was withdrawn, certainly not sent: r", detail: true),
        Line(
            .callAnswered(call: CallID(4), outcome: "accepted", at: at), "call-answered",
            "call 4 was answered: accepted",
            detail: true),
        told(
            .activationReturned(activation: vip, reason: "r", notBefore: at, attemptCounts: true, packLimit: nil),
            "activation-returned", "back in line, not before \(time): r"),
        told(
            .activationReturned(activation: vip, reason: "r", notBefore: nil, attemptCounts: true, packLimit: nil),
            "activation-returned", "back in line: r"),
        told(
            .activationInDoubt(activation: vip, call: CallID(4), reason: "timeout", at: at), "activation-in-doubt",
            "in doubt: timeout"),
        told(.doubtLookedUp(activation: vip, at: at), "doubt-looked-up", "looked up, and not found", detail: true),
        told(
            .activationRunning(activation: vip, run: "run-1", adopted: true, at: at), "activation-running",
            "run found and adopted"),
        told(
            .activationRunning(activation: vip, run: "run-1", adopted: false, at: at), "activation-running",
            "run started"),
        told(.runEndUnknown(activation: vip, run: "run-1", reason: "gone", at: at), "run-end-unknown", "gone"),
        told(.runFound(activation: vip, run: "run-1", at: at), "run-found", "the platform shows the run again"),
        told(
            .runNamed(activation: vip, run: "run-1", leftAt: at, at: at), "run-named",
            "its call was refused for a run that may be of that very call, which is looked at", detail: true),
        told(
            .candidateSeen(activation: vip, run: "run-1", at: at), "candidate-seen",
            "a run that may be of its call was seen, and does not say whose it is", detail: true),
        told(.runLate(activation: vip, run: "run-1", at: at), "run-late", "the run takes longer than expected"),
        told(ended(.succeeded), "activation-ended", "ended as succeeded"),
        told(
            ended(
                .partial, "why",
                RunMetrics(records: 1, bytes: 2, files: 3, skipped: 4, failed: 5, errors: [], snapshot: nil)),
            "activation-ended", "ended as partial (1 record, 3 files): why"),
        told(ended(.cancelled, "by anna"), "activation-ended", "ended as cancelled: by anna"),
        told(
            .activationQuarantined(activation: vip, reason: "r", holdsLane: true, at: at), "activation-quarantined",
            "set aside for a person: r; its lane stays held"),
        told(
            .activationQuarantined(activation: vip, reason: "r", holdsLane: false, at: at), "activation-quarantined",
            "set aside for a person: r"),
        told(
            .activationResolved(activation: vip, resolution: .retry, actor: "anna", at: at), "activation-resolved",
            "anna decided: try again"),
        told(
            .activationResolved(activation: vip, resolution: .abandon, actor: "anna", at: at), "activation-resolved",
            "anna decided: abandon"),
        told(
            .activationResolved(activation: vip, resolution: .adopt("run-1"), actor: "anna", at: at),
            "activation-resolved",
            "anna decided: adopt run run-1"),
        told(.duplicateSeen(activation: vip, run: "run-2", at: at), "duplicate", "a second run of ours turned up"),
        Line(
            .paused(Pause(scope: .all, since: at, until: nil, actor: "anna", reason: "freeze")), "paused",
            "paused by anna: freeze"),
        Line(
            .paused(Pause(scope: .campaign("sale"), since: at, until: at, actor: "anna", reason: "freeze")), "paused",
            "paused until \(time) by anna: freeze", "sale"),
        Line(.resumed(scope: .all, actor: "anna", at: at), "resumed", "resumed by anna"),
        Line(.resumed(scope: .campaign("sale"), actor: "anna", at: at), "resumed", "resumed by anna", "sale"),
        told(
            .cancelRequested(target: "17.1", actor: "anna", at: at), "cancel-requested",
            "cancel of 17.1 asked for by anna"),
        Line(
            .cancelRequested(target: "17", actor: "anna", at: at), "cancel-requested", "cancel of 17 asked for by anna",
            "sale", sale),
    ]

    private var names: RecordNames {
        RecordNames(
            occurrence: { $0 == Self.sale ? Self.occurrence() : nil }, dataflow: { _ in "CRM" },
            audience: { $0.text.uppercased() })
    }

    @Test(arguments: lines)
    func `a record is told in these words`(line: Line) {
        let report = RecordReport(line.record, names: names)
        #expect(report.kind == line.kind && report.text == line.text && report.isDetail == line.isDetail)
        #expect(report.campaign == line.campaign && report.occurrence == line.occurrence)
        let entry = report.entry(StoredRecord(sequence: 5, at: Self.at, record: line.record))
        #expect(entry.sequence == 5 && entry.at == Self.time && entry.kind == line.kind && entry.text == line.text)
        #expect(entry.campaign == line.campaign?.text && entry.occurrence == line.occurrence?.description)
    }

    @Test(
        arguments: zip(
            ["succeeded", "partial", "failed", "expired", "cancelled"],
            [.succeeded, .partial, .failed, .expired, .cancelled] as [ActivationOutcome.Result]))
    func `a result of an activation is this word`(word: String, result: ActivationOutcome.Result) {
        #expect(RecordReport(Self.ended(result), names: names).text == "VIP1 to CRM: ended as \(word)")
    }

    @Test(
        arguments: zip(
            ["succeeded", "partial", "failed", "expired", "skipped", "cancelled"],
            [.succeeded, .partial, .failed, .expired, .skipped, .cancelled] as [OccurrenceOutcome]))
    func `an outcome of an occurrence is this word`(word: String, outcome: OccurrenceOutcome) {
        let record = Record.occurrenceEnded(occurrence: Self.sale, outcome: outcome, at: Self.at)
        #expect(RecordReport(record, names: names).text == "ended as \(word)")
    }
}
