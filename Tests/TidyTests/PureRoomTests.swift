import Foundation
import Testing

/// Goal: the pure rooms stay pure, so that virtual time and replays tell the truth.
@Suite struct PureRoomTests {
    static let rooms = [
        "Chronology", "SchedulerCore", "CampaignConfig", "ActivationAPI", "Journal", "PlatformModel",
        "ControlProtocol", "Reports", "Planning", "Presentation", "Simulation",
    ]

    /// What is not allowed, and what takes its place.
    static let banned: [(call: String, instead: String)] = [
        ("Date(", "the `now` that comes in"), ("Date.now", "the `now` that comes in"),
        ("ContinuousClock", "the `now` that comes in"), ("SuspendingClock", "the `now` that comes in"),
        ("clock_gettime", "the `now` that comes in"), ("DispatchTime", "the `now` that comes in"),
        (".random(", "a hash of what is decided, or a seeded value"), ("SystemRandom", "a seeded value"),
        ("UUID()", "an id that is counted up"), (".shuffled()", "a sorted order"),
        ("Hasher()", "`StableHash`"), (".hashValue", "`StableHash`"),
        ("Task.sleep", "an instant at which to be woken"), ("Task {", "an effect"), ("DispatchQueue", "an effect"),
        ("FileManager", "bytes that come in"), ("FileHandle", "bytes that come in"),
        ("ProcessInfo", "a value that comes in"), ("getenv", "a value that comes in"),
        ("URLSession", "an effect"), ("NSLock", "a value"), ("Mutex", "a value"), ("print(", "a record"),
        ("import Foundation\n", "import FoundationEssentials, or none"), ("import Dispatch", "an effect"),
        ("import Glibc", "a value that comes in"),
    ]

    @Test(arguments: rooms)
    func `a pure room reads no clock, draws nothing, opens nothing and waits for nothing`(room: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = root.appendingPathComponent("Sources/\(room)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter {
            $0.hasSuffix(".swift")
        }
        #expect(!names.isEmpty)
        for name in names {
            let text = try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
            let code = text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.drop { $0 == " " }.hasPrefix("//") ? "" : String($0) }.joined(separator: "\n")
            for rule in Self.banned where code.contains(rule.call) {
                Issue.record("\(room)/\(name) uses \(rule.call.trimmingCharacters(in: .newlines)); use \(rule.instead)")
            }
        }
    }
}
