import Chronology
import Foundation
import PlatformModel
import SchedulerCore
import TestPrograms
import Testing

@testable import Simulation

/// Goal: whatever goes wrong, nothing is sent twice, nothing is lost in silence and no rule of the platform is broken; and
/// what is found can be found again.
@Suite struct SimulationTests {
    /// What a world came to, and what its platform has to say of it.
    private struct Told: Sendable {
        var outcome: Outcome
        /// Pairs that the platform took in, and pairs whose run succeeded.
        var accepted: Int
        var succeeded: Int

        init(seed: UInt64) {
            let world = World(SimulationOptions(seed: seed, hours: 4))
            outcome = world.run()
            let deliveries = world.model.settledLedger(at: world.trueTime).deliveries
            accepted = deliveries.reduce(0) { $0 + $1.accepted }
            succeeded = deliveries.reduce(0) { $0 + $1.succeeded }
        }
    }

    @Test func `four hours of everything that can go wrong break no rule, and are lived through`() async {
        let worlds = await withTaskGroup(of: Told.self) { tasks in
            for seed: UInt64 in 1...6 { tasks.addTask { Told(seed: seed) } }
            var worlds: [Told] = []
            for await told in tasks { worlds.append(told) }
            return worlds
        }
        for world in worlds {
            #expect(world.outcome.findings.isEmpty, "\(world.outcome.options.words)")
            // Faults for four hours, and fourteen in which all that is owed ends.
            #expect(world.outcome.virtualTime >= .seconds(18 * 3600), "\(world.outcome.options.words)")
            #expect(world.accepted >= world.succeeded)
        }
        // In one of them nothing may be due, or the platform be away; in six, whatever they are like, all of this happens.
        let outcomes = worlds.map(\.outcome)
        #expect(worlds.count == 6 && Set(outcomes.map(\.digest)).count == 6)
        #expect(outcomes.contains { $0.faults > 0 } && outcomes.contains { $0.occurrences > 1 })
        #expect(outcomes.contains { $0.questions > $0.calls && $0.calls > 0 })
        // Processes died, and others went on where they had ended: what they sent was delivered.
        #expect(worlds.contains { $0.outcome.deaths > 0 && $0.outcome.calls > 0 && $0.succeeded > 0 })
    }

    @Test func `a death at any point of a quiet day breaks no rule`() {
        var options = SimulationOptions(seed: 55, hours: 1)
        options.only = []
        let points = World(options).run().deathPoints
        #expect(points > 40)
        // Each fifth here; `activation-sim --every-death` takes them all.
        for point in stride(from: 1, through: points, by: 5) {
            options.deathPoint = point
            let outcome = World(options).run()
            #expect(outcome.findings.isEmpty && outcome.deaths == 1, "death point \(point)")
        }
    }

    @Test func `one seed is one run, to the last word of its trace`() {
        let options = SimulationOptions(seed: 55, hours: 2)
        var traces: [[String]] = [[], []]
        for index in traces.indices { _ = World(options) { traces[index].append($0) }.run() }
        #expect(traces[0] == traces[1])
        #expect(traces[0].count > 100)
        #expect(
            World(SimulationOptions(seed: 8, hours: 1)).run().digest
                != World(SimulationOptions(seed: 9, hours: 1)).run().digest)
    }

    @Test func `two processes tell one seed alike, byte for byte`() throws {
        let program = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent("activation-sim")
        let programs = [
            program,
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appendingPathComponent("activation-sim"),
        ]
        let found = try #require(programs.first { FileManager.default.isExecutableFile(atPath: $0.path) })
        let traces = try (1...2).map { _ in
            try Tool(path: found.path).output(["--seed", "55", "--hours", "3", "--trace"])
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0].utf8.count > 10_000)
    }

    @Test func `a run without its faults is another run, and a quiet one`() {
        var options = SimulationOptions(seed: 55, hours: 3)
        options.only = []
        let quiet = World(options, isRecording: true).run()
        #expect(quiet.strokes.isEmpty && quiet.deaths == 0 && quiet.findings.isEmpty)
        #expect(quiet.calls > 0 && quiet.questions > 0)
        let loud = World(SimulationOptions(seed: 55, hours: 3)).run()
        #expect(loud.faults > 0 && loud.digest != quiet.digest)
    }
}

/// Goal: the checkers find what they are there for.
@Suite struct CheckerTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let pair = Pair(dataflow: "flow", audience: "vip")
    private let truth = PlatformTruth(freshness: .seconds(15), lag: .zero)

    private func occurrence(_ id: Int, nominal: Instant) -> Record {
        .occurrenceAdmitted(
            Occurrence(
                id: OccurrenceID(id), campaign: "sale", sandbox: "prod", nominal: nominal, startsAt: nominal,
                expiresAt: nominal + .seconds(3600), admittedAt: nominal, origin: .timetable, generation: 1,
                isLate: false, onDoubt: .retry, startsAfter: nil, pairs: [pair]))
    }

    private func call(_ number: Int) -> Call {
        Call(
            id: CallID(number), sandbox: "prod", activations: [ActivationID(OccurrenceID(1), 1)], pairs: [pair],
            baselines: [:], exportJob: nil, at: at)
    }

    /// A call that is on the wire, by its records.
    private func sending(_ checker: inout Checker, _ number: Int) {
        checker.stored([.callIntended(call(number)), .callSending(call: CallID(number), at: at)], at: at) { _ in nil }
        checker.leaves(call(number), at: at, platformTime: at)
    }

    /// What the platform took in by call `n` as run `n`.
    private func acceptance(_ number: Int) -> Ledger.Acceptance {
        .init(atMilliseconds: 0, dataflow: "flow", audience: "vip", run: "run-\(number)")
    }

    @Test func `an activation that was accepted twice, and one that a person ordered again`() {
        var checker = Checker(truth: truth)
        checker.stored([occurrence(1, nominal: at)], at: at) { _ in nil }
        sending(&checker, 1)
        var ledger = Ledger()
        ledger.acceptances = [acceptance(1)]
        checker.look(at: ledger, start: at, after: call(1), at: at) { _ in nil }
        #expect(checker.findings.isEmpty)
        ledger.acceptances.append(acceptance(2))
        var other = checker
        checker.look(at: ledger, start: at, after: call(2), at: at) { _ in nil }
        #expect(checker.findings.map(\.rule) == ["an activation is accepted once"])
        let id = ActivationID(OccurrenceID(1), 1)
        other.stored(
            [
                .activationQuarantined(activation: id, reason: "", holdsLane: true, at: at),
                .activationResolved(activation: id, resolution: .retry, actor: "anna", at: at),
            ], at: at
        ) { _ in nil }
        other.look(at: ledger, start: at, after: call(2), at: at) { _ in nil }
        #expect(other.findings.isEmpty)
    }

    @Test func `a call that leaves twice, and one that leaves without its record`() {
        var checker = Checker(truth: truth)
        checker.stored([occurrence(1, nominal: at)], at: at) { _ in nil }
        sending(&checker, 1)
        checker.leaves(call(1), at: at, platformTime: at)
        checker.leaves(call(2), at: at, platformTime: at)
        #expect(checker.findings.map(\.rule) == ["a call is sent once", "no call leaves without its journal record"])
    }

    @Test func `a nominal time that is decided twice`() {
        var checker = Checker(truth: truth)
        checker.stored([occurrence(1, nominal: at), occurrence(2, nominal: at)], at: at) { _ in nil }
        #expect(checker.findings.map(\.rule) == ["decided at most once"])
    }

    @Test func `a nominal time that passed and is not decided`() {
        var nominals = NominalModel()
        var options = SimulationOptions(seed: 55, hours: 1)
        options.campaigns = 6
        let plan = CampaignPlan(options)
        nominals.take(plan, at: at, platformTime: at)
        let next = try! #require(plan.nextNominal(after: at))
        #expect(nominals.lost(at: next - .milliseconds(1)) == nil)
        #expect(nominals.lost(at: next)?.1 == next)
    }

    @Test func `a call during an export that everybody could know of`() {
        var checker = Checker(truth: truth)
        checker.truth.began(export: "4711", at: at - .seconds(10), until: at + .seconds(600))
        checker.stored([occurrence(1, nominal: at)], at: at) { _ in nil }
        sending(&checker, 1)
        var ledger = Ledger()
        ledger.violations = [.init(rule: .duringExport, atMilliseconds: 300, detail: "")]
        checker.look(at: ledger, start: at, after: call(1), at: at) { _ in nil }
        #expect(checker.findings.isEmpty, "an answer of before it began was fresh enough")
        var other = Checker(truth: truth)
        other.truth.began(export: "4711", at: at - .seconds(16), until: at + .seconds(600))
        other.stored([occurrence(1, nominal: at)], at: at) { _ in nil }
        sending(&other, 1)
        other.look(at: ledger, start: at, after: call(1), at: at) { _ in nil }
        #expect(other.findings.map(\.rule) == ["rule of the platform: during-export"])
    }

    @Test func `a live state that is not the fold of what was stored`() {
        var checker = Checker(truth: truth)
        var live = State()
        live.apply(occurrence(1, nominal: at))
        checker.compare(live, at: at, isForced: true)
        #expect(checker.findings.map(\.rule) == ["the fold of the journal is the live state"])
    }
}

/// Goal: a failing run is told by few faults.
@Suite struct ShrinkerTests {
    @Test func `a stroke is named and read back`() {
        #expect(FaultID("lost-answer.3") == FaultID(kind: .lostAnswer, number: 3))
        #expect(FaultID("lost-answer") == nil && FaultID("no-such.1") == nil)
    }

    @Test func `the arguments of a finding run it again`() {
        var options = SimulationOptions(seed: 7, hours: 3)
        options.only = [FaultID(kind: .kill, number: 1)]
        #expect(options.arguments == "--seed 7 --hours 3 --only kill.1")
    }
}
