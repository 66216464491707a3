// `kill -9` at random moments, over the whole life of many deliveries whose answers are late or lost.

import Chronology
import Foundation
import PlatformModel

extension Cases {
    static let kill = TortureCase(
        name: "kill", does: "kill -9 at random moments while campaigns of several dataflows are delivered",
        isQuick: true
    ) { run in
        let total = run.isBrief ? min(run.kills, 20) : run.kills
        let rounds = (total + KillRound.kills - 1) / KillRound.kills
        let tally = Shared(KillTally())
        try forEach(Array(0..<rounds), lanes: 3) { number, _ in
            let kills = min(KillRound.kills, total - number * KillRound.kills)
            let round = KillRound(number: number, kills: kills, run: run)
            let played = try round.play()
            let sum = tally.change { $0 = $0 + played }
            run.progress("of \(total): \(sum); none sent twice, none missing")
        }
        let sum = tally.change { _ in }
        if total >= 100, sum.doubts == 0 || sum.adoptions == 0 {
            throw Failure("some deaths leave a doubt, and some runs are adopted", "\(sum)")
        }
        return "\(sum)"
    }
}

/// One arena that is killed again and again while its campaigns fall due.
private struct KillRound {
    static let kills = 25
    private static let campaigns = 12
    /// From the first start to the first due time.
    private static let leadMilliseconds: Int64 = 3000
    private static let spacingMilliseconds: ClosedRange<Int64> = 300...1800
    /// Uniform: within the start, within recovery, within calls, within following.
    private static let lifeMilliseconds = 1...1400

    let number: Int
    let kills: Int
    let run: TortureRun

    func play() throws -> KillTally {
        var chance = run.chance(UInt64(number))
        let arena = try Arena(run.directory, "r\(number)", seed: chance.next()) { scenario in
            scenario.faults = Self.faults
            scenario.runs.lagMilliseconds = number.isMultiple(of: 3) ? 400 : 0
            scenario.runs.isOneForEachAudience = !number.isMultiple(of: 4)
        }
        let start = wallClock() + .milliseconds(Self.leadMilliseconds)
        try arena.add(campaigns(start, &chance))
        // What was due before the daemon had ever seen the campaigns would rightly never be fired.
        try arena.startAndWait()
        for _ in 1...kills {
            Thread.sleep(forTimeInterval: Double(Int.random(in: Self.lifeMilliseconds, using: &chance)) / 1000)
            arena.kill()
            if chance.next() % 8 == 0 {
                arena.changePlatform { model, now in model.startExport(at: now, lasting: 700) }
            }
            try arena.start()
        }
        arena.kill()
        try arena.startAndWait()
        arena.changePlatform { model, now in model.heal(at: now) }
        try arena.finish(says: ["the last stop was not clean"])
        let log = arena.log
        return KillTally(
            kills: kills, deliveries: arena.owed.values.reduce(0, +),
            doubts: log.count(of: "in doubt: "), adoptions: log.count(of: "run found and adopted"))
    }

    private static let faults: [Scenario.Fault] = [
        .init(request: "adhocrun", kind: .lostAnswer, percent: 8),
        .init(request: "adhocrun", kind: .lostRequest, percent: 8),
        .init(request: "adhocrun", kind: .reset, percent: 5),
        .init(request: "adhocrun", kind: .delay, percent: 60, delayMilliseconds: 250),
        .init(request: "runs", kind: .serverError, percent: 5),
        .init(request: "exports", kind: .delay, percent: 20, delayMilliseconds: 150),
    ]

    /// Each pair stands in one campaign only, so that one delivery too many can not be taken for another's; audiences are
    /// shared, so that campaigns wait for each other in lanes.
    private func campaigns(_ start: Instant, _ chance: inout SeededChance) -> [CampaignText] {
        var at = start
        return (0..<Self.campaigns).map { index in
            var pairs: [Pair] = []
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                let flow = Int.random(in: 1...ArenaSettings.flowCount, using: &chance)
                let first = Int.random(in: 0...9, using: &chance) * Self.campaigns + index + 1
                for audience in stride(from: first, through: first + 3 * Self.campaigns, by: Self.campaigns) {
                    pairs.append(Pair(flow: flow, audience: audience))
                }
            }
            if index > 0 { pairs.append(Pair(flow: index % 2 + 1, audience: 300 + index / 2)) }
            defer { at = at + .milliseconds(Int64.random(in: Self.spacingMilliseconds, using: &chance)) }
            return CampaignText(name: "c\(index)", at: [at], pairs: Array(Set(pairs)).sorted())
        }
    }
}

/// What was done so far.
private struct KillTally: CustomStringConvertible {
    var kills = 0
    var deliveries = 0
    var doubts = 0
    var adoptions = 0

    static func + (left: KillTally, right: KillTally) -> KillTally {
        KillTally(
            kills: left.kills + right.kills, deliveries: left.deliveries + right.deliveries,
            doubts: left.doubts + right.doubts, adoptions: left.adoptions + right.adoptions)
    }

    var description: String {
        "\(kills) kills, \(deliveries) deliveries, \(doubts) doubts, \(adoptions) runs found and adopted"
    }
}

/// A value that threads share.
final class Shared<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    @discardableResult
    func change(_ body: (inout Value) -> Void) -> Value {
        lock.withLock {
            body(&value)
            return value
        }
    }
}
