// Journals that were cut, or of which a bit was flipped, after a death and after a clean stop: the daemon starts with what
// was committed, or it refuses with a sentence and leaves the files as they are.

import Chronology
import Foundation
import PlatformModel
import Stage

/// The bytes of a journal, to see whether they are still the same.
struct Fingerprint: Equatable {
    private let files: [String: Data]

    init(of directory: String) throws {
        var files: [String: Data] = [:]
        for name in ["journal.sqlite", "journal.sqlite-wal"] {
            let bytes = try? Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
            files[name] = bytes?.isEmpty == false ? bytes : nil  // SQLite makes an empty log when it only looks
        }
        self.files = files
    }
}

extension Cases {
    static let journalAfterKill = TortureCase(
        name: "journal-damaged-after-kill", does: "the journal of a killed daemon is cut and bits of it are flipped",
        isQuick: true
    ) { run in try damage(run, isClean: false) }

    static let journalAfterStop = TortureCase(
        name: "journal-damaged-after-stop", does: "the journal of a stopped daemon is cut and bits of it are flipped",
        isQuick: true
    ) { run in try damage(run, isClean: true) }

    private static let campaigns = 12

    private static func damage(_ run: TortureRun, isClean: Bool) throws -> String {
        var chance = run.chance()
        let arena = try Arena(run.directory, "a", seed: chance.next())
        let due = wallClock() + .milliseconds(2500)
        try arena.add(
            (0..<campaigns).map { number in
                CampaignText(
                    name: "c\(number)", at: [due + .milliseconds(number * 40)],
                    pairs: Pair.of(number % 3 + 1, (number * 3 + 1)...(number * 3 + 3)))
            })
        try arena.startAndWait()
        try arena.settle()
        if isClean { try arena.stop() } else { arena.kill() }
        let damages = Damage.several(run.isBrief ? 12 : 150, of: arena.stateDirectory, &chance)
        let (refused, started) = (Counter(), Counter())
        // Each lane has its own runtime directory and the one platform, which must not hear of any of them.
        for damage in damages {
            if try isRefused(damage, arena) { refused.add() } else { started.add() }
        }
        try arena.judgeLedger()
        arena.close()
        return "\(damages.count) damaged journals: \(refused.count) refused in words and left as they were, "
            + "\(started.count) started with all that was committed"
    }

    private static func isRefused(_ damage: Damage, _ arena: Arena) throws -> Bool {
        let copy = arena.directory + "/copy"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: arena.stateDirectory, toPath: copy)
        try damage.apply(to: copy)
        let before = try Fingerprint(of: copy)
        let said = arena.log.text.count
        try arena.start(state: copy)
        _ = waits(Bounds.startSeconds) {
            arena.ending != nil || arena.log.text.dropFirst(said).contains("ready: ")
        }
        if let ending = arena.ending {
            let words = arena.log.text.dropFirst(said)
            guard ending == .exited(74), words.contains("damaged") || words.contains("not a journal") else {
                throw Failure("\(damage): exit code 74 and a sentence", "\(ending): \(words.suffix(300))")
            }
            guard try Fingerprint(of: copy) == before else {
                throw Failure("\(damage): a refused journal stays as it is", "it was changed")
            }
            return true
        }
        try judgeFold(damage, arena)
        arena.kill()
        return false
    }

    /// Every campaign is known to have ended well, and none goes out again.
    private static func judgeFold(_ damage: Damage, _ arena: Arena) throws {
        let calls = arena.ledger.calls.count
        guard waits(10, { arena.succeededCampaigns == campaigns }) else {
            throw Failure(
                "\(damage): \(campaigns) campaigns are known to have succeeded", "\(arena.succeededCampaigns)")
        }
        Thread.sleep(forTimeInterval: 0.3)
        guard arena.ledger.calls.count == calls else {
            throw Failure("\(damage): nothing is sent again", "a call")
        }
        if let ending = arena.ending { throw Failure("\(damage): it goes on", "\(ending)") }
    }
}

/// Something that happened to a file of a journal.
struct Damage: CustomStringConvertible {
    enum Kind {
        case cut(to: Int)
        case flip(offset: Int, bit: Int)
        case zeros(offset: Int, count: Int)
    }

    var file: String
    var kind: Kind

    var description: String {
        switch kind {
        case .cut(let length): "\(file) cut to \(length) bytes"
        case .flip(let offset, let bit): "bit \(bit) of byte \(offset) of \(file) flipped"
        case .zeros(let offset, let count): "\(count) bytes of zeros at \(offset) of \(file)"
        }
    }

    static func several(_ count: Int, of directory: String, _ chance: inout SeededChance) -> [Damage] {
        let files = ["journal.sqlite", "journal.sqlite-wal"].compactMap { name -> (String, Int)? in
            let size = (try? FileManager.default.attributesOfItem(atPath: directory + "/" + name)[.size] as? Int) ?? 0
            return size > 0 ? (name, size) : nil
        }
        return (0..<count).map { number in
            let (name, size) = files[number % files.count]
            let offset = Int.random(in: 0..<size, using: &chance)
            return switch number % 5 {
            case 0: Damage(file: name, kind: .cut(to: [offset, offset / 4096 * 4096, offset % 512][number / 5 % 3]))
            case 1: Damage(file: name, kind: .zeros(offset: offset, count: min(4096, size - offset)))
            default: Damage(file: name, kind: .flip(offset: offset, bit: Int.random(in: 0...7, using: &chance)))
            }
        }
    }

    func apply(to directory: String) throws {
        let url = URL(fileURLWithPath: directory + "/" + file)
        var bytes = try Data(contentsOf: url)
        switch kind {
        case .cut(let length): bytes = bytes.prefix(length)
        case .flip(let offset, let bit): bytes[offset] ^= 1 << UInt8(bit)
        case .zeros(let offset, let count):
            bytes.replaceSubrange(offset..<offset + count, with: [UInt8](repeating: 0, count: count))
        }
        try bytes.write(to: url)
    }
}
