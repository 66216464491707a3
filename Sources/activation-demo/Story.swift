// What the demo has seen so far: one line whenever an occurrence begins, waits for something else, is sent, or ends.

import Chronology
import ControlProtocol
import Foundation

struct Story {
    /// One occurrence, as last seen.
    struct Chapter {
        var occurrence: OccurrenceDocument
        var firstSeen: Date
        var firstSent: Date?
        /// Seconds for which some activation waited for a gate, and what it was about.
        var waited: [String: TimeInterval] = [:]
        var lane: String?
        var shown: Set<String> = []
        var lastLook: Date
    }

    let start: Date
    private(set) var chapters: [String: Chapter] = [:]

    init(start: Date) {
        self.start = start
    }

    /// Occurrences that were seen and have not ended.
    var open: [String] { chapters.values.filter { $0.occurrence.endedAt == nil }.map(\.occurrence.id).sorted() }

    /// Campaigns that have ended.
    var ended: Set<String> {
        Set(chapters.values.filter { $0.occurrence.endedAt != nil }.map(\.occurrence.campaign))
    }

    /// Takes in what the daemon says now.
    ///
    /// - Returns: What is new, as lines.
    mutating func take(_ occurrences: [OccurrenceDocument], at now: Date) -> [String] {
        occurrences.sorted { $0.id.count == $1.id.count ? $0.id < $1.id : $0.id.count < $1.id.count }
            .flatMap { take($0, at: now) }
    }

    private mutating func take(_ occurrence: OccurrenceDocument, at now: Date) -> [String] {
        var lines: [String] = []
        let isNew = chapters[occurrence.id] == nil
        var chapter = chapters[occurrence.id] ?? Chapter(occurrence: occurrence, firstSeen: now, lastLook: now)
        if isNew {
            let audiences = occurrence.activations.map { "\($0.audienceName) to \($0.dataflowName)" }
            lines.append(line(occurrence, now, "is due: \(audiences.joined(separator: ", "))"))
        }
        lines += waits(occurrence, &chapter, at: now)
        lines += changes(from: isNew ? nil : chapter.occurrence, to: occurrence, &chapter, at: now)
        chapter.occurrence = occurrence
        chapter.lastLook = now
        chapters[occurrence.id] = chapter
        return lines
    }

    private func waits(_ occurrence: OccurrenceDocument, _ chapter: inout Chapter, at now: Date) -> [String] {
        var lines: [String] = []
        var closed: Set<String> = []
        for activation in occurrence.activations {
            for gate in activation.gates where gate.state == "closed" {
                closed.insert(gate.gate)
                let subject = gate.gate == "export" ? "" : "\(activation.audienceName) "
                if gate.gate == "lane", chapter.lane == nil { chapter.lane = activation.audienceName }
                if chapter.shown.insert("\(gate.gate) \(subject)").inserted {
                    let evidence = gate.evidence.components(separatedBy: " (asked").first ?? gate.evidence
                    lines.append(line(occurrence, now, "\(subject)waits (\(gate.gate)): \(evidence)"))
                }
            }
        }
        for gate in closed { chapter.waited[gate, default: 0] += now.timeIntervalSince(chapter.lastLook) }
        return lines
    }

    private func changes(
        from before: OccurrenceDocument?, to after: OccurrenceDocument, _ chapter: inout Chapter, at now: Date
    ) -> [String] {
        var lines: [String] = []
        var byState: [String: [String]] = [:]
        for (index, activation) in after.activations.enumerated() {
            let old = before?.activations[index].state ?? "waiting"
            guard activation.state != old, activation.state != "queued", activation.state != "waiting" else { continue }
            if chapter.firstSent == nil { chapter.firstSent = now }
            let adopted = activation.wasAdopted && activation.state == "running" ? "running, found and adopted" : nil
            byState[adopted ?? activation.state, default: []].append(activation.audienceName)
        }
        for (state, audiences) in byState.sorted(by: { $0.key < $1.key }) where state != "calling" {
            let words = state == "in_doubt" ? "in doubt: the answer was lost; its run is looked for" : state
            lines.append(line(after, now, "\(audiences.joined(separator: ", ")): \(words)"))
        }
        if after.endedAt != nil, before?.endedAt == nil { lines.append(line(after, now, "ended: \(after.state)")) }
        return lines
    }

    private func line(_ occurrence: OccurrenceDocument, _ now: Date, _ text: String) -> String {
        "\(clock(now))  \(occurrence.campaign.padding(toLength: 16, withPad: " ", startingAt: 0)) \(text)"
    }

    /// Minutes and seconds since the start.
    func clock(_ date: Date) -> String {
        let seconds = max(0, Int(date.timeIntervalSince(start)))
        let (minutes, rest) = seconds.quotientAndRemainder(dividingBy: 60)
        return "\(minutes < 10 ? "0" : "")\(minutes):\(rest < 10 ? "0" : "")\(rest)"
    }
}
