// Python's zoneinfo, for asking what others make of the system's zone files.

import Foundation
import TestPrograms

enum ZoneInfo {
    struct Change: Decodable {
        /// Seconds since 1970: what follows holds from here.
        var at: Int64
        var offset: Int
        var abbreviation: String
    }

    /// Reads names, and writes for each what holds at the beginning and every change of offset or abbreviation up to the end:
    /// looked for every three days, and then by halving.
    private static let program = """
        import json, sys, zoneinfo
        from datetime import datetime
        zoneinfo.reset_tzpath(to=["/usr/share/zoneinfo"])
        asked = json.load(sys.stdin)
        answers = []
        for name in asked["names"]:
            zone = zoneinfo.ZoneInfo(name)
            def at(seconds):
                time = datetime.fromtimestamp(seconds, zone)
                return (int(time.utcoffset().total_seconds()), time.tzname())
            now = asked["from"]
            held = at(now)
            found = [(now, held)]
            while now < asked["to"]:
                then = min(now + 3 * 86400, asked["to"])
                while at(then) != held:
                    low, high = now, then
                    while high - low > 1:
                        middle = (low + high) // 2
                        if at(middle) == held: low = middle
                        else: high = middle
                    held = at(high)
                    found.append((high, held))
                    now = high
                now = then
            answers.append([{"at": t, "offset": o, "abbreviation": n} for t, (o, n) in found])
        print(json.dumps(answers))
        """

    static let python = Tool.python(with: "zoneinfo")

    static func changes(of names: [String], from: Int64, to: Int64) throws -> [[Change]] {
        struct Asked: Encodable {
            var names: [String]
            var from: Int64
            var to: Int64
        }
        guard let python else { return [] }
        let input = try JSONEncoder().encode(Asked(names: names, from: from, to: to))
        let output = try python.output(["-c", program], input: String(decoding: input, as: UTF8.self))
        return try JSONDecoder().decode([[Change]].self, from: Data(output.utf8))
    }
}
