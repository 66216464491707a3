// The job queue beside what it stands on and what it could be replaced by, interleaved in one run.
//
// All do 100,000 short jobs for 10,000 audiences. What each of them promises differs, and is checked after each round:
// no job lost, and where there are lines, the jobs of an audience one at a time and in order.

import Foundation
import JobQueue
import Stage

enum QueueBench {
    fileprivate static let jobs = 100_000
    fileprivate static let audiences = 10_000
    private static let rounds = 7
    /// Places in the job queue, and threads of the lock's table.
    private static let width = 4
    fileprivate static let keys = (0..<audiences).map { "prod/\($0)" }

    private struct Contender {
        var name: String
        /// Does all jobs, and returns when they are done.
        var run: (Work) -> Void
    }

    static func lines() throws -> [String] {
        let contenders = [
            Contender(name: "JobQueue, width \(width)", run: jobQueue),
            Contender(name: "Dispatch, one concurrent queue (no lines, no bound)", run: concurrentQueue),
            Contender(name: "Dispatch, a serial queue for each audience (no bound)", run: serialQueues),
            Contender(name: "a lock and a table of lines, \(width) threads", run: lockedLines),
        ]
        var times = [[Double]](repeating: [], count: contenders.count)
        for round in 0..<rounds {
            // Each begins a round in its turn: none always runs after the same other one.
            for offset in contenders.indices {
                let index = (round + offset) % contenders.count
                times[index].append(try seconds(contenders[index]))
            }
        }
        var table = Table(["", "jobs/s, median", "slowest", "fastest", "ns a job"])
        for (contender, times) in zip(contenders, times) {
            let sorted = times.sorted()
            let median = sorted[sorted.count / 2]
            table.add([
                contender.name, thousands(median), thousands(sorted[sorted.count - 1]), thousands(sorted[0]),
                "\(Int(median * 1e9) / jobs)",
            ])
        }
        return ["Job queue: \(jobs) short jobs for \(audiences) audiences, \(rounds) rounds in turn"] + table.lines
    }

    private static func thousands(_ seconds: Double) -> String {
        "\(Int(Double(jobs) / seconds / 1000)) k"
    }

    private static func seconds(_ contender: Contender) throws -> Double {
        let work = Work()
        let begin = DispatchTime.now().uptimeNanoseconds
        contender.run(work)
        let end = DispatchTime.now().uptimeNanoseconds
        try work.check(contender.name)
        return Double(end - begin) / 1e9
    }

    // MARK: The contenders

    private static func jobQueue(_ work: Work) {
        let queue = JobQueue(width: width)
        let group = DispatchGroup()
        for job in 0..<jobs {
            group.enter()
            _ = queue.submit(id: job, keys: [keys[job % audiences]]) { done in
                work.runInLine(job)
                done()
                group.leave()
            }
        }
        group.wait()
    }

    private static func concurrentQueue(_ work: Work) {
        let queue = DispatchQueue(label: "all", attributes: .concurrent, target: .global())
        let group = DispatchGroup()
        for job in 0..<jobs { queue.async(group: group) { work.run(job) } }
        group.wait()
    }

    private static func serialQueues(_ work: Work) {
        let queues = keys.map { DispatchQueue(label: $0, target: .global()) }
        let group = DispatchGroup()
        for job in 0..<jobs { queues[job % audiences].async(group: group) { work.runInLine(job) } }
        group.wait()
    }

    private static func lockedLines(_ work: Work) {
        let lines = LockedLines()
        let group = DispatchGroup()
        for _ in 0..<width {
            group.enter()
            Thread {
                lines.serve { work.runInLine($0) }
                group.leave()
            }.start()
        }
        for job in 0..<jobs { lines.submit(job, keys[job % audiences]) }
        lines.close()
        group.wait()
    }
}

/// What the jobs do: something that a lost job and a wrong order show in.
private final class Work: @unchecked Sendable {
    // A job writes its own mark; what is kept for an audience is touched by its jobs only, which run one at a time.
    private let marks = UnsafeMutablePointer<UInt8>.allocate(capacity: QueueBench.jobs)
    private let newest = UnsafeMutablePointer<Int>.allocate(capacity: QueueBench.audiences)
    private let disorder = UnsafeMutablePointer<Int>.allocate(capacity: QueueBench.audiences)

    init() {
        marks.initialize(repeating: 0, count: QueueBench.jobs)
        newest.initialize(repeating: -1, count: QueueBench.audiences)
        disorder.initialize(repeating: 0, count: QueueBench.audiences)
    }

    deinit {
        marks.deallocate()
        newest.deallocate()
        disorder.deallocate()
    }

    func run(_ job: Int) {
        marks[job] &+= 1
    }

    func runInLine(_ job: Int) {
        run(job)
        let audience = job % QueueBench.audiences
        if newest[audience] >= job { disorder[audience] += 1 }
        newest[audience] = job
    }

    func check(_ name: String) throws {
        let wrong = (0..<QueueBench.jobs).count { marks[$0] != 1 }
        let disordered = (0..<QueueBench.audiences).reduce(0) { $0 + disorder[$1] }
        guard wrong == 0, disordered == 0 else {
            throw StageFailure("\(name): \(wrong) jobs not done once, \(disordered) out of order")
        }
    }
}

/// What one would write without Dispatch: a lock, a line for each audience, and threads that take from the lines.
private final class LockedLines: @unchecked Sendable {
    // Everything is touched with `condition` locked only.
    private let condition = NSCondition()
    /// What waits for an audience; present while one of its jobs waits or runs.
    private var lines: [String: [Int]] = [:]
    /// Audiences whose first job may start, in order from `head`.
    private var ready: [String] = []
    private var head = 0
    private var isClosed = false

    func submit(_ job: Int, _ audience: String) {
        condition.lock()
        defer { condition.unlock() }
        if lines[audience] != nil {
            lines[audience]?.append(job)
        } else {
            lines[audience] = [job]
            ready.append(audience)
            condition.signal()
        }
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Takes jobs until the table is closed and nothing is ready any more.
    func serve(_ body: (Int) -> Void) {
        condition.lock()
        defer { condition.unlock() }
        while let audience = nextAudience() {
            guard let job = lines[audience]?.removeFirst() else { continue }
            condition.unlock()
            body(job)
            condition.lock()
            if lines[audience]?.isEmpty == true { lines[audience] = nil } else { ready.append(audience) }
        }
    }

    private func nextAudience() -> String? {
        while head == ready.count {
            if isClosed { return nil }
            condition.wait()
        }
        head += 1
        return ready[head - 1]
    }
}
