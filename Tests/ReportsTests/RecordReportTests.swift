import Chronology
import ControlProtocol
import Journal
import Reports
import SchedulerCore
import Testing

/// Goal: every record reads as a sentence with the admin's names, and an occurrence that is gone can be told from its
/// records.
@Suite struct RecordReportTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let sale = OccurrenceID(17)
    private var vip: ActivationID { ActivationID(sale, 1) }

    private var occurrence: Occurrence {
        Occurrence(
            id: sale, campaign: "sale", sandbox: "prod", nominal: at, startsAt: at, expiresAt: at + .seconds(3600),
            admittedAt: at, origin: .timetable, generation: 1, isLate: false, onDoubt: .retry, startsAfter: nil,
            pairs: [Pair(dataflow: "flow", audience: "vip-id"), Pair(dataflow: "flow", audience: "lapsed-id")])
    }

    private var names: RecordNames {
        RecordNames(
            occurrence: { $0 == self.sale ? self.occurrence : nil }, dataflow: { _ in "crm" },
            audience: { $0.text.replacing("-id", with: "") })
    }

    private var everyRecord: [Record] {
        let call = Call(
            id: CallID(4), sandbox: "prod", activations: [vip], pairs: [occurrence.pairs[0]], baselines: [:],
            exportJob: nil, at: at)
        return [
            .generationLoaded(generation: 3, digest: "d", actor: "anna (uid 1000)"),
            .campaignAnchored(campaign: "sale", fingerprint: "f", from: at), .campaignRemoved(campaign: "sale"),
            .campaignsAnchored(CampaignAnchors([])), .followersCounted(CampaignAnchors([])),
            .occurrenceAdmitted(occurrence),
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: sale, campaign: "sale", first: at, last: at, count: 1, reason: .missed, detail: "down", at: at)),
            .occurrenceEnded(occurrence: sale, outcome: .partial, at: at),
            .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: at),
            .exportObserved(sandbox: "prod", job: "4711", startedAt: at, endedAt: at), .callIntended(call),
            .callSending(call: CallID(4), at: at), .callWithdrawn(call: CallID(4), reason: "r"),
            .callAnswered(call: CallID(4), outcome: "accepted", at: at),
            .activationReturned(activation: vip, reason: "r", notBefore: at, attemptCounts: true, packLimit: nil),
            .activationInDoubt(activation: vip, call: CallID(4), reason: "timeout", at: at),
            .doubtLookedUp(activation: vip, at: at),
            .activationRunning(activation: vip, run: "run-1", adopted: true, at: at),
            .runEndUnknown(activation: vip, run: "run-1", reason: "gone", at: at),
            .runFound(activation: vip, run: "run-1", at: at), .candidateSeen(activation: vip, run: "run-1", at: at),
            .runNamed(activation: vip, run: "run-1", leftAt: at, at: at),
            .runLate(activation: vip, run: "run-1", at: at),
            .activationEnded(activation: vip, outcome: ActivationOutcome(result: .succeeded, run: "run-1"), at: at),
            .activationQuarantined(activation: vip, reason: "r", holdsLane: true, at: at),
            .activationResolved(activation: vip, resolution: .retry, actor: "anna", at: at),
            .duplicateSeen(activation: vip, run: "run-2", at: at),
            .paused(Pause(scope: .all, since: at, until: nil, actor: "anna", reason: "freeze")),
            .resumed(scope: .campaign("sale"), actor: "anna", at: at),
            .marksSetBack(scope: .campaign("sale"), actor: "anna", at: at),
            .audiencesResolved(sandbox: "prod", aliases: [AudienceAlias("CRM-4711", system: "vip")]),
            .cancelRequested(target: "17.1", actor: "anna", at: at),
            .pairLimitLearned(sandbox: "prod", limit: 20, at: at),
            .signLearned(sandbox: "prod", sign: .clientOfOurs("client"), at: at),
            .runDisregarded(run: "run-9", actor: "anna", at: at),
        ]
    }

    @Test func `every kind of record has a name and a sentence`() {
        let reports = everyRecord.map { RecordReport($0, names: names) }
        #expect(reports.allSatisfy { !$0.kind.isEmpty && !$0.text.isEmpty })
        #expect(Set(reports.map(\.kind)).count == reports.count)
    }

    @Test func `a record of an activation names campaign, audience and dataflow`() {
        let report = RecordReport(.runLate(activation: vip, run: "run-1", at: at), names: names)
        #expect(report.campaign == "sale" && report.occurrence == sale && report.run == "run-1")
        #expect(report.text == "vip to crm: the run takes longer than expected")
    }

    @Test func `the first and the last activation have a name, and one that there is not has none`() {
        func text(_ index: Int) -> String {
            RecordReport(.runLate(activation: ActivationID(sale, index), run: "run-1", at: at), names: names).text
        }
        #expect(text(1) == "vip to crm: the run takes longer than expected")
        #expect(text(2) == "lapsed to crm: the run takes longer than expected")
        #expect(text(0) == "the run takes longer than expected" && text(3) == text(0))
    }

    @Test func `history names the activation, the call and the run of each record that has them`() {
        func words(_ record: Record) -> [String?] {
            let entry = RecordReport(record, names: names).entry(StoredRecord(sequence: 1, at: at, record: record))
            return [entry.activation, entry.call, entry.run]
        }
        let call = Call(
            id: CallID(4), sandbox: "prod", activations: [vip], pairs: [occurrence.pairs[0]], baselines: [:],
            exportJob: nil, at: at)
        #expect(words(.callIntended(call)) == [nil, "4", nil])
        #expect(words(.callSending(call: CallID(4), at: at)) == [nil, "4", nil])
        #expect(words(.callWithdrawn(call: CallID(4), reason: "r")) == [nil, "4", nil])
        #expect(words(.callAnswered(call: CallID(4), outcome: "accepted", at: at)) == [nil, "4", nil])
        #expect(
            words(.activationInDoubt(activation: vip, call: CallID(4), reason: "timeout", at: at)) == [
                "17.1", "4", nil,
            ])
        let ofRuns: [Record] = [
            .activationRunning(activation: vip, run: "run-1", adopted: false, at: at),
            .runEndUnknown(activation: vip, run: "run-1", reason: "gone", at: at),
            .runFound(activation: vip, run: "run-1", at: at), .candidateSeen(activation: vip, run: "run-1", at: at),
            .runNamed(activation: vip, run: "run-1", leftAt: at, at: at),
            .activationEnded(activation: vip, outcome: ActivationOutcome(result: .succeeded, run: "run-1"), at: at),
            .duplicateSeen(activation: vip, run: "run-1", at: at),
        ]
        for record in ofRuns { #expect(words(record) == ["17.1", nil, "run-1"], "\(record)") }
        #expect(words(.runDisregarded(run: "run-1", actor: "anna", at: at)) == [nil, nil, "run-1"])
        #expect(words(.doubtLookedUp(activation: vip, at: at)) == ["17.1", nil, nil])
        #expect(words(.cancelRequested(target: "17.1", actor: "anna", at: at)) == ["17.1", nil, nil])
    }

    @Test func `three audiences are named by both of their ids, and of more the number is told`() {
        func text(_ count: Int) -> String {
            let aliases = (1...count).map { AudienceAlias(AudienceID("a\($0)"), system: AudienceID("s\($0)")) }
            return RecordReport(.audiencesResolved(sandbox: "prod", aliases: aliases), names: names).text
        }
        #expect(text(3) == "audiences by the platform's ids: a1 is s1, a2 is s2, a3 is s3")
        #expect(text(5) == "audiences by the platform's ids: a1 is s1, a2 is s2, a3 is s3 and 2 more")
    }

    @Test func `an occurrence that has ended is rebuilt from its records`() throws {
        let other = ActivationID(sale, 2)
        let records: [Record] = [
            .occurrenceAdmitted(occurrence),
            .activationEnded(
                activation: other, outcome: ActivationOutcome(result: .cancelled, reason: "by anna"), at: at),
            .activationRunning(activation: vip, run: "run-1", adopted: false, at: at),
            .activationEnded(
                activation: vip, outcome: ActivationOutcome(result: .succeeded, run: "run-1"), at: at + .seconds(60)),
            .occurrenceEnded(occurrence: sale, outcome: .partial, at: at + .seconds(60)),
        ]
        let rebuilt = try #require(rebuild(sale, from: records))
        #expect(rebuilt.outcome == .partial && rebuilt.endedAt == at + .seconds(60))
        #expect(rebuilt.activations.map { $0.word(behind: []) } == ["succeeded", "cancelled"])
        #expect(rebuild(OccurrenceID(18), from: records) == nil)
    }
}
