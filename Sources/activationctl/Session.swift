// One exchange with the daemon, shown as text or as JSON, and the exit code that it ends with.

import ArgumentParser
import Chronology
import ConfigurationFiles
import ControlClient
import ControlProtocol
import Foundation
import Presentation

struct GlobalOptions: ParsableArguments {
    @Option(
        help:
            "The control socket. Otherwise that of $RUNTIME_DIRECTORY, or one of /run/activationctl and /run/activationd."
    )
    var socket: String?

    @Option(help: "Of activationd@NAME.service.")
    var instance: String?

    @Flag(help: "One JSON document on standard output, whatever happens.")
    var json = false

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 60

    var session: Session { Session(options: self) }
}

/// By sysexits(3), as in the README.
enum Exits {
    static let refused = ExitCode(1)
    static let unreachable = ExitCode(69)
    static let notPermitted = ExitCode(77)
    static let configuration = ExitCode(78)
}

struct Session {
    let options: GlobalOptions
    private let environment = ProcessInfo.processInfo.environment

    init(options: GlobalOptions) {
        self.options = options
    }

    private var places: [ControlPlace] {
        ControlPlaces.all(
            socket: options.socket, instance: options.instance,
            runtimeDirectory: environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first.map(String.init))
    }

    /// For the daemon's history; with sudo the one who typed.
    private var user: String? {
        if getuid() == 0, let name = environment["SUDO_USER"], !name.isEmpty { return name }
        return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
    }

    // MARK: Exchanges

    /// Asks, and shows the answer.
    func show<Document: Codable>(
        _ target: String, _ type: Document.Type, _ lines: (Screen, Document) -> [String]
    ) throws {
        try show(try exchange("GET", target), type, lines)
    }

    /// Orders, and shows what became of it.
    func order<Document: Codable>(
        _ target: String, _ order: some Encodable, _ type: Document.Type, _ lines: (Screen, Document) -> [String]
    ) throws {
        try show(try exchange("POST", target, try ControlProtocol.encode(order)), type, lines)
    }

    func show<Document: Codable>(
        _ answer: ControlAnswer, _ type: Document.Type, _ lines: (Screen, Document) -> [String]
    ) throws {
        let document = try decode(type, answer)
        if options.json {
            FileHandle.standardOutput.write(Data(answer.body))
        } else {
            write(lines(screen, document), to: .standardOutput)
        }
    }

    /// One answer that is not shown. What is not 200 ends the program as it should.
    ///
    /// - Parameter hint: What else can be done where nobody answers.
    func exchange(
        _ method: String, _ target: String, _ body: [UInt8]? = nil, hint: String? = nil
    ) throws -> ControlAnswer {
        let answer: ControlAnswer
        do throws(ControlError) {
            answer = try ControlPlaces.request(
                method, target, body: body, at: places, timeoutSeconds: options.timeout, user: user)
        } catch {
            let end = error.message.hasSuffix(".") ? " " : ". "
            let message = error.message + (hint.map { end + $0 } ?? "")
            try fail(ErrorDocument(error.kind == .notPermitted ? .notPermitted : .unreachable, message))
        }
        guard answer.isSuccess else {
            let document = (try? ControlProtocol.decode(ErrorDocument.self, from: answer.body))
            try fail(document ?? ErrorDocument(.unreachable, "the answer (\(answer.status)) is not activationd's"))
        }
        return answer
    }

    func decode<Document: Decodable>(_ type: Document.Type, _ answer: ControlAnswer) throws -> Document {
        guard let document = try? ControlProtocol.decode(type, from: answer.body) else {
            try fail(
                ErrorDocument(
                    .unreachable,
                    "the answer is not the document that this version of activationctl knows; are both of one version?")
            )
        }
        return document
    }

    /// Tells what is wrong and ends with the code for it.
    func fail(_ document: ErrorDocument) throws -> Never {
        if options.json {
            FileHandle.standardOutput.write(Data(try ControlProtocol.encode(document)))
        } else {
            write(screen(for: STDERR_FILENO).lines(document), to: .standardError)
        }
        switch document.error.code {
        case .unreachable: throw Exits.unreachable
        case .notPermitted: throw Exits.notPermitted
        case .configuration: throw Exits.configuration
        case .badRequest, .unknown, .badMethod, .refused, .tooLarge, .stopping, .journal: throw Exits.refused
        }
    }

    // MARK: The terminal

    var screen: Screen { screen(for: STDOUT_FILENO) }

    var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    func screen(for descriptor: Int32) -> Screen {
        let isTerminal = isatty(descriptor) == 1
        let isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        let zones = ZoneFiles(environment: environment)
        return Screen(
            now: now, zone: { zones.zone($0) }, style: isColoured ? .ansi : .plain,
            width: isTerminal ? Self.columns(descriptor) : 120)
    }

    private static func columns(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    func write(_ lines: [String], to handle: FileHandle) {
        handle.write(Data(lines.map { $0 + "\n" }.joined().utf8))
    }

    // MARK: Times that people type

    /// The zone of this host: TZ, or /etc/localtime.
    private var localZone: Zone {
        let zones = ZoneFiles(environment: environment)
        if let name = environment["TZ"], !name.isEmpty, let zone = zones.zone(name) { return zone }
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/etc/localtime")) ?? ""
        guard let range = link.range(of: "zoneinfo/") else { return .utc }
        return zones.zone(String(link[range.upperBound...])) ?? .utc
    }

    func time(_ text: String, _ direction: TimeArgument.Direction) throws -> String {
        let zone = localZone
        guard let instant = TimeArgument.instant(text, now: now, zone: zone, direction) else {
            throw ValidationError(
                "\"\(text)\" is no time. Accepted: 2026-11-27T17:00:00+01:00, \"2026-11-27 17:00\" or 17:00 (in "
                    + "\(zone.name)), or a span such as 2h")
        }
        return instant.rfc3339
    }
}

extension String {
    /// For one component of a path, or a value of a query.
    var percentEncoded: String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
