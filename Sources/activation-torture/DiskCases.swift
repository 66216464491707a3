// A state directory on a disk that is full, becomes full, or is read-only.

import Chronology
import Foundation
import PlatformModel
import Stage

/// A small file system in memory, mounted on an arena's state directory.
final class SmallDisk {
    private let directory: String
    private var filler: String { directory + "/filler" }

    /// - Throws: ``Skipped`` where this machine does not allow it.
    init(_ directory: String, sizeKiB: Int = 2048) throws {
        self.directory = directory
        guard Self.run(["/usr/bin/mount", "-t", "tmpfs", "-o", "mode=700,size=\(sizeKiB)k", "tmpfs", directory]) else {
            throw Skipped(reason: "this machine does not let us mount a small file system (it takes root)")
        }
    }

    func fill() throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        for size in [65_536, 4096, 1] {
            let bytes = [UInt8](repeating: 0x78, count: size)
            while write(descriptor, bytes, size) == size {}
        }
    }

    func free() {
        unlink(filler)
    }

    func makeReadOnly(_ isReadOnly: Bool) throws {
        guard Self.run(["/usr/bin/mount", "-o", "remount,\(isReadOnly ? "ro" : "rw")", directory]) else {
            throw Failure("the small disk is mounted anew", "mount failed")
        }
    }

    deinit {
        _ = Self.run(["/usr/bin/umount", "-l", directory])
    }

    private static func run(_ command: [String]) -> Bool {
        let process = try? ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"], log: "/dev/null")
        return process?.waitUntilEnd(seconds: 20) == .exited(0)
    }
}

extension Cases {
    static let diskFull = TortureCase(
        name: "disk-full", does: "the disk is full when campaigns fall due, and is freed later", isQuick: true
    ) { run in
        let arena = try Arena(run.directory, "a", seed: run.seed)
        let disk = try SmallDisk(arena.stateDirectory)
        let due = wallClock() + .milliseconds(3500)
        try arena.add([CampaignText(name: "sale", at: [due], pairs: Pair.of(1, 1...20))])
        try arena.startAndWait()
        try disk.fill()
        _ = waits(10) { wallClock() > due + .seconds(3) }
        guard arena.ledger.calls.isEmpty else { throw Failure("no call while the disk is full", "a call") }
        guard arena.isJournalInTrouble else {
            throw Failure("status says that the journal is in trouble", "it does not")
        }
        let seconds = try resume(arena, disk)
        try withExtendedLifetime(disk) { try arena.finish(says: says) }
        return String(format: "no call while full, the call %.1f s after it was freed", seconds)
    }

    private static let says = ["nothing is called: ", "is full", "the journal can be written again"]

    private static func resume(_ arena: Arena, _ disk: SmallDisk) throws -> Double {
        disk.free()
        let begin = Date()
        guard waits(10, { !arena.ledger.calls.isEmpty }) else {
            throw Failure("a call within 10 s after room was made", "none")
        }
        return Date().timeIntervalSince(begin)
    }

    static let diskFullInFlight = TortureCase(
        name: "disk-full-in-flight",
        does:
            "the disk fills up while calls are on the wire; half of the daemons are killed then, and started on the full disk"
    ) { run in
        try forEach(Array(0..<8), lanes: 4) { number, _ in
            try fillInFlight(number, isKilled: !number.isMultiple(of: 2), run)
        }
        return "8 times, with answers that could not be written down"
    }

    private static func fillInFlight(_ number: Int, isKilled: Bool, _ run: TortureRun) throws {
        var chance = run.chance(UInt64(number))
        let arena = try Arena(run.directory, "a\(number)", seed: chance.next()) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .delay, percent: 100, delayMilliseconds: 600)]
        }
        let disk = try SmallDisk(arena.stateDirectory)
        let due = wallClock() + .milliseconds(3000)
        try arena.add([
            CampaignText(name: "sale", at: [due], pairs: Pair.of(1, 1...5)),
            CampaignText(name: "news", at: [due + .milliseconds(400)], pairs: Pair.of(2, 1...5)),
        ])
        try arena.startAndWait()
        _ = waits(20) { !arena.ledger.calls.isEmpty }
        Thread.sleep(forTimeInterval: Double.random(in: 0...0.8, using: &chance))
        try disk.fill()
        Thread.sleep(forTimeInterval: 1.5)
        if isKilled {
            arena.kill()
            try arena.start()
            // It may find room for what it must write: a log that was folded into the journal is written anew.
            _ = waits(20) { arena.ending != nil || arena.isReady }
            if let ending = arena.ending {
                guard ending == .exited(74), arena.log.contains("is full") || arena.log.contains("No space left") else {
                    throw Failure("a start on a full disk ends with 74 and says so, or runs", "\(ending)")
                }
                disk.free()
                try arena.start()
            }
            try arena.waitUntilReady()
        }
        disk.free()
        try withExtendedLifetime(disk) { try arena.finish() }
    }

    static let diskReadOnly = TortureCase(
        name: "disk-read-only", does: "a start on a read-only disk, which is made writable later", isQuick: true
    ) { run in
        let arena = try Arena(run.directory, "a", seed: run.seed)
        let disk = try SmallDisk(arena.stateDirectory)
        try arena.add([CampaignText(name: "sale", at: [wallClock() + .milliseconds(5000)], pairs: Pair.of(1, 1...5))])
        try arena.startAndWait()
        arena.kill()
        try disk.makeReadOnly(true)
        let files = try Fingerprint(of: arena.stateDirectory)
        try arena.start()
        let ending = arena.daemon?.waitUntilEnd(seconds: 30)
        guard ending == .exited(74) else { throw Failure("exit code 74", ending.map { "\($0)" } ?? "it runs") }
        guard arena.log.contains("Read-only file system") else {
            throw Failure("the log says that the file system is read-only", "it does not")
        }
        try disk.makeReadOnly(false)
        guard try Fingerprint(of: arena.stateDirectory) == files else {
            throw Failure("nothing was changed", "files differ")
        }
        try arena.startAndWait()
        try withExtendedLifetime(disk) { try arena.finish(says: ["the last stop was not clean"]) }
        return "refused with 74, delivered once it was writable"
    }
}
