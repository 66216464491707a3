import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: whatever goes wrong, nothing is sent twice, nothing is lost in silence and no rule of the platform is broken; and
/// what is found can be found again.
@Suite struct SimulationTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `two hours of everything that can go wrong break no rule`(_ seed: UInt64) {
        let outcome = World(SimulationOptions(seed: seed, hours: 2)).run()
        #expect(outcome.findings.isEmpty, "\(outcome.options.words)")
        #expect(outcome.events > 0)
    }

    @Test func `one seed is one run`() {
        let options = SimulationOptions(seed: 7, hours: 1)
        let runs = (1...2).map { _ in World(options).run() }
        #expect(runs[0].digest == runs[1].digest && runs[0].events == runs[1].events)
        #expect(World(SimulationOptions(seed: 8, hours: 1)).run().digest != runs[0].digest)
    }
}

/// Goal: the checkers find what they are there for.
@Suite struct CheckerTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let pair = Pair(dataflow: "flow", audience: "vip")

    private func occurrence(_ id: Int, nominal: Instant) -> Record {
        .occurrenceAdmitted(
            Occurrence(
                id: OccurrenceID(id), campaign: "sale", sandbox: "prod", nominal: nominal, startsAt: nominal,
                expiresAt: nominal + .seconds(3600), admittedAt: nominal, origin: .timetable, generation: 1,
                isLate: false, onDoubt: .retry, startsAfter: nil, pairs: [pair]))
    }

    @Test func `a pair that was accepted more often than it was owed`() {
        var checker = Checker(blindness: .seconds(45))
        checker.stored([occurrence(1, nominal: at)], at: at)
        var ledger = Ledger()
        ledger.deliveries = [.init(dataflow: "flow", audience: "vip", accepted: 1, succeeded: 0, failed: 0)]
        checker.look(at: ledger, start: at, at: at)
        #expect(checker.findings.isEmpty)
        ledger.deliveries[0].accepted = 2
        checker.look(at: ledger, start: at, at: at)
        #expect(checker.findings.map(\.rule) == ["never twice"])
    }

    @Test func `a nominal time that is decided twice, and one that is not decided at all`() throws {
        var checker = Checker(blindness: .seconds(45))
        checker.stored([occurrence(1, nominal: at), occurrence(2, nominal: at)], at: at)
        #expect(checker.findings.map(\.rule) == ["decided at most once"])
        var other = Checker(blindness: .seconds(45))
        other.stored([occurrence(1, nominal: at)], at: at)
        let hourly = Timetable(schedule: .calendar(try CalendarExpression(parsing: "*:00")), zone: .utc, text: "*:00")
        other.expectDecided("sale", hourly, from: at - .seconds(1), to: at + .seconds(3601), at: at)
        #expect(other.findings.map(\.rule) == ["never lost"])
    }

    @Test func `a call during an export that everybody could know of`() {
        var checker = Checker(blindness: .seconds(45))
        checker.began(export: at, until: at + .seconds(600))
        var ledger = Ledger()
        ledger.violations = [.init(rule: .duringExport, atMilliseconds: 30_000, detail: "")]
        checker.look(at: ledger, start: at, at: at)
        #expect(checker.findings.isEmpty)
        ledger.violations.append(.init(rule: .duringExport, atMilliseconds: 60_000, detail: ""))
        checker.look(at: ledger, start: at, at: at)
        #expect(checker.findings.map(\.rule) == ["rule of the platform: during-export"])
    }

    @Test func `a live state that is not the fold of what was stored`() {
        var checker = Checker(blindness: .seconds(45))
        var live = State()
        live.apply(occurrence(1, nominal: at))
        checker.compare(live, at: at)
        #expect(checker.findings.map(\.rule) == ["the fold of the journal is the live state"])
    }
}
