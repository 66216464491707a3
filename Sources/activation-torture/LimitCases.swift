// Few descriptors and little address space.

import Chronology
import Foundation
import PlatformModel
import Stage

extension Cases {
    /// The least with which the daemon starts; it says so where there is less.
    private static let leastDescriptors = 64

    static let openFiles = TortureCase(
        name: "open-files",
        does: "deliveries with 200 descriptors, and fewer, while clients of the control socket take theirs"
    ) { run in
        var words: [String] = []
        for limit in [200, 64, 63, 12, 6] {
            words.append("\(limit): \(try delivers(limit, run))")
            run.progress(words.last ?? "")
        }
        return words.joined(separator: "; ")
    }

    private static func delivers(_ limit: Int, _ run: TortureRun) throws -> String {
        let arena = try Arena(run.directory, "n\(limit)", seed: run.seed)
        try arena.add(
            (0..<8).map { number in
                CampaignText(
                    name: "c\(number)", at: [wallClock() + .milliseconds(4000 + 100 * number)],
                    pairs: Pair.of(number % 6 + 1, (number * 6 + 1)...(number * 6 + 6)))
            })
        // Known to a daemon without a limit, so that all is owed whatever happens to the next.
        try arena.startAndWait()
        try arena.stop()
        let before = arena.log.count(of: "ready: ")
        try arena.start(through: ["/usr/bin/prlimit", "--nofile=\(limit)", "--"])
        guard waits(Bounds.startSeconds, { arena.log.count(of: "ready: ") > before || arena.ending != nil }) else {
            throw Failure("\(limit) descriptors: it is ready or ends", "neither")
        }
        if let ending = arena.ending {
            guard limit < leastDescriptors, ending == .exited(71) else {
                throw Failure("\(limit) descriptors: they are enough, or exit code 71", "\(ending)")
            }
            try arena.startAndWait()
            try arena.finish(says: ["may open \(limit) files; at least \(leastDescriptors) are needed"])
            return "refused in words"
        }
        try arena.waitUntilAnswering()
        let clients = (0..<limit).compactMap { _ in SilentClient(path: arena.controlPath) }
        let isEnough = waits(45) { arena.isDeliveredByLedger || arena.ending != nil }
        withExtendedLifetime(clients) {}
        for client in clients { client.close() }
        guard isEnough, arena.ending == nil else {
            throw Failure("\(limit) descriptors are enough", arena.ending.map { "\($0)" } ?? "not delivered")
        }
        try arena.finish()
        return "delivered"
    }

    private static let leastMiB = 512

    static let addressSpace = TortureCase(
        name: "address-space", does: "deliveries with little address space, and starts with too little"
    ) { run in
        let arena = try limitedArena(run, "enough", through: leastMiB)
        try arena.settle()
        let peak = (arena.figures?.peakVirtualKiB ?? 0) / 1024
        try arena.finish()
        for limit in [leastMiB - 1, 256, 128] {
            let arena = try limitedArena(run, "a\(limit)", through: limit)
            guard arena.daemon?.waitUntilEnd(seconds: 30) == .exited(71) else {
                throw Failure("\(limit) MiB: exit code 71", arena.ending.map { "\($0)" } ?? "it runs")
            }
            try arena.startAndWait()
            try arena.finish(says: ["MiB of address space; at least \(leastMiB) MiB are needed"])
        }
        return "delivered with \(leastMiB) MiB, of which it took \(peak); refused in words with less"
    }

    private static func limitedArena(_ run: TortureRun, _ name: String, through limitMiB: Int) throws -> Arena {
        let arena = try Arena(run.directory, name, seed: run.seed)
        try arena.add([
            CampaignText(name: "sale", at: [wallClock() + .milliseconds(3500)], pairs: Pair.of(1, 1...80)),
            CampaignText(name: "news", at: [wallClock() + .milliseconds(3600)], pairs: Pair.of(2, 41...200)),
        ])
        // Known to a daemon without a limit, so that all is owed whatever happens to the next.
        try arena.startAndWait()
        try arena.stop()
        let limit = ["/usr/bin/prlimit", "--as=\(limitMiB * 1024 * 1024)", "--"]
        if limitMiB < leastMiB { try arena.start(through: limit) } else { try arena.startAndWait(through: limit) }
        return arena
    }
}

extension Arena {
    var isDeliveredByLedger: Bool {
        ledger.deliveries.reduce(0) { $0 + $1.succeeded } >= owed.values.reduce(0, +)
    }

    func waitUntilAnswering() throws {
        guard waits(20, { status() != nil || ending != nil }), ending == nil else {
            throw Failure("the control socket answers", "it does not")
        }
        adoptFigures()
    }
}
