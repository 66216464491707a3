// A storm of SIGHUP, SIGTERM during calls, and many daemons that start at once.

import Chronology
import Foundation
import PlatformModel
import Stage

extension Cases {
    /// One reload at once, one for each second of the storm, and one after it.
    private static func reloadLimit(_ seconds: Double) -> Int { 2 + Int(seconds.rounded(.up)) }
    private static let stormMiB = 32

    static let signalStorm = TortureCase(
        name: "signal-storm", does: "a thousand SIGHUP in a second while campaigns are delivered, then SIGTERM",
        isQuick: true, isAlone: true
    ) { run in
        let arena = try Arena(run.directory, "a", seed: run.seed)
        let due = wallClock() + .milliseconds(3000)
        try arena.add(
            (0..<10).map { number in
                CampaignText(
                    name: "c\(number)", at: [due + .milliseconds(number * 200)],
                    pairs: Pair.of(number % 6 + 1, (number * 8 + 1)...(number * 8 + 8)))
            })
        try arena.startAndWait()
        _ = waits(10) { wallClock() > due + .milliseconds(300) }
        let before = arena.figures?.residentKiB ?? 0
        let reloads = arena.log.count(of: "is in use (digest")
        let begin = Date()
        for _ in 1...1000 {
            arena.daemon?.signal(SIGHUP)
            usleep(900)
        }
        let seconds = Date().timeIntervalSince(begin)
        let grown = ((arena.figures?.residentKiB ?? 0) - before) / 1024
        Thread.sleep(forTimeInterval: 2.5)
        let counted = arena.log.count(of: "is in use (digest") - reloads
        guard counted >= 1, counted <= reloadLimit(seconds) else {
            throw Failure("1 to \(reloadLimit(seconds)) reloads for 1,000 SIGHUP", "\(counted)")
        }
        // The deliveries go on meanwhile and take their own share.
        guard grown <= stormMiB else { throw Failure("at most \(stormMiB) MiB more", "\(grown) MiB") }
        try arena.settle()
        for _ in 1...200 { arena.daemon?.signal(SIGHUP) }
        try arena.finish(says: ["reloaded: nothing has changed"])
        return "\(counted) reloads for 1,000 signals, \(grown) MiB more, SIGTERM obeyed"
    }

    static let stopDuringCall = TortureCase(
        name: "stop-during-call", does: "SIGTERM at random moments while answers are late or never come", isQuick: true
    ) { run in
        let rounds = run.isBrief ? 3 : 24
        try forEach(Array(0..<rounds), lanes: 3) { number, _ in try stop(number, run) }
        return "\(rounds) stops, each within request_timeout + 5 s, none sent twice, none lost"
    }

    private static func stop(_ number: Int, _ run: TortureRun) throws {
        var chance = run.chance(UInt64(number))
        let arena = try Arena(run.directory, "s\(number)", seed: chance.next()) { scenario in
            scenario.faults = [
                .init(request: "adhocrun", kind: .stall, percent: 25),
                .init(request: "adhocrun", kind: .delay, percent: 80, delayMilliseconds: 900),
            ]
        }
        let due = wallClock() + .milliseconds(2500)
        try arena.add([
            CampaignText(name: "sale", at: [due], pairs: Pair.of(1, 1...5)),
            CampaignText(name: "news", at: [due + .milliseconds(300)], pairs: Pair.of(2, 4...9)),
        ])
        try arena.startAndWait()
        for _ in 1...3 {
            _ = waits(6) { wallClock() > due }
            Thread.sleep(forTimeInterval: Double.random(in: 0...1.5, using: &chance))
            // request_timeout is 2 s; 5 s more is what the daemon gives itself.
            try arena.stop(seconds: 8)
            try arena.startAndWait()
        }
        arena.changePlatform { model, now in model.heal(at: now) }
        try arena.finish(says: ["stopped"])
    }

    static let manyStarts = TortureCase(
        name: "many-starts", does: "many daemons start at once on one state directory: one runs, the others name it",
        isQuick: true
    ) { run in
        let (rounds, count) = (run.isBrief ? 3 : 20, 12)
        let arena = try Arena(run.directory, "a", seed: run.seed)
        try arena.add([CampaignText(name: "sale", at: [wallClock() + .seconds(4)], pairs: Pair.of(1, 1...5))])
        try arena.startAndWait()
        arena.kill()
        for round in 1...rounds { try startTogether(count, round, arena) }
        try arena.startAndWait()
        try arena.finish()
        return "\(rounds) times \(count) daemons: one ran each time, the others ended with 75 and its PID"
    }

    private static func startTogether(_ count: Int, _ round: Int, _ arena: Arena) throws {
        let daemons = try (0..<count).map { number in
            // Every second one has a control socket of its own, so that only the state directory is shared.
            let log = arena.directory + "/log-\(round)-\(number)"
            let runtime = number.isMultiple(of: 2) ? "run" : "run-\(number)"
            return (
                process: try ChildProcess(
                    arena.command(runtime: runtime), environment: ArenaSettings.environment, log: log), log: log
            )
        }
        _ = waits(30) { daemons.count { $0.process.ending == nil } <= 1 }
        let living = daemons.filter { $0.process.ending == nil }
        guard living.count == 1 else { throw Failure("one daemon of \(count) runs", "\(living.count)") }
        let pid = living[0].process.pid
        for daemon in daemons where daemon.process.pid != pid {
            let words = LogText(path: daemon.log)
            guard daemon.process.ending == .exited(75),
                words.contains("PID \(pid)") || words.contains("another activationd")
            else {
                throw Failure(
                    "exit code 75 and the PID \(pid)",
                    "\(daemon.process.ending.map { "\($0)" } ?? ""): \(words.text.suffix(200))")
            }
            unlink(daemon.log)
        }
        living[0].process.signal(SIGKILL)
        _ = living[0].process.waitUntilEnd(seconds: 10)
    }
}
