// Foreign bytes, one subject for each kind. Begin at `FuzzSubject.check`: it gives the bytes to everything that reads
// that kind, and checks what must hold whatever they are. Not to trap, not to hang and not to take much memory is seen
// by whoever calls: the fuzzer, or the test that replays its corpora.

internal import Chronology

package enum FuzzSubject: String, CaseIterable, Sendable {
    /// Configuration files, from their bytes to a scheduler that uses them.
    case toml
    /// Calendar expressions, cron, recurrence rules, durations and times.
    case calendar
    /// `.ics` files with days.
    case days
    /// Zone files of the system.
    case zone
    /// What the platform answers, with every status.
    case answers
    /// What a client sends to the control socket, and what it reads from there.
    case control
    /// Records and snapshots, folded and taken into use.
    case journal
    /// Texts on their way to a terminal or a log.
    case text

    /// - Throws: ``BrokenRule``, always for the same bytes: nothing here is drawn or read from a clock.
    package func check(_ bytes: [UInt8]) throws(BrokenRule) {
        switch self {
        case .toml: try TOMLSubject.check(bytes)
        case .calendar: try CalendarSubject.check(bytes)
        case .days: try DaysSubject.check(bytes)
        case .zone: try ZoneSubject.check(bytes)
        case .answers: try AnswersSubject.check(bytes)
        case .control: try ControlSubject.check(bytes)
        case .journal: try JournalSubject.check(bytes)
        case .text: try TextSubject.check(bytes)
        }
    }
}

/// A rule that did not hold, and the evidence.
package struct BrokenRule: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws(BrokenRule) {
    if !holds { throw BrokenRule(rule()) }
}

/// Choices that follow from the bytes: the same input is always checked in the same way.
struct Choice {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ bytes: [UInt8]) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next() >> 16 % UInt64(elements.count))]
    }

    /// Anywhere between 1900 and 2200, at times beyond.
    mutating func instant() -> Instant {
        let draw = next() >> 8
        if draw % 16 == 0 {
            return pick([Instant(milliseconds: .min), Instant(milliseconds: .max), .init(seconds: 0)])
        }
        return Instant(milliseconds: -2_208_988_800_000 + Int64(draw % 9_467_000_000_000))
    }
}

enum Shown {
    /// Whether a terminal shows the text as one line, from left to right, as it was written. Written down here once more,
    /// so that the rules of the rooms are not checked with themselves.
    static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: !isBidirectional(scalar.value)
            }
        }
    }

    private static func isBidirectional(_ value: UInt32) -> Bool {
        [0x061C, 0x200E, 0x200F].contains(value) || (0x202A...0x202E).contains(value)
            || (0x2066...0x2069).contains(value)
    }

    static func requireOneLine(_ text: String, _ what: String) throws(BrokenRule) {
        try require(isOneLine(text), "\(what) can steer a terminal: \(text.debugDescription)")
    }
}
