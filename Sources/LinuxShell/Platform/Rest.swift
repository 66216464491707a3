// Waiting without a thread of Dispatch.
//
// Once anything runs on one of Dispatch's global queues, libdispatch on Linux looks at its thread pool once a second for
// the rest of the process's life (`_dispatch_workq_monitor_pools` in its src/event/workqueue.c): 60 wakeups a minute of a
// daemon that has nothing to do. So nothing here uses these queues: serial queues stay without a target (they get threads
// that are not monitored), tasks of Swift run on the one event loop, and they wait on its timers.

internal import Chronology
internal import NIOCore
internal import NIOPosix

package enum EventLoops {
    /// The one event loop of the process, which also runs Swift's tasks. Call it once, first of all, on the main thread.
    ///
    /// Where the runtime does not let its executor be replaced, tasks run on Dispatch's threads: all is well but for the
    /// wakeups.
    package static func takeOverTasks() {
        NIOSingletons.groupLoopCountSuggestion = 1
        _ = NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
    }
}

extension EventLoop {
    /// Returns after the duration, or at once when the task is cancelled.
    func rest(for duration: Duration) async {
        let promise = makePromise(of: Void.self)
        let timer = scheduleTask(in: .milliseconds(duration.milliseconds)) { promise.succeed(()) }
        await withTaskCancellationHandler {
            _ = try? await promise.futureResult.get()
        } onCancel: {
            timer.cancel()
            promise.succeed(())
        }
    }
}

extension EventLoop {
    /// What `body` returns, or nil once `limit` has passed: then it is cancelled, and nobody waits for it any more.
    ///
    /// Unlike a task group, which ends no sooner than the last of its tasks, however long that ignores its cancellation.
    func first<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let promise = makePromise(of: Value?.self)
        let task = Task { promise.succeed(await body()) }
        let timer = scheduleTask(in: .milliseconds(limit.milliseconds)) {
            promise.succeed(nil)
            task.cancel()
        }
        let result = await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            promise.succeed(nil)
            task.cancel()
        }
        timer.cancel()
        return result ?? nil
    }
}
