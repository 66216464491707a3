// A platform that refuses, stalls, trickles, resets, redirects, and answers what is no answer.

import Chronology
import Foundation
import PlatformModel
import Stage

extension Cases {
    /// Each kind of fault is a case of its own; every kind of request is hit by it more than once.
    static let platform: [TortureCase] = Scenario.Fault.Kind.allCases.map { kind in
        TortureCase(
            name: "platform-\(kind.rawValue)", does: "every kind of request meets \(kind.rawValue), several times over",
            isQuick: [.redirect, .reset, .enormous].contains(kind)
        ) { run in try deliver(through: kind, run) }
    }

    private static let requests = ["token", "exports", "flows", "runs", "adhocrun"]
    /// Of each kind of request, after which the platform is well again.
    private static let hits = 2

    private static func deliver(through kind: Scenario.Fault.Kind, _ run: TortureRun) throws -> String {
        let stranger = try Stranger()
        let arena = try Arena(run.directory, "a", seed: run.seed) { scenario in
            scenario.faults = requests.flatMap { request in
                (1...hits).map { number in
                    .init(
                        request: request, kind: kind, number: number, delayMilliseconds: 2500, location: stranger.url)
                }
            }
        }
        let due = wallClock() + .milliseconds(2500)
        try arena.add(
            (0..<3).map { number in
                CampaignText(
                    name: "c\(number)", at: [due + .milliseconds(number * 500)],
                    pairs: Pair.of(number + 1, (number * 5 + 1)...(number * 5 + 5)))
            })
        try arena.startAndWait()
        try arena.finish(says: sentences(kind))
        guard stranger.connections == 0 else {
            throw Failure("no other origin hears from the daemon", "\(stranger.connections) connections")
        }
        return "15 deliveries, \(arena.ledger.total) requests"
    }

    /// What an admin reads at the usual level of the log.
    private static func sentences(_ kind: Scenario.Fault.Kind) -> [String] {
        let question = "the platform's "
        return switch kind {
        case .lostAnswer, .lostRequest: [question, "in doubt: ", "the connection was closed"]
        case .delay, .stall, .trickle: [question, "in doubt: ", "no answer within request_timeout"]
        case .reset: [question, "in doubt: "]
        case .enormous, .huge: [question, "in doubt: ", "the answer is larger than response_bytes"]
        case .throttled, .throttledWithRetryAfter: [question, "429"]
        case .serverError, .badGateway, .garbage, .html, .truncated, .nested: [question, "in doubt: "]
        case .redirect: [question, "307"]
        case .revokedToken: []
        }
    }
}

/// Another origin: accepts connections and counts them. Nothing of the daemon may ever arrive here.
final class Stranger: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    private let listener: Int32
    let port: Int

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard isBound else { throw Failure("a port for another origin", "none") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                lock.withLock { count += 1 }
                close(connection)
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var connections: Int { lock.withLock { count } }
}
