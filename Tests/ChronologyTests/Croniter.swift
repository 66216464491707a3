// croniter, a library for Python, for asking what others make of a cron expression.

import Chronology
import Foundation
import TestPrograms

enum Croniter {
    /// A question for ``program``: an expression in croniter's form, and whether days have to match both fields.
    struct Question: Encodable {
        var expression: String
        var both: Bool
        /// Seconds since 1970.
        var after: Int64
    }

    /// Reads questions as JSON, and writes for each the next times in seconds since 1970, or null where it refuses.
    private static let program = """
        import json, sys
        from datetime import datetime, timezone
        from croniter import croniter, CroniterBadDateError
        asked = json.load(sys.stdin)
        answers = []
        for question in asked["questions"]:
            start = datetime.fromtimestamp(question["after"], timezone.utc).replace(tzinfo=None)
            try:
                times = croniter(question["expression"], start, day_or=not question["both"])
            except Exception:
                answers.append(None)
                continue
            found = []
            try:
                while len(found) < asked["count"]:
                    next = times.get_next(datetime)
                    found.append(int(next.replace(tzinfo=timezone.utc).timestamp()))
            except CroniterBadDateError:
                pass
            answers.append(found)
        print(json.dumps(answers))
        """

    static let python = Tool.python(with: "croniter")
    static let version: String = {
        let ask = "from importlib.metadata import version; print(version('croniter'))"
        return (try? python?.output(["-c", ask]))?.split(separator: "\n").first.map(String.init) ?? "unknown"
    }()

    /// Debian 12 has 1.3.5.
    static let isOld = version.hasPrefix("0.") || version.hasPrefix("1.")

    /// The next times of each expression in UTC. Nil where it refuses.
    static func times(_ questions: [Question], count: Int) throws -> [[Instant]?] {
        struct Asked: Encodable {
            var questions: [Question]
            var count: Int
        }
        guard let python else { return [] }
        let input = String(decoding: try JSONEncoder().encode(Asked(questions: questions, count: count)), as: UTF8.self)
        let output = try python.output(["-c", program], input: input)
        return try JSONDecoder().decode([[Int64]?].self, from: Data(output.utf8)).map {
            $0?.map(Instant.init(seconds:))
        }
    }
}
