// The last screen: a row for each campaign by what the daemon said, and the verdict by the platform's ledger.

import Chronology
import ControlProtocol
import Foundation
import PlatformModel
import SchedulerCore

/// What the simulated platform counted, against what the configuration wants.
struct Verdict {
    let requests: Int
    let jobs: Int
    let delivered: Int
    let broken: [String]
    let twice: Int
    let missing: Int

    init(ledger: Ledger, wanted: [Pair: Int]) {
        var accepted: [Pair: Int] = [:]
        var succeeded: [Pair: Int] = [:]
        for delivery in ledger.deliveries {
            let pair = Pair(dataflow: DataflowID(delivery.dataflow), audience: AudienceID(delivery.audience))
            accepted[pair] = delivery.accepted
            succeeded[pair] = delivery.succeeded
        }
        requests = ledger.total
        jobs = ledger.calls.count
        delivered = succeeded.values.reduce(0, +)
        broken = ledger.violations.map { "\($0.rule.rawValue): \($0.detail)" }
        twice = accepted.reduce(0) { $0 + max(0, $1.value - (wanted[$1.key] ?? 0)) }
        missing = wanted.reduce(0) { $0 + max(0, $1.value - (succeeded[$1.key] ?? 0)) }
    }

    var isClean: Bool { broken.isEmpty && twice == 0 && missing == 0 }

    var lines: [String] {
        [
            "\(delivered) activations in \(jobs) jobs, \(requests) calls. The simulated platform's ledger: "
                + "\(broken.count) rules broken, \(twice) sent twice, \(missing) missing."
        ] + broken.map { "  broken: \($0)" }
    }
}

enum Summary {
    static func lines(_ story: Story, _ script: DemoScript, _ verdict: Verdict) -> [String] {
        let rows =
            [["campaign", "due", "waited for", "sent", "runs", "outcome"]]
            + story.chapters.values
            .sorted { Int($0.occurrence.id) ?? 0 < Int($1.occurrence.id) ?? 0 }
            .map { row($0, story) }
        let widths = (0..<6).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let table = rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
                .trimmingCharacters(in: .whitespaces)
        }
        return table + [""] + verdict.lines
    }

    private static func row(_ chapter: Story.Chapter, _ story: Story) -> [String] {
        let occurrence = chapter.occurrence
        let runs = occurrence.activations.filter { $0.state == "succeeded" }.count
        let adopted = occurrence.activations.count { $0.wasAdopted }
        return [
            occurrence.campaign, story.clock(chapter.firstSeen), waits(chapter),
            chapter.firstSent.map(story.clock) ?? "never", "\(runs) of \(occurrence.activations.count)",
            occurrence.state + (adopted > 0 ? ", \(adopted) answer lost and adopted" : ""),
        ]
    }

    private static func waits(_ chapter: Story.Chapter) -> String {
        let words = GateOrder.all.compactMap { gate, name -> String? in
            guard let seconds = chapter.waited[gate], seconds >= 0.5 else { return nil }
            let lane = gate == "lane" ? chapter.lane.map { " \($0)" } ?? "" : ""
            return "\(name)\(lane) \(Duration.milliseconds(Int64(seconds * 1000)).words)"
        }
        return words.isEmpty ? "nothing" : words.joined(separator: ", ")
    }
}

/// The gates that the demo shows, in the order of the table.
private enum GateOrder {
    static let all = [
        ("export", "export"), ("first-activation", "first activation"), ("lane", "lane"), ("dataflow", "dataflow"),
        ("throttled", "backoff"),
    ]
}
