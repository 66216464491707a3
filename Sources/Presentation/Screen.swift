// What every screen needs: the time, the zones, the width and the style. Pure: documents in, lines out.
//
// The answer first, then the evidence; times in the campaign's zone with their offset and how long from now; names before
// ids. Colours are a second channel only: without them nothing is lost.

internal import CampaignConfig
package import Chronology
internal import ControlProtocol

/// How text is emphasised.
package struct Style: Sendable {
    package enum Tone: String, Sendable {
        case strong = "1"
        case faint = "2"
        case bad = "31"
        case good = "32"
        case attention = "33"
    }

    private let isColoured: Bool

    package static let plain = Style(isColoured: false)
    package static let ansi = Style(isColoured: true)

    private init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    package func callAsFunction(_ text: String, _ tone: Tone) -> String {
        isColoured ? "\u{1b}[\(tone.rawValue)m\(text)\u{1b}[0m" : text
    }
}

package struct Screen {
    package var now: Instant
    /// By IANA name. Times of a zone that is not known here are shown in UTC.
    package var zone: (String) -> Zone?
    package var style: Style
    /// Columns, 40 or more.
    package var width: Int

    package init(now: Instant, zone: @escaping (String) -> Zone?, style: Style, width: Int = 80) {
        self.now = now
        self.zone = zone
        self.style = style
        self.width = max(40, width)
    }

    // MARK: Times

    /// `Fri 17:00 +01:00`. A text that is no time is shown as it is.
    func time(_ text: String, _ zoneName: String = "UTC") -> String {
        guard let instant = Instant(rfc3339: text) else { return safe(text) }
        return (zone(zoneName) ?? .utc).display(instant.wholeSecond, now: now)
    }

    /// `in 2 h 12 min`, or `3 min ago`.
    func distance(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text) else { return "" }
        return instant >= now ? "in \((instant - now).words)" : "\((now - instant).words) ago"
    }

    /// `Fri 17:00 +01:00, in 2 h 12 min`.
    func timeAndDistance(_ text: String, _ zoneName: String = "UTC") -> String {
        "\(time(text, zoneName)), \(distance(text))"
    }

    /// How long since then: `4 min`.
    func age(_ text: String) -> String {
        guard let instant = Instant(rfc3339: text) else { return "" }
        return max(.zero, now - instant).words
    }

    // MARK: Text

    /// Text from outside can not move the cursor or turn the line around.
    func safe(_ text: String) -> String {
        text.escapedForTerminal()
    }

    /// Words over several lines, each indented.
    func wrapped(_ text: String, indent: Int = 0) -> [String] {
        let space = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in safe(text).split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width - indent {
                lines.append(space + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(space + line) }
        return lines
    }

    /// Rows in columns, two spaces between them; the last column is wrapped to the width. Made safe here, words that are
    /// usually our own too: whoever serves the socket may say anything.
    func table(_ cells: [[String]], indent: Int = 0) -> [String] {
        let rows = cells.map { $0.map(safe) }
        guard let columns = rows.map(\.count).max(), columns > 0 else { return [] }
        let widths = (0..<columns - 1).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
        }
        let space = String(repeating: " ", count: indent)
        let offset = indent + widths.reduce(0) { $0 + $1 + 2 }
        return rows.flatMap { row -> [String] in
            let head = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined()
            let last = row.count == columns ? row[columns - 1] : ""
            // A narrow terminal gets long lines rather than a column of single words.
            let lines = width - offset >= 24 ? wrapped(last, indent: offset) : [last]
            let first = lines.first.map { String($0.drop { $0 == " " }) } ?? ""
            return [(space + head + first).trimmingEnd()] + lines.dropFirst()
        }
    }
}

extension Instant {
    fileprivate var wholeSecond: Instant {
        Instant(milliseconds: milliseconds - ((milliseconds % 1000) + 1000) % 1000)
    }
}

extension String {
    func trimmingEnd() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
