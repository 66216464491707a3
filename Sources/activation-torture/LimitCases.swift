// Few descriptors and little address space.

import Chronology
import Foundation
import PlatformModel
import Stage

extension Cases {
    static let openFiles = TortureCase(
        name: "open-files",
        does: "deliveries with 200 descriptors, and fewer, while clients of the control socket take theirs"
    ) { run in
        var words: [String] = []
        for limit in [200, 64, 48, 32, 20, 12, 6] {
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
            try judgeRefusal("\(limit) descriptors", ending, arena, since: before)
            try arena.startAndWait()
            try arena.finish()
            return "refused"
        }
        try arena.waitUntilAnswering()
        let clients = (0..<limit).compactMap { _ in SilentClient(path: arena.controlPath) }
        let isEnough = waits(45) { arena.isDeliveredByLedger || arena.ending != nil }
        withExtendedLifetime(clients) {}
        for client in clients { client.close() }
        if !isEnough || arena.ending != nil {
            if limit >= 64 {
                throw Failure("\(limit) descriptors are enough", "\(arena.ending.map { "\($0)" } ?? "not delivered")")
            }
            arena.kill()
            try arena.startAndWait()
            try arena.finish()
            return "not enough, and nothing was lost"
        }
        try arena.finish()
        return "delivered"
    }

    private static func judgeRefusal(
        _ what: String, _ ending: ChildProcess.Ending, _ arena: Arena, since before: Int
    ) throws {
        guard case .exited(let code) = ending, code != 0 else {
            throw Failure("\(what): it works, or ends with a code and a sentence", "\(ending)")
        }
        guard arena.log.text.split(separator: "\n").last?.contains("stopped") == false else {
            throw Failure("\(what): a sentence says why it did not start", "none")
        }
    }

    static let addressSpace = TortureCase(
        name: "address-space", does: "deliveries with less and less address space"
    ) { run in
        let usual = try usualVirtualMiB(run)
        var words = ["usually \(usual) MiB"]
        for part in [125, 100, 90, 80, 60, 40, 20, 10] {
            let limit = usual * part / 100
            words.append("\(limit) MiB: \(try lives(limit, mustDeliver: part > 100, run))")
            run.progress(words.last ?? "")
        }
        return words.joined(separator: "; ")
    }

    private static func usualVirtualMiB(_ run: TortureRun) throws -> Int {
        let arena = try Arena(run.directory, "usual", seed: run.seed)
        try arena.add([CampaignText(name: "sale", at: [wallClock() + .seconds(3)], pairs: Pair.of(1, 1...80))])
        try arena.startAndWait()
        try arena.settle()
        let peak = (arena.figures?.peakVirtualKiB ?? 0) / 1024
        try arena.finish()
        return peak
    }

    /// Swift ends a process that gets no memory; what is promised then is what is promised for any death.
    private static func lives(_ limitMiB: Int, mustDeliver: Bool, _ run: TortureRun) throws -> String {
        let arena = try Arena(run.directory, "a\(limitMiB)", seed: run.seed)
        try arena.add([
            CampaignText(name: "sale", at: [wallClock() + .milliseconds(3500)], pairs: Pair.of(1, 1...80))
        ])
        try arena.startAndWait()
        try arena.stop()
        try arena.start(through: ["/usr/bin/prlimit", "--as=\(limitMiB * 1024 * 1024)", "--"])
        let isOver = waits(30) { arena.ending != nil || arena.isDelivered }
        let ending = arena.ending
        if ending == nil, isOver {
            try arena.finish()
            return "delivered"
        }
        guard !mustDeliver else {
            throw Failure("\(limitMiB) MiB are enough", ending.map { "\($0)" } ?? "not delivered within 30 s")
        }
        arena.kill()
        try arena.startAndWait()
        try arena.finish()
        return ending.map { "\($0)" } ?? "stuck"
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
