// The job queue: serial for each audience, bounded in width, draining on stop.
//
// A job names its keys (audiences). It starts when it is first in the line of each of them and a place is free; lines
// keep the order of submission. What waits is a value in a table: it can be listed and taken out, and owns no thread.
// Jobs that start are handed to Dispatch, each on the serial queue of its place. These have no target: on Linux the first
// use of a global queue costs the process a wakeup a second for ever (see LinuxShell's Rest.swift).
//
// This is the second line of defence behind the core's lanes: two jobs of one audience never run together here, whatever
// was decided.

internal import Dispatch
internal import Foundation

package final class JobQueue: @unchecked Sendable {
    // Everything below `lock` is touched with it held only. A lock of Foundation's, which the thread sanitizer
    // understands.

    package typealias Work = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

    package enum Submission: Equatable, Sendable {
        case accepted
        /// A job of that id waits or runs already.
        case duplicate
        /// The queue is draining.
        case closed
    }

    package enum Cancellation: Equatable, Sendable {
        /// It had not started, and never will.
        case taken
        case running
        case unknown
    }

    /// One job, as `list` shows it.
    package struct Entry: Equatable, Sendable {
        package var id: Int
        package var keys: [String]
        package var isRunning: Bool

        package init(id: Int, keys: [String], isRunning: Bool) {
            self.id = id
            self.keys = keys
            self.isRunning = isRunning
        }
    }

    private struct Job {
        var id: Int
        var keys: [String]
        var work: Work
        /// Lines that it is not first in.
        var blockers: Int
        var isRunning: Bool { worker != nil }
        /// Its place in `workers` while it runs.
        var worker: Int?
    }

    private let lock = NSLock()
    /// One for each place that was ever taken.
    private var workers: [DispatchQueue] = []
    private var freeWorkers: [Int] = []
    private var jobs: [Int: Job] = [:]
    private var lines: [String: Line] = [:]
    /// Jobs that are first in all of their lines and wait for a place, in the order of becoming so.
    private var ready = Line()
    private var running = 0
    private var width: Int
    private var isClosed = false
    private var onDrained: (@Sendable () -> Void)?

    /// - Parameter width: Jobs that run at a time, 1 or more.
    package init(width: Int) {
        self.width = max(1, width)
    }

    /// Puts a job in line.
    ///
    /// - Parameters:
    ///   - id: Of the caller's choice; free again once the job is done.
    ///   - keys: Each once. A job without keys waits for a place only.
    ///   - work: Called once, on a Dispatch queue. The job lasts until it calls `done`; calls after the first do nothing.
    package func submit(id: Int, keys: [String], work: @escaping Work) -> Submission {
        lock.withLock {
            if isClosed { return .closed }
            if jobs[id] != nil { return .duplicate }
            // All lines are entered under one lock: every line then sees the same order, and no two jobs can wait for
            // each other.
            let unique = Array(Set(keys))
            var blockers = 0
            for key in unique {
                if lines[key, default: Line()].append(id) > 1 { blockers += 1 }
            }
            jobs[id] = Job(id: id, keys: unique, work: work, blockers: blockers)
            if blockers == 0 { _ = ready.append(id) }
            startWhatMay()
            return .accepted
        }
    }

    /// Takes a job out that has not started.
    package func cancel(id: Int) -> Cancellation {
        lock.withLock {
            guard let job = jobs[id] else { return .unknown }
            if job.isRunning { return .running }
            ready.remove(id)
            leave(job)
            startWhatMay()
            finishDraining()
            return .taken
        }
    }

    /// What runs and what waits, by id.
    package func list() -> [Entry] {
        lock.withLock {
            jobs.values
                .map { Entry(id: $0.id, keys: $0.keys.sorted(), isRunning: $0.isRunning) }
                .sorted { $0.id < $1.id }
        }
    }

    package func setWidth(_ width: Int) {
        lock.withLock {
            self.width = max(1, width)
            startWhatMay()
        }
    }

    /// Admits nothing more, forgets what has not started, and calls back once nothing runs. Later calls replace the
    /// callback.
    package func drain(_ completion: @escaping @Sendable () -> Void) {
        lock.withLock {
            isClosed = true
            for job in jobs.values where !job.isRunning {
                ready.remove(job.id)
                leave(job)
            }
            onDrained = completion
            finishDraining()
        }
    }

    // MARK: With the lock held

    private func startWhatMay() {
        while running < width, let id = ready.first {
            ready.remove(id)
            running += 1
            let worker = freeWorker()
            jobs[id]?.worker = worker
            guard let work = jobs[id]?.work else { continue }
            workers[worker].async { work { self.done(id) } }
        }
    }

    private func freeWorker() -> Int {
        if let worker = freeWorkers.popLast() { return worker }
        workers.append(DispatchQueue(label: "job-queue \(workers.count + 1)"))
        return workers.count - 1
    }

    /// Removes a job from its lines, and lets those behind it step forward.
    private func leave(_ job: Job) {
        jobs[job.id] = nil
        for key in job.keys {
            let wasFirst = lines[key]?.first == job.id
            lines[key]?.remove(job.id)
            guard let next = lines[key]?.first else {
                lines[key] = nil
                continue
            }
            if wasFirst {
                jobs[next]?.blockers -= 1
                if jobs[next]?.blockers == 0 { _ = ready.append(next) }
            }
        }
    }

    private func finishDraining() {
        guard isClosed, running == 0, let completion = onDrained else { return }
        onDrained = nil
        let worker = freeWorker()
        freeWorkers.append(worker)
        workers[worker].async { completion() }
    }

    private func done(_ id: Int) {
        lock.withLock {
            guard let job = jobs[id], let worker = job.worker else { return }
            running -= 1
            freeWorkers.append(worker)
            leave(job)
            startWhatMay()
            finishDraining()
        }
    }
}

/// A line of ids in which the first is found, and any is removed, quickly: removed ones are skipped when they come up.
private struct Line {
    private var ids: [Int] = []
    private var head = 0
    private var removed: Set<Int> = []
    private var count = 0

    /// - Returns: How many stand in line now.
    mutating func append(_ id: Int) -> Int {
        ids.append(id)
        count += 1
        return count
    }

    var first: Int? {
        head < ids.count ? ids[head] : nil
    }

    mutating func remove(_ id: Int) {
        if first == id {
            head += 1
            count -= 1
        } else if ids[head...].contains(id), removed.insert(id).inserted {
            count -= 1
        }
        while head < ids.count, removed.remove(ids[head]) != nil { head += 1 }
        if head > 32, head * 2 > ids.count {
            ids.removeFirst(head)
            head = 0
        }
    }
}
