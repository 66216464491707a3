import Chronology
import Journal
import SchedulerCore
import Testing

/// Goal: a record is found by everything that it is about.
@Suite struct RecordIndexTests {
    private let id = ActivationID(OccurrenceID(17), 3)
    private let at = Format1.at

    @Test func `records of an activation belong to its occurrence`() {
        let index = RecordIndex(.runLate(activation: id, run: "run", at: at))
        #expect(index.occurrences == [OccurrenceID(17)])
        #expect(index.campaign == nil)
    }

    @Test func `an intended call belongs to each of its occurrences once, later ones to the call`() {
        var call = Format1.call
        call.activations = [ActivationID(OccurrenceID(9), 1), id, ActivationID(OccurrenceID(17), 1)]
        #expect(RecordIndex(.callIntended(call)).occurrences == [OccurrenceID(9), OccurrenceID(17)])
        let sending = RecordIndex(.callSending(call: call.id, at: at))
        #expect(sending.occurrences == [])
        #expect(sending.call == call.id)
    }

    @Test(arguments: [("17", [17]), ("17.3", [17]), ("nonsense", []), ("", [])])
    func `a cancellation belongs to the occurrence that it names`(target: String, occurrences: [Int]) {
        let index = RecordIndex(.cancelRequested(target: target, actor: "me", at: at))
        #expect(index.occurrences.map(\.number) == occurrences)
    }

    @Test func `a pause of everything is about no campaign`() {
        #expect(RecordIndex(.resumed(scope: .all, actor: "me", at: at)).campaign == nil)
        #expect(RecordIndex(.resumed(scope: .campaign("sale"), actor: "me", at: at)).campaign == "sale")
    }

    @Test func `the key of an admission tells origins apart, and a person's wish has none`() {
        let origins: [Origin] = [.timetable, .export(job: "1"), .export(job: "2"), .after(OccurrenceID(1))]
        let keys = origins.map { origin in
            var occurrence = Format1.occurrence
            occurrence.origin = origin
            return AdmissionKey.text(of: occurrence)
        }
        #expect(Set(keys).count == origins.count)
        #expect(!keys.contains(nil))
        var manual = Format1.occurrence
        manual.origin = .manual(actor: "me")
        #expect(AdmissionKey.text(of: manual) == nil)
    }
}
