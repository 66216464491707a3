import Dispatch
import Foundation
import JobQueue
import Testing

/// What jobs did, in order. Its lock is one that the thread sanitizer understands.
final class Notebook: @unchecked Sendable {
    private let lock = NSLock()
    private var started: [String: [Int]] = [:]
    private var inFlight: [String: Int] = [:]
    private(set) var violations = 0
    private var widest = 0
    private var running = 0
    private var finished = 0
    let all = DispatchGroup()

    func begin(_ id: Int, _ keys: [String]) {
        lock.withLock {
            running += 1
            widest = max(widest, running)
            for key in keys {
                started[key, default: []].append(id)
                inFlight[key, default: 0] += 1
                if inFlight[key] != 1 { violations += 1 }
            }
        }
    }

    func end(_ keys: [String]) {
        lock.withLock {
            running -= 1
            finished += 1
            for key in keys { inFlight[key]! -= 1 }
        }
    }

    var order: [String: [Int]] { lock.withLock { started } }
    var count: Int { lock.withLock { finished } }
    var width: Int { lock.withLock { widest } }
    var overlaps: Int { lock.withLock { violations } }
}

/// Holds jobs until the test lets them go.
final class Latch: @unchecked Sendable {
    private let lock = NSLock()
    private var held: [Int: @Sendable () -> Void] = [:]
    private let arrivals = DispatchSemaphore(value: 0)

    func work(_ id: Int) -> JobQueue.Work {
        { done in
            self.lock.withLock { self.held[id] = done }
            self.arrivals.signal()
        }
    }

    func awaitArrivals(_ count: Int) {
        for _ in 0..<count { #expect(arrivals.wait(timeout: .now() + 60) == .success) }
    }

    func release(_ id: Int) {
        lock.withLock { held.removeValue(forKey: id) }?()
    }

    var ids: [Int] { lock.withLock { held.keys.sorted() } }
}

/// Goal: two jobs of one audience never run together, lines keep their order, and no job is lost.
@Suite struct JobQueueTests {
    @Test func `jobs of one key run one after the other, others beside them`() {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        #expect(queue.submit(id: 1, keys: ["a"], work: latch.work(1)) == .accepted)
        #expect(queue.submit(id: 2, keys: ["a"], work: latch.work(2)) == .accepted)
        #expect(queue.submit(id: 3, keys: ["b"], work: latch.work(3)) == .accepted)
        latch.awaitArrivals(2)
        #expect(latch.ids == [1, 3])
        latch.release(1)
        latch.awaitArrivals(1)
        #expect(latch.ids == [2, 3])
        latch.release(2)
        latch.release(3)
    }

    @Test func `a job with several keys waits for all of them and holds all of them`() {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        _ = queue.submit(id: 1, keys: ["a"], work: latch.work(1))
        _ = queue.submit(id: 2, keys: ["a", "b"], work: latch.work(2))
        _ = queue.submit(id: 3, keys: ["b"], work: latch.work(3))
        latch.awaitArrivals(1)
        #expect(queue.list().filter(\.isRunning).map(\.id) == [1])
        latch.release(1)
        latch.awaitArrivals(1)
        #expect(latch.ids == [2])
        latch.release(2)
        latch.awaitArrivals(1)
        #expect(latch.ids == [3])
        latch.release(3)
    }

    @Test func `no more jobs run at a time than the width, which can be changed`() {
        let queue = JobQueue(width: 2)
        let latch = Latch()
        for id in 1...5 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        latch.awaitArrivals(2)
        #expect(queue.list().count(where: \.isRunning) == 2)
        queue.setWidth(4)
        latch.awaitArrivals(2)
        #expect(latch.ids == [1, 2, 3, 4])
        for id in 1...4 { latch.release(id) }
        latch.awaitArrivals(1)
        latch.release(5)
    }

    @Test func `a job that waits can be taken out, and one that runs can not`() {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        for id in 1...3 { _ = queue.submit(id: id, keys: ["a"], work: latch.work(id)) }
        latch.awaitArrivals(1)
        #expect(queue.cancel(id: 2) == .taken)
        #expect(queue.cancel(id: 1) == .running)
        #expect(queue.cancel(id: 9) == .unknown)
        latch.release(1)
        latch.awaitArrivals(1)
        #expect(latch.ids == [3])
        latch.release(3)
    }

    @Test func `a second job of an id that is there is refused`() {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        _ = queue.submit(id: 1, keys: ["a"], work: latch.work(1))
        #expect(queue.submit(id: 1, keys: ["b"], work: latch.work(1)) == .duplicate)
        latch.awaitArrivals(1)
        latch.release(1)
    }

    @Test func `draining waits for what runs and forgets what waits`() {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        _ = queue.submit(id: 1, keys: ["a"], work: latch.work(1))
        _ = queue.submit(id: 2, keys: ["a"], work: latch.work(2))
        latch.awaitArrivals(1)
        let drained = DispatchSemaphore(value: 0)
        queue.drain { drained.signal() }
        #expect(queue.submit(id: 3, keys: ["b"], work: latch.work(3)) == .closed)
        #expect(drained.wait(timeout: .now()) == .timedOut)
        latch.release(1)
        #expect(drained.wait(timeout: .now() + 60) == .success)
        #expect(queue.list().isEmpty)
        #expect(latch.ids.isEmpty)
    }

    @Test func `ten thousand audiences and a hundred thousand jobs keep their order, and none is lost`() {
        let queue = JobQueue(width: 8)
        let notebook = Notebook()
        let submitters = 4
        let jobsEach = 25_000
        DispatchQueue.concurrentPerform(iterations: submitters) { submitter in
            var generator = UInt64(submitter + 1)
            func next(_ bound: UInt64) -> Int {
                generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int((generator >> 33) % bound)
            }
            for number in 0..<jobsEach {
                let id = submitter * jobsEach + number
                // Keys of this submitter's own, so that its order of submission is the order that must be kept, and one
                // that all share.
                let keys = ["\(submitter)-\(next(2500))", "\(submitter)-\(next(2500))", "shared-\(next(2500))"]
                let distinct = Array(Set(keys))
                notebook.all.enter()
                let submission = queue.submit(id: id, keys: distinct) { done in
                    notebook.begin(id, distinct)
                    notebook.end(distinct)
                    done()
                    notebook.all.leave()
                }
                if submission != .accepted { notebook.all.leave() }
            }
        }
        #expect(notebook.all.wait(timeout: .now() + 120) == .success)
        #expect(notebook.count == submitters * jobsEach)
        #expect(notebook.overlaps == 0)
        #expect(notebook.width <= 8)
        for (key, ids) in notebook.order where !key.hasPrefix("shared") {
            #expect(ids == ids.sorted(), "the order of \(key)")
        }
    }
}
