import Dispatch
import JobQueue
import Testing

/// Goal: whatever leaves the queue, nothing of it stays in the way, and what stood behind it goes on at once.
@Suite struct JobLineTests {
    private func entry(_ id: Int, _ keys: [String], isRunning: Bool) -> JobQueue.Entry {
        JobQueue.Entry(id: id, keys: keys, isRunning: isRunning)
    }

    private func running(_ queue: JobQueue) -> [Int] {
        queue.list().filter(\.isRunning).map(\.id)
    }

    @Test func `what runs and what waits is listed by id, each with its keys in order`() {
        let queue = JobQueue(width: 1)
        let latch = Latch()
        _ = queue.submit(id: 7, keys: ["b", "a", "c", "b"], work: latch.work(7))
        for id in [5, 9, 3, 1] { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        #expect(
            queue.list() == [
                entry(1, ["1"], isRunning: false), entry(3, ["3"], isRunning: false),
                entry(5, ["5"], isRunning: false), entry(7, ["a", "b", "c"], isRunning: true),
                entry(9, ["9"], isRunning: false),
            ])
        for id in [7, 5, 9, 3, 1] {
            latch.awaitArrivals(1)
            latch.release(id)
        }
        #expect(queue.list().isEmpty)
    }

    // It waits for a place and for nothing else, so it stands in the line of those as well.
    @Test func `a job that only waits for a place and is taken out costs no place`() throws {
        let queue = JobQueue(width: 1)
        let latch = Latch()
        for id in 1...3 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        latch.awaitArrivals(1)
        #expect(queue.cancel(id: 2) == .taken)
        latch.release(1)
        try #require(running(queue) == [3])
        latch.awaitArrivals(1)
        #expect(latch.ids == [3])
        latch.release(3)
        #expect(queue.list().isEmpty)
    }

    @Test func `what stood behind a job that is taken out steps forward at once`() throws {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        _ = queue.submit(id: 1, keys: ["a"], work: latch.work(1))
        _ = queue.submit(id: 2, keys: ["a", "b"], work: latch.work(2))
        _ = queue.submit(id: 3, keys: ["b"], work: latch.work(3))
        latch.awaitArrivals(1)
        #expect(queue.cancel(id: 2) == .taken)
        // Nothing else happens that could start it.
        try #require(running(queue) == [1, 3])
        latch.awaitArrivals(1)
        #expect(latch.ids == [1, 3])
        latch.release(1)
        latch.release(3)
    }

    @Test func `a job behind one that was taken out still waits for the one that runs`() throws {
        let queue = JobQueue(width: 4)
        let latch = Latch()
        _ = queue.submit(id: 1, keys: ["a"], work: latch.work(1))
        _ = queue.submit(id: 2, keys: ["a"], work: latch.work(2))
        latch.awaitArrivals(1)
        #expect(queue.cancel(id: 2) == .taken)
        _ = queue.submit(id: 3, keys: ["a"], work: latch.work(3))
        #expect(running(queue) == [1])
        latch.release(1)
        try #require(running(queue) == [3])
        latch.awaitArrivals(1)
        latch.release(3)
    }

    @Test func `draining forgets what waits for a place, and waits for all that run`() {
        let queue = JobQueue(width: 2)
        let latch = Latch()
        for id in 1...4 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        latch.awaitArrivals(2)
        let drained = DispatchSemaphore(value: 0)
        queue.drain { drained.signal() }
        #expect(running(queue) == [1, 2] && queue.list().count == 2)
        latch.release(1)
        #expect(drained.wait(timeout: .now()) == .timedOut)
        latch.release(2)
        #expect(drained.wait(timeout: .now() + 20) == .success)
        #expect(queue.list().isEmpty && latch.ids.isEmpty)
    }

    @Test(arguments: [0, -5])
    func `a width of nothing, or of less, is one`(width: Int) throws {
        let queue = JobQueue(width: width)
        let latch = Latch()
        for id in 1...3 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        try #require(running(queue) == [1])
        queue.setWidth(width)
        latch.awaitArrivals(1)
        latch.release(1)
        try #require(running(queue) == [2])
        latch.awaitArrivals(1)
        latch.release(2)
        latch.awaitArrivals(1)
        latch.release(3)
    }

    @Test func `a narrower width ends nothing, and counts from the next job on`() {
        let queue = JobQueue(width: 3)
        let latch = Latch()
        for id in 1...5 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        latch.awaitArrivals(3)
        queue.setWidth(1)
        #expect(running(queue) == [1, 2, 3])
        latch.release(1)
        latch.release(2)
        #expect(running(queue) == [3])
        latch.release(3)
        #expect(running(queue) == [4])
        latch.awaitArrivals(1)
        latch.release(4)
        latch.awaitArrivals(1)
        latch.release(5)
    }

    @Test func `a job that says twice that it is done gives one place back, and its id is free again`() {
        let queue = JobQueue(width: 2)
        let latch = Latch()
        let twice: JobQueue.Work = { done in
            latch.work(1)({
                done()
                done()
            })
        }
        #expect(queue.submit(id: 1, keys: ["a"], work: twice) == .accepted)
        for id in 2...4 { _ = queue.submit(id: id, keys: ["\(id)"], work: latch.work(id)) }
        latch.awaitArrivals(2)
        latch.release(1)
        #expect(running(queue) == [2, 3])
        #expect(queue.submit(id: 1, keys: ["a"], work: latch.work(1)) == .accepted)
        latch.awaitArrivals(1)
        latch.release(2)
        latch.awaitArrivals(1)
        latch.release(3)
        latch.awaitArrivals(1)
        for id in [1, 4] { latch.release(id) }
        #expect(queue.list().isEmpty)
    }
}
