// `activationctl plan --ics`: a plan for calendar programs, one event for each occurrence. Begin at `calendar`.
//
// Source: RFC 5545. Lines end with CR LF and are folded at 75 octets (3.1), text is escaped (3.3.11), times are in UTC.

internal import Chronology
package import ControlProtocol

package enum PlanCalendar {
    private static let lineOctets = 75

    /// The bytes of an `.ics` file. An occurrence keeps its UID from plan to plan, so that a program which reads it again shows
    /// each once.
    package static func calendar(_ plan: PlanDocument) -> [UInt8] {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//activationd//plan//EN", "CALSCALE:GREGORIAN",
            "X-WR-CALNAME:activationd",
        ]
        let stamp = Instant(rfc3339: plan.now).map(time) ?? "19700101T000000Z"
        for occurrence in plan.occurrences { lines += event(occurrence, stamp) }
        lines.append("END:VCALENDAR")
        return lines.flatMap(folded)
    }

    private static func event(_ occurrence: PlannedOccurrenceDocument, _ stamp: String) -> [String] {
        guard let start = Instant(rfc3339: occurrence.nominal) else { return [] }
        let shortest = start + .seconds(60)
        let end = max(occurrence.endsAt.flatMap { Instant(rfc3339: $0) } ?? shortest, shortest)
        let isSkipped = occurrence.state == "skipped"
        let status = isSkipped ? "CANCELLED" : occurrence.state == "succeeded" ? "CONFIRMED" : "TENTATIVE"
        let suffix = occurrence.state == "succeeded" ? "" : " (\(occurrence.state))"
        return [
            "BEGIN:VEVENT", "UID:\(identifier(occurrence, start))", "DTSTAMP:\(stamp)", "DTSTART:\(time(start))",
            "DTEND:\(time(end))", "SUMMARY:\(escaped(occurrence.campaign + suffix))",
            "DESCRIPTION:\(escaped(description(occurrence)))", "STATUS:\(status)", "TRANSP:TRANSPARENT", "END:VEVENT",
        ]
    }

    /// Of campaign and nominal time; milliseconds, since two may fall into one second.
    private static func identifier(_ occurrence: PlannedOccurrenceDocument, _ nominal: Instant) -> String {
        let name = occurrence.campaign.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "_" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
        return "\(name)-\(nominal.milliseconds)@activationd"
    }

    private static func description(_ occurrence: PlannedOccurrenceDocument) -> String {
        var lines = ["\(counted(occurrence.activations, "activation")), \(counted(occurrence.jobs.count, "job"))"]
        if occurrence.state == "skipped" { lines = [] }
        lines += occurrence.waits.map { wait in
            "\(wait.gate): \(wait.evidence), until about \(wait.until)"
                + (wait.latest.map { ", at the latest \($0)" } ?? "")
        }
        if let called = occurrence.lastCalledAt, occurrence.lateSeconds >= 60 { lines.append("called about \(called)") }
        if let reason = occurrence.reason { lines.append("\(occurrence.state): \(reason)") }
        if occurrence.clock == "skipped" { lines.append("moved by the clock: its time is skipped on this day") }
        if occurrence.clock == "repeated" { lines.append("its time is shown twice on this day, and it fires once") }
        return lines.joined(separator: "\n")
    }

    // MARK: The format

    /// `20261127T160000Z`.
    private static func time(_ instant: Instant) -> String {
        String(instant.rfc3339.prefix(19)).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// Of any text: what would end a line, or is no text, is left out.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": escaped += "\\" + String(scalar)
            case "\n": escaped += "\\n"
            default: if scalar.value >= 32, scalar.value != 127 { escaped.unicodeScalars.append(scalar) }
            }
        }
        return escaped
    }

    /// A line and its CR LF, continued after every 75 octets with a space; never within a character.
    private static func folded(_ line: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var count = 0
        for scalar in line.unicodeScalars {
            let own = Array(String(scalar).utf8)
            if count + own.count > lineOctets {
                bytes += Array("\r\n ".utf8)
                count = 1
            }
            bytes += own
            count += own.count
        }
        return bytes + Array("\r\n".utf8)
    }
}
