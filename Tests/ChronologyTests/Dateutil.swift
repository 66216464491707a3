// dateutil, a library for Python, for asking what others make of a recurrence rule.

import Chronology
import Foundation
import TestPrograms

enum Dateutil {
    /// A question for ``program``: a rule, what it counts from, and from when on it is asked; by the clock, no zone.
    struct Question: Encodable {
        var rule: String
        /// Seconds since 1970, as if the clock were UTC's.
        var from: Int64
        var after: Int64
        /// Up to when it is asked. dateutil walks on to the year 9999 where nothing comes.
        var lastYear: Int
    }

    /// Reads questions as JSON, and writes for each the next times in seconds since 1970, or null where it refuses. A rule
    /// that takes it longer than half a second is given up.
    private static let program = """
        import datetime as module, json, sys, signal
        from datetime import datetime, timedelta
        from dateutil.rrule import rrulestr
        epoch = datetime(1970, 1, 1)
        asked = json.load(sys.stdin)
        class Slow(BaseException): pass
        def slow(*_): raise Slow()
        signal.signal(signal.SIGVTALRM, slow)
        answers = []
        for question in asked["questions"]:
            found = []
            module.MAXYEAR = question["lastYear"]
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)
                rule = rrulestr(question["rule"], dtstart=epoch + timedelta(seconds=question["from"]))
                after = epoch + timedelta(seconds=question["after"])
                for time in rule:
                    if time.year > question["lastYear"]: break
                    if time > after:
                        found.append(int((time - epoch).total_seconds()))
                        if len(found) >= asked["count"]: break
                answers.append(found)
            except Slow:
                answers.append(None)
            except ValueError as error:
                answers.append([] if "empty set" in str(error) else None)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        print(json.dumps(answers))
        """

    static let python = Tool.python(with: "dateutil")
    static let version: String = {
        let ask = "import dateutil; print(dateutil.__version__)"
        return (try? python?.output(["-c", ask]))?.split(separator: "\n").first.map(String.init) ?? "unknown"
    }()

    /// The next times of each rule. Nil where it refuses or gives up.
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
