import Chronology
import SchedulerCore
import Testing

@testable import Planning

/// Goal: what belongs to the days of a plan is noted, and nothing beside them, at both of their ends.
@Suite struct PlanWatchTests {
    private let from = instant("2026-11-23T00:00:00Z")
    private let until = instant("2026-11-24T00:00:00Z")
    private let millisecond = Duration.milliseconds(1)

    /// At the beginning of a plan, with what these records left.
    private func begun(_ records: [Record] = []) -> PlanWatch {
        var state = State()
        for record in records { state.apply(record) }
        return PlanWatch(Scheduler(state: state, configuration: configuration([])), from: from, until: until)
    }

    private func skip(_ first: Instant, _ last: Instant, count: Int) -> Record {
        .occurrencesSkipped(
            SkippedOccurrences(
                id: OccurrenceID(1), campaign: "sale", first: first, last: last, count: count, reason: .missed,
                detail: "down", at: last))
    }

    private func admission(_ nominal: Instant) -> Record {
        .occurrenceAdmitted(
            Occurrence(
                id: OccurrenceID(1), campaign: "sale", sandbox: "prod", nominal: nominal, startsAt: nominal,
                expiresAt: nominal + .seconds(3600), admittedAt: nominal, origin: .timetable, generation: 1,
                isLate: false, onDoubt: .retry, startsAfter: nil, pairs: [Pair(dataflow: "crm", audience: "vip")]))
    }

    @Test func `a skip belongs to the days that it touches, the first and the last instant of them too`() {
        func isNoted(_ first: Instant, _ last: Instant) -> Bool {
            var watch = begun()
            watch.take([skip(first, last, count: 2)], at: from)
            return watch.occurrences(at: until).count == 1
        }
        let (before, after) = (from - .seconds(3600), until + .seconds(3600))
        #expect(isNoted(before, from) && !isNoted(before, from - millisecond))
        #expect(isNoted(until - millisecond, after) && !isNoted(until, after))
        #expect(isNoted(before, after))
    }

    @Test func `a skip of one time has no last one, and a skip of two has`() {
        var watch = begun()
        watch.take([skip(from, from, count: 1), skip(from, from + .seconds(60), count: 2)], at: from)
        let noted = watch.occurrences(at: until)
        #expect(noted.map(\.count) == [1, 2] && noted.map(\.last) == [nil, from + .seconds(60)])
        #expect(noted.map(\.skipped) == [.missed, .missed] && noted.map(\.reason) == ["down", "down"])
    }

    @Test func `what was due before the first instant is held, and shown where it has not ended by then`() {
        func shown(_ nominal: Instant, endedAt: Instant?) -> [Bool] {
            var watch = begun([admission(nominal)])
            if let endedAt {
                watch.take(
                    [.occurrenceEnded(occurrence: OccurrenceID(1), outcome: .succeeded, at: endedAt)], at: endedAt)
            }
            return watch.occurrences(at: until).map(\.isHeld)
        }
        #expect(shown(from - millisecond, endedAt: nil) == [true])
        #expect(shown(from - millisecond, endedAt: from) == [true])
        #expect(shown(from - millisecond, endedAt: from - millisecond) == [])
        #expect(shown(from, endedAt: nil) == [false])
    }

    @Test func `what is due is followed until it has ended, and what comes with the end of the days is not`() {
        func hasUnended(_ nominal: Instant) -> Bool {
            var watch = begun()
            watch.take([admission(nominal)], at: nominal)
            return watch.hasUnended
        }
        #expect(hasUnended(until - millisecond) && !hasUnended(until))
        var watch = begun([admission(from)])
        #expect(watch.hasUnended)
        watch.take([.occurrenceEnded(occurrence: OccurrenceID(1), outcome: .succeeded, at: until)], at: until)
        #expect(!watch.hasUnended && watch.occurrences(at: until).map(\.outcome) == [.succeeded])
    }

    @Test func `a call that was intended before is a job once it is sent, and one that was answered is none`() {
        let call = Call(
            id: CallID(4), sandbox: "prod", activations: [ActivationID(OccurrenceID(1), 1)],
            pairs: [Pair(dataflow: "crm", audience: "vip")], baselines: [:], exportJob: nil, at: from)
        let sending = Record.callSending(call: CallID(4), at: from)
        var intended = begun([admission(from), .callIntended(call)])
        intended.take([sending], at: from)
        let jobs = intended.occurrences(at: until).flatMap(\.jobs)
        #expect(jobs == [PlannedJob(call: CallID(4), at: from, activations: 1, pairs: 1)])
        // It is in doubt, and is held for that alone.
        var answered = begun([
            admission(from), .callIntended(call), sending,
            .callAnswered(call: CallID(4), outcome: "timeout", at: from),
            .activationInDoubt(
                activation: ActivationID(OccurrenceID(1), 1), call: CallID(4), reason: "timeout", at: from),
        ])
        answered.take([sending], at: from)
        #expect(answered.occurrences(at: until).map(\.jobs) == [[]])
    }

    @Test func `ten thousand occurrences are noted, and one more says that there are more`() {
        var watch = begun()
        watch.take((1...10_000).map { skip(from + .seconds($0), from + .seconds($0), count: 1) }, at: from)
        #expect(!watch.isFull && watch.occurrences(at: until).count == 10_000)
        watch.take([skip(from, from, count: 1)], at: from)
        #expect(watch.isFull && watch.occurrences(at: until).count == 10_000)
        // A plan that is full is ended where it was filled.
        watch.close(at: from + .seconds(60))
        #expect(watch.until == from + .seconds(60))
        watch.close(at: until)
        #expect(watch.until == from + .seconds(60))
    }
}
