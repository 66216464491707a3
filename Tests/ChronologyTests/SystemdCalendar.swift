// `systemd-analyze calendar`, for asking what systemd makes of an expression.

import Chronology
import Foundation
import TestPrograms

enum SystemdCalendar {
    static let tool = Tool("systemd-analyze").flatMap { tool in
        // In a container it may be there and not run.
        (try? tool.output(["calendar", "daily"]))?.contains("*-*-* 00:00:00") == true ? tool : nil
    }
    static let isPresent = tool != nil
    /// Such as 252; 0 where it does not say.
    static let version =
        (try? tool?.output(["--version"]))?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0

    struct Answer {
        /// The next times of each expression that is accepted, to the second.
        var times: [String: [Instant]] = [:]
        /// Expressions that it accepts and fails to find the next time of.
        var failed: Set<String> = []
    }

    static func times(
        _ expressions: [String], after base: Instant, zone: String, count: Int
    ) throws -> Answer {
        guard let tool else { return Answer() }
        let output = try tool.output(
            ["calendar", "--iterations=\(count)", "--base-time=@\(base.milliseconds / 1000)", "--"] + expressions,
            environment: ["TZ": zone])
        return parse(output)
    }

    /// Blocks of lines: the original form unless it is the normalized one, the normalized form, then each time; a time
    /// in another zone is followed by a line with the same in UTC.
    private static func parse(_ output: String) -> Answer {
        var answer = Answer()
        var original: String?
        var current = ""
        for line in output.split(separator: "\n") {
            if let expression = line.failedExpression { answer.failed.insert(expression) }
            guard let colon = line.range(of: ": ") else { continue }
            let value = String(line[colon.upperBound...])
            switch line[..<colon.lowerBound].trimmingCharacters(in: .whitespaces) {
            case "Original form": original = value
            case "Normalized form":
                current = original ?? value
                original = nil
                answer.times[current] = []
            default:
                if let instant = instant(value) { answer.times[current, default: []].append(instant) }
            }
        }
        return answer
    }

    /// `Sat 2026-03-28 01:30:00 UTC`. Nil for anything else.
    private static func instant(_ text: String) -> Instant? {
        let words = text.split(separator: " ")
        guard words.count == 4, words[3] == "UTC" else { return nil }
        return Instant(rfc3339: "\(words[1])T\(words[2])Z")
    }
}

extension Substring {
    /// The expression in `Failed to determine next elapse for '...': ...`.
    fileprivate var failedExpression: String? {
        guard hasPrefix("Failed to determine next elapse for '"), let end = range(of: "': ") else { return nil }
        return String(self[index(startIndex, offsetBy: 37)..<end.lowerBound])
    }
}
