// What a delivery costs in calls: four campaigns due together, 260 pairs over 3 dataflows, 60 of them sharing an audience
// with another; the export still runs for 3 minutes, runs take 30 to 60 s, the gate is looked at every 30 s and runs every
// 15 s. Counted by the platform's ledger.
//
// In virtual time for many seeds, which decide how long runs take: the production scheduler and runtime, requests and
// answers. Then once with the real daemon over HTTP, ten times faster.

import Chronology
import Foundation
import PlatformModel
import SchedulerCore
import Stage

enum CallsBench {
    static func lines(seeds: Int) throws -> [String] {
        var table = Table(["", "calls"] + CallCount.kinds + ["pairs delivered", "rules broken", "sent twice"])
        for variant in VirtualDelivery.variants {
            var counts: [CallCount] = []
            for seed in 1...UInt64(max(1, seeds)) { counts.append(try variant.count(seed: seed)) }
            table.add(CallCount.row(variant.name, counts))
        }
        table.add(CallCount.row("the real daemon, ten times faster", [try RealDelivery.count()]))
        return [
            "Calls to the platform: \(Scenarios.pairs) pairs over 3 dataflows, 60 sharing an audience, behind an export of 3 minutes",
            "(lowest, median and highest of \(seeds) seeds in virtual time; once in real time)",
        ] + table.lines
    }
}

/// What the platform counted of one delivery.
struct CallCount {
    static let kinds = ["token", "exports", "flows", "adhocrun", "runs"]

    private let total: Int
    private let byKind: [Int]
    private let delivered: Int
    private let violations: Int
    private let twice: Int

    init(_ ledger: Ledger) {
        total = ledger.total
        byKind = Self.kinds.map { ledger.requests[$0] ?? 0 }
        delivered = ledger.deliveries.count { $0.succeeded == 1 }
        violations = ledger.violations.count
        twice = ledger.deliveries.count { $0.accepted > 1 }
    }

    static func row(_ name: String, _ counts: [CallCount]) -> [String] {
        [name, spread(counts.map(\.total))]
            + kinds.indices.map { kind in spread(counts.map { $0.byKind[kind] }) }
            + [spread(counts.map(\.delivered)), spread(counts.map(\.violations)), spread(counts.map(\.twice))]
    }

    /// One number where all are the same.
    private static func spread(_ numbers: [Int]) -> String {
        let sorted = numbers.sorted()
        guard let lowest = sorted.first, let highest = sorted.last, lowest != highest else {
            return sorted.first.map(String.init) ?? "none"
        }
        return "\(lowest)/\(sorted[sorted.count / 2])/\(highest)"
    }
}

/// The delivery in virtual time.
struct VirtualDelivery {
    /// Tuesday 24 November 2026, 10:00 UTC.
    private static let start = Instant(milliseconds: 1_795_514_400_000)
    private static let dueMilliseconds: Int64 = 60_000
    /// Long after the last run has ended: what is asked without need shows as well.
    private static let end = start + .seconds(3600)

    static let variants = [
        VirtualDelivery(name: "as described", polling: asked, oneRunForEachAudience: false),
        VirtualDelivery(name: "a run for each audience", polling: asked, oneRunForEachAudience: true),
        VirtualDelivery(name: "as described, polling as shipped", polling: Polling(), oneRunForEachAudience: false),
    ]

    /// `run_max` as `run`: looks at runs do not grow apart.
    private static let asked = Polling(
        gate: .seconds(30), gateFreshness: .seconds(15), run: .seconds(15), runMaximum: .seconds(15))

    let name: String
    private let polling: Polling
    private let oneRunForEachAudience: Bool

    private init(name: String, polling: Polling, oneRunForEachAudience: Bool) {
        self.name = name
        self.polling = polling
        self.oneRunForEachAudience = oneRunForEachAudience
    }

    /// - Parameter seed: Decides how long runs take, and how long a request: 50 to 500 ms.
    func count(seed: UInt64) throws -> CallCount {
        let agenda = Agenda(from: Self.start)
        let scenario = Scenarios.calls(due: Self.dueMilliseconds, oneRunForEachAudience: oneRunForEachAudience)
        let settings = PlatformSettings(
            organization: scenario.organization, sandbox: SandboxName(scenario.sandbox),
            clientID: scenario.clientID, clientSecret: .environment("SECRET"))
        let platform = VirtualPlatform(
            PlatformModel(scenario: scenario, seed: seed, start: Self.start), settings, agenda,
            latency: .milliseconds(50 + Int64(seed &* 37 % 451)))
        let daemon = VirtualDaemon(platform, agenda)
        try daemon.run(configuration(settings), until: Self.end)
        guard daemon.ended == Scenarios.campaigns.count else {
            throw StageFailure("\(name), seed \(seed): only \(daemon.ended) campaigns ended")
        }
        return CallCount(platform.ledger())
    }

    private func configuration(_ settings: PlatformSettings) -> Configuration {
        let due = Self.start + .milliseconds(Self.dueMilliseconds)
        var configuration = Configuration(platform: settings, polling: polling)
        for (index, part) in Scenarios.campaigns.enumerated() {
            let name = CampaignName("c\(index)")
            let pairs = part.audiences.map {
                Pair(
                    dataflow: DataflowID(Scenarios.flow(part.flow)), audience: AudienceID(Scenarios.audience($0)))
            }
            configuration.campaigns[name] = Campaign(
                name: name, sandbox: settings.sandbox,
                trigger: .timetable(Timetable(schedule: .at([due]), zone: .utc, text: due.rfc3339)), pairs: pairs)
        }
        return configuration
    }
}
