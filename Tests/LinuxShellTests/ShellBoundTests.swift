import ActivationAPI
import AsyncHTTPClient
import CampaignConfig
import Chronology
import ControlClient
import ControlProtocol
import Foundation
import Logging
import SchedulerCore
import Testing

@testable import LinuxShell

private func mode(_ path: String) -> mode_t {
    var entry = stat()
    return lstat(path, &entry) == 0 ? entry.st_mode & 0o7777 : 0
}

private func aDirectory(_ name: String) throws -> String {
    let directory = NSTemporaryDirectory() + name + "-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    return directory
}

/// Goal: the control socket is for its owner and its group, and is never taken from a daemon that lives.
@Suite struct ControlSocketTests {
    private func refusal(_ directory: String) -> ControlSocketError? {
        do throws(ControlSocketError) {
            close(try ControlSocket.bind(directory: directory).descriptor)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the socket and the directory that is made for it have their modes`() throws {
        let directory = try aDirectory("run")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let door = try ControlSocket.bind(directory: directory + "/made")
        defer { close(door.descriptor) }
        #expect(door.path == directory + "/made/control.sock" && door.rights == .all)
        #expect(mode(door.path) == 0o660)
        #expect(mode(directory + "/made") == 0o750)
    }

    @Test func `what a killed daemon left is replaced, and what is no socket is left alone`() throws {
        let directory = try aDirectory("run")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Bound, and nobody listens any more.
        #expect(refusal(directory) == nil)
        #expect(refusal(directory) == nil)
        let path = directory + "/control.sock"
        unlink(path)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        #expect(refusal(directory)?.description.contains("is no socket") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func `a directory that can not be made is told by its name, with what to do`() throws {
        let directory = try aDirectory("run")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let missing = directory + "/no/such"
        let words = refusal(missing)?.description
        #expect(words?.hasPrefix(missing + ": ") == true && words?.contains("--runtime-directory") == true)
    }

    @Test func `a path is as long as the kernel takes it, and no longer`() throws {
        let directory = try aDirectory("run")
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let rest = 107 - (directory + "//control.sock").utf8.count
        #expect(refusal(directory + "/" + String(repeating: "a", count: rest)) == nil)
        let long = refusal(directory + "/" + String(repeating: "a", count: rest + 1))
        #expect(long?.description.contains("107 bytes") == true && long?.isTaken == false)
    }

    @Test(arguments: [("control", ControlRights.all), ("status", .questions), ("", nil), ("Control", nil)])
    func `a passed socket is served by its name`(name: String, rights: ControlRights?) {
        #expect(ControlDoor.rights(named: name) == rights)
    }
}

/// Goal: what people ask and order is understood to both ends of each bound, and refused by name beyond.
@Suite struct ControlBoundTests {
    private func route(_ method: String, _ target: String, _ body: String = "") -> Result<ControlRoute, ControlRefusal>
    {
        Result { () throws(ControlRefusal) in
            try ControlRoute(
                ControlRequest(method: method, target: "/v1/" + target, body: Array(body.utf8), actor: "tester"))
        }
    }

    private func code(_ method: String, _ target: String, _ body: String = "") -> ErrorDocument.Code? {
        guard case .failure(let refusal) = route(method, target, body) else { return nil }
        return refusal.code
    }

    @Test(arguments: [
        ("history?limit=1", true), ("history?limit=1000", true), ("history?limit=0", false),
        ("history?limit=1001", false), ("history?limit=-1", false), ("history?limit=", false),
        ("history?before=1", true), ("history?before=0", false), ("history?before=9223372036854775807", true),
        ("history?before=9223372036854775808", false), ("history?occurrence=1", true), ("history?occurrence=0", false),
        ("history?since=2026-11-27T16:00:00Z", true), ("history?since=yesterday", false),
        ("history?until=2026-11-27T16:00:00Z", true), ("history?until=16:00", false), ("history?campaing=a", false),
        ("history?limit=1&limit=1", false), ("history?limit", false), ("history?", true), ("plan?days=1", true),
        ("plan?days=366", true), ("plan?days=0", false), ("plan?days=367", false), ("plan?day=1", false),
        ("occurrences/1", true), ("occurrences/0", false), ("occurrences/-1", false), ("occurrences/1.1", false),
        ("campaigns/%zz", false), ("campaigns/%61", true), ("campaigns/%C3%28", false),
    ])
    func `a number or a time in a question has its bounds`(target: String, isFine: Bool) {
        #expect(code("GET", target) == (isFine ? nil : .badRequest))
    }

    @Test func `what a question says is what is asked`() throws {
        let target =
            "history?campaign=a%2Eb&occurrence=17&since=2026-11-27T16:00:00Z&until=2026-11-27T17:00:00Z&before=9&limit=3"
        var request = HistoryRequest(campaign: "a.b", occurrence: OccurrenceID(17), before: 9, limit: 3)
        request.since = Instant(rfc3339: "2026-11-27T16:00:00Z")
        request.until = Instant(rfc3339: "2026-11-27T17:00:00Z")
        #expect(try route("GET", target).get() == .history(request))
        #expect(HistoryRequest().limit == 200 && PlanRequest().days == 7)
    }

    @Test func `a name of a hundred letters may be a campaign's, and a longer one is nobody's`() {
        for (count, expected) in [(100, nil), (101, .unknown)] as [(Int, ErrorDocument.Code?)] {
            let name = String(repeating: "a", count: count)
            #expect(code("GET", "campaigns/\(name)") == expected)
            #expect(code("POST", "campaigns/\(name)/fire") == expected)
            #expect(code("GET", "history?campaign=\(name)") == expected)
            #expect(code("POST", "resume", #"{"campaign":"\#(name)"}"#) == expected)
        }
    }

    @Test func `a reason has 500 letters at most, and the id of a run 200`() {
        for (count, expected) in [(500, nil), (501, .badRequest)] as [(Int, ErrorDocument.Code?)] {
            #expect(code("POST", "pause", #"{"reason":"\#(String(repeating: "é", count: count))"}"#) == expected)
        }
        for (count, expected) in [(0, .badRequest), (1, nil), (200, nil), (201, .badRequest)]
            as [(Int, ErrorDocument.Code?)]
        {
            let run = String(repeating: "r", count: count)
            #expect(
                code("POST", "resolve", #"{"activation":"1.1","resolution":"adopt","run":"\#(run)"}"#) == expected)
            #expect(code("POST", "disregard", #"{"run":"\#(run)"}"#) == expected)
        }
        #expect(code("POST", "resolve", #"{"activation":"1.1","resolution":"adopt"}"#) == .badRequest)
    }

    @Test(
        arguments: [
            ("campaigns/a/fire", "", .fire("a", forceOverlap: false)),
            ("campaigns/a/fire", #"{"force_overlap":true}"#, .fire("a", forceOverlap: true)),
            ("cancel", #"{"id":"17"}"#, .cancelOccurrence(OccurrenceID(17))),
            ("cancel", #"{"id":"17.3"}"#, .cancelActivation(ActivationID(OccurrenceID(17), 3))),
            ("pause", "{}", .pause(.all, until: nil, reason: "no reason given")),
            (
                "pause", #"{"campaign":"a","until":"2026-11-27T16:00:00Z","reason":"r"}"#,
                .pause(.campaign("a"), until: Instant(rfc3339: "2026-11-27T16:00:00Z"), reason: "r")
            ),
            ("resume", "{}", .resume(.all)), ("resume", #"{"campaign":"a"}"#, .resume(.campaign("a"))),
            (
                "resolve", #"{"activation":"17.3","resolution":"retry"}"#,
                .resolve(ActivationID(OccurrenceID(17), 3), .retry)
            ),
            (
                "resolve", #"{"activation":"17.3","resolution":"abandon"}"#,
                .resolve(ActivationID(OccurrenceID(17), 3), .abandon)
            ),
            (
                "resolve", #"{"activation":"17.3","resolution":"adopt","run":"r"}"#,
                .resolve(ActivationID(OccurrenceID(17), 3), .adopt("r"))
            ),
            ("disregard", #"{"run":"r"}"#, .disregard("r")), ("recount", "{}", .recount(.all)),
            ("recount", #"{"campaign":"a"}"#, .recount(.campaign("a"))),
        ] as [(String, String, Command)])
    func `each order is the command that it names`(target: String, body: String, command: Command) throws {
        #expect(try route("POST", target, body).get() == .order(command))
        #expect(code("GET", target, body) == .badMethod)
    }

    @Test(arguments: [
        ("cancel", ""), ("cancel", "{}"), ("cancel", #"{"id":"0"}"#), ("cancel", #"{"id":"a"}"#),
        ("cancel", #"{"id":"1.0"}"#), ("pause", "["), ("pause", #"{"until":"tomorrow"}"#), ("resume", ""),
        ("resolve", #"{"activation":"17","resolution":"retry"}"#),
        ("resolve", #"{"activation":"17.3","resolution":"retri"}"#), ("campaigns/a/fire", "{}"), ("disregard", "{}"),
    ])
    func `an order that says nothing of use is refused`(target: String, body: String) {
        #expect(code("POST", target, body) == .badRequest)
    }

    @Test(
        arguments: [
            (.badRequest, "bad-request", 400), (.notPermitted, "not-permitted", 403), (.unknown, "unknown", 404),
            (.badMethod, "bad-method", 405), (.refused, "refused", 409), (.tooLarge, "too-large", 413),
            (.configuration, "configuration", 422), (.stopping, "stopping", 503), (.journal, "journal", 503),
            (.unreachable, "unreachable", 503),
        ] as [(ErrorDocument.Code, String, Int)])
    func `a refusal has its word and its status`(code: ErrorDocument.Code, word: String, status: Int) throws {
        let response = ControlDesk.response(ControlRefusal(code, "why"))
        #expect(response.status == status)
        #expect(String(decoding: response.body, as: UTF8.self).contains("\"code\" : \"\(word)\""))
        #expect(try ControlProtocol.decode(ErrorDocument.self, from: response.body) == ErrorDocument(code, "why"))
    }

    @Test(arguments: [
        ("GET", "nothing"), ("GET", "campaigns/a/fire/more"), ("GET", "campaigns/a/explained"), ("GET", "occurrences"),
        ("POST", "fire"), ("GET", ""), ("POST", "reload/now"),
    ])
    func `what there is nothing at is unknown`(method: String, target: String) {
        #expect(code(method, target) == .unknown)
    }
}

/// Goal: bounds and numbers that other programs rely on are these.
@Suite struct ShellBoundTests {
    @Test func `the exit codes are those of sysexits`() {
        let codes = [
            ExitCode.usage, ExitCode.limits, ExitCode.controlSocket, ExitCode.journal, ExitCode.locked,
            ExitCode.configuration,
        ]
        #expect(codes == [64, 71, 73, 74, 75, 78])
    }

    @Test func `of an error body of a MiB everything is read, and of a larger one nothing`() {
        func kept(_ count: Int) -> Int {
            let response = PlatformResponse(status: 400, body: [UInt8](repeating: 0x61, count: count))
            return Redaction("s3cret-value").applied(to: response).body.count
        }
        #expect(kept(1 << 20) == 1 << 20)
        #expect(kept(1 << 20 + 1) == 0)
    }

    @Test(arguments: [
        (Logger.Level.trace, 7, "2"), (.debug, 7, "2"), (.info, 6, "0"), (.notice, 5, "0"), (.warning, 4, "33"),
        (.error, 3, "31"), (.critical, 2, "31"),
    ])
    func `a level has syslog's number and its colour`(level: Logger.Level, priority: Int, colour: String) {
        #expect(level.priority == priority)
        #expect(level.color == "\u{1b}[\(colour)m")
    }

    @Test func `a line has its time, its level in eight places, its message and its fields in order`() {
        var handler = LineLogHandler(level: LogLevelSwitch(.trace), metadata: ["b": "two words", "z": "old"])
        let event = LogEvent(
            level: .info, message: "said", metadata: ["a": "1", "z": "new", "message_id": "803ab67f"], source: "s",
            file: "f", function: "f", line: 1)
        let line = handler.line(event)
        #expect(Instant(rfc3339: String(line.prefix { $0 != " " })) != nil)
        #expect(line.drop { $0 != " " } == " info     said a=1 b=\"two words\" z=new")
        handler.hasColors = true
        #expect(handler.line(event).contains(" \u{1b}[0minfo    \u{1b}[0m said a=1"))
    }

    @Test func `a field's name has 64 letters at most, and begins with one`() {
        #expect(LogText.fieldName(String(repeating: "a", count: 65)) == String(repeating: "A", count: 64))
        #expect(LogText.fieldName("_9_z") == "Z")
        #expect(LogText.fieldName("a[z]@`{") == "A_Z____")
    }

    @Test func `two thousand events are told in thirty seconds`() {
        let budget = LogBudget()
        func told(_ count: Int, at milliseconds: Int64) -> Int {
            (0..<count).count { _ in budget.judge(.info, at: Monotonic(milliseconds: milliseconds)) == .tell }
        }
        #expect(told(2001, at: 0) == 2000)
        #expect(told(1, at: 29_999) == 0)
        #expect(budget.judge(.info, at: Monotonic(milliseconds: 30_000)) == .tellAfter(omitted: 2))
        #expect(told(2000, at: 30_000) == 1999, "what was told first counts")
    }

    /// `systemd/activationd.catalog` explains each number, and no other.
    @Test func `every number of an event is in the catalog, and belongs to what it is told of`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("systemd/activationd.catalog")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let numbers = lines.filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
        #expect(Set(numbers) == Set(MessageID.allCases.map(\.rawValue)))
        #expect(numbers.count == MessageID.allCases.count)
        func subject(_ kind: NotificationKind) -> String? {
            guard let number = MessageID(kind)?.rawValue else { return nil }
            let begin = lines.firstIndex { $0 == "-- \(number)" }
            return begin.map { String(lines[$0 + 1]) }
        }
        let words: [NotificationKind: String] = [
            .failed: "failed", .expired: "expired", .skipped: "skipped", .quarantined: "set aside", .runLate: "late",
            .configRejected: "reload was refused", .credentials: "credentials", .partial: "in part",
            .mapping: "has to be edited", .duplicate: "sent twice", .moved: "has moved", .empty: "no records",
            .clock: "clock of this host",
        ]
        for kind in NotificationKind.allCases {
            #expect(subject(kind)?.contains(words[kind] ?? "") ?? (kind == .succeeded), "\(kind)")
        }
    }

    @Test(arguments: [
        ("https://platform.test:8443", "platform.test:8443", true),
        ("https://platform.test", "platform.test:443", true),
        ("https://platform.test", "platform.test:8443", false), ("https://a.platform.test", ".platform.test", true),
        ("https://a.platform.test", "*.platform.test", true), ("https://aplatform.test", "platform.test", false),
        ("https://platform.test", "*", true), ("https://platform.test", ".", false),
        ("https://platform.test", "", false),
        ("https://PLATFORM.test", "Platform.Test", true),
    ])
    func `what NO_PROXY names is reached directly`(origin: String, exception: String, isDirect: Bool) throws {
        let settings = ProxySettings(["HTTPS_PROXY": "proxy.test", "NO_PROXY": exception])
        #expect(
            try settings.way(to: origin) == (isDirect ? .direct : .server(.server(host: "proxy.test", port: 3128))))
    }

    @Test func `a socket's path has 107 bytes at most, and a port 65,535`() throws {
        func way(_ proxy: String) -> ProxyWay? { try? ProxySettings(["HTTPS_PROXY": proxy]).way(to: "https://p.test") }
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(way("unix:" + longest) == .socket(path: longest))
        #expect(way("unix:" + longest + "x") == nil)
        #expect(way("proxy.test:1") == .server(.server(host: "proxy.test", port: 1)))
        #expect(way("proxy.test:65535") == .server(.server(host: "proxy.test", port: 65_535)))
        #expect(way("proxy.test:65536") == nil)
    }

    @Test func `the life signs are told by these words`() {
        #expect(LifeSign.allCases.map(\.rawValue) == ["client", "queue", "journal", "control"])
        #expect(Set(LifeSign.allCases.map(\.words)).count == 4)
    }
}

/// Goal: what comes through the real socket reaches whoever answers, up to its bound, and the answer comes back whole.
@Suite struct ControlServerTests {
    /// What was handed on, with the answer that it got.
    private final class Requests: @unchecked Sendable {
        private let lock = NSLock()
        private var all: [ControlRequest] = []
        func add(_ request: ControlRequest) { lock.withLock { all.append(request) } }
        var list: [ControlRequest] { lock.withLock { all } }
    }

    private let requests = Requests()
    private let directory: String
    private let server: ControlServer

    init() throws {
        directory = try aDirectory("control")
        let requests = requests
        server = try ControlServer.start(directory: directory, group: group) { request, isWanted, reply in
            requests.add(request)
            #expect(isWanted())
            reply(
                ControlResponse(status: request.target == "/no" ? 409 : 200, body: Array("\(request.body.count)".utf8)))
        }
    }

    private func stop() {
        server.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func ask(_ method: String, _ target: String, _ body: Int? = nil, user: String? = nil) throws
        -> ControlAnswer
    {
        let control = ControlConnection(path: directory + "/control.sock", timeoutSeconds: 20, user: user)
        return try control.request(method, target, body: body.map { [UInt8](repeating: 0x61, count: $0) })
    }

    @Test func `a body of 64 KiB is handed on, and one more byte is refused before it`() throws {
        defer { stop() }
        for count in [0, 1, 65_536] {
            let answer = try ask("POST", "/v1/cancel", count)
            #expect(answer.status == 200 && answer.body == Array("\(count)".utf8))
        }
        let refused = try ask("POST", "/v1/cancel", 65_537)
        #expect(refused.status == 413)
        #expect(String(decoding: refused.body, as: UTF8.self).contains("\"code\" : \"too-large\""))
        #expect(requests.list.map(\.body.count) == [0, 1, 65_536])
    }

    @Test func `method, target and rights are handed on, and who gives an order by the kernel's word`() throws {
        defer { stop() }
        #expect(try ask("GET", "/v1/status?a=b").status == 200)
        #expect(try ask("DELETE", "/no", user: "anna").status == 409)
        #expect(requests.list.map(\.method) == ["GET", "DELETE"])
        #expect(requests.list.map(\.target) == ["/v1/status?a=b", "/no"])
        #expect(requests.list.allSatisfy { $0.rights == .all })
        let actor = requests.list[1].actor
        #expect(actor.contains("uid \(geteuid())") && actor.hasSuffix(" for anna"), "\(actor)")
    }

    @Test func `a server that stops takes its socket away, and another one may begin there`() throws {
        #expect(mode(directory + "/control.sock") == 0o660)
        let second = #expect(throws: ControlSocketError.self) {
            try ControlServer.start(directory: directory, group: group) { _, _, _ in }
        }
        #expect(second?.isTaken == true)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: directory + "/control.sock"))
        let third = try ControlServer.start(directory: directory, group: group) { _, _, reply in
            reply(ControlResponse(status: 200, body: []))
        }
        #expect(try ask("GET", "/").status == 200)
        third.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }
}
