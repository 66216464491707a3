// The job queue beside what it stands on and what it could be replaced by, interleaved in one run.
//
// All three do 100,000 short jobs for 10,000 audiences and never two of one audience at once. Bare Dispatch has a serial
// queue for each audience: no bound on width, nothing that can be listed or cancelled. The lock has one lock for each
// audience, taken by as many threads as there are cores: no order within an audience.

import Foundation
import JobQueue

enum QueueBench {
    private static let jobs = 100_000
    private static let audiences = 10_000
    private static let rounds = 7

    static func lines() -> [String] {
        let contenders: [(String, () -> Double)] = [
            ("job queue, width 4", jobQueue), ("a Dispatch queue for each audience", bareDispatch),
            ("a lock for each audience", locks),
        ]
        var times: [String: [Double]] = [:]
        for _ in 0..<rounds {
            for (name, run) in contenders { times[name, default: []].append(run()) }
        }
        let rows = contenders.map { name, _ -> String in
            let sorted = (times[name] ?? []).sorted()
            let median = sorted[sorted.count / 2]
            return "  \(name.padding(toLength: 38, withPad: " ", startingAt: 0))"
                + "\(Int(Double(jobs) / median / 1000)) thousand jobs/s (\(rounds) rounds: "
                + "\(Int(Double(jobs) / sorted[sorted.count - 1] / 1000)) to \(Int(Double(jobs) / sorted[0] / 1000)))"
        }
        return ["Throughput: \(jobs) short jobs for \(audiences) audiences, serial for each audience"] + rows
    }

    /// What a job does: something that a wrong order or a lost job would show in.
    private final class Work: @unchecked Sendable {
        private let counts = UnsafeMutablePointer<Int>.allocate(capacity: QueueBench.audiences)

        init() {
            counts.initialize(repeating: 0, count: QueueBench.audiences)
        }

        func run(_ job: Int) {
            counts[job % QueueBench.audiences] += 1
        }

        deinit {
            let total = (0..<QueueBench.audiences).reduce(0) { $0 + counts[$1] }
            precondition(total == QueueBench.jobs, "jobs were lost: \(total)")
            counts.deallocate()
        }
    }

    private static func seconds(_ body: () -> Void) -> Double {
        let begin = DispatchTime.now().uptimeNanoseconds
        body()
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    }

    private static func jobQueue() -> Double {
        let work = Work()
        let keys = (0..<audiences).map { ["prod/\($0)"] }
        return seconds {
            let queue = JobQueue(width: 4)
            let group = DispatchGroup()
            for job in 0..<jobs {
                group.enter()
                _ = queue.submit(id: job, keys: keys[job % audiences]) { done in
                    work.run(job)
                    done()
                    group.leave()
                }
            }
            group.wait()
        }
    }

    private static func bareDispatch() -> Double {
        let work = Work()
        return seconds {
            let queues = (0..<audiences).map { DispatchQueue(label: "audience \($0)", target: .global()) }
            let group = DispatchGroup()
            for job in 0..<jobs { queues[job % audiences].async(group: group) { work.run(job) } }
            group.wait()
        }
    }

    private static func locks() -> Double {
        let work = Work()
        return seconds {
            let locks = (0..<audiences).map { _ in NSLock() }
            DispatchQueue.concurrentPerform(iterations: jobs) { job in
                locks[job % audiences].withLock { work.run(job) }
            }
        }
    }
}
