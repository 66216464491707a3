// Runs cases, a few side by side, and tells of each when it begins and when it has ended.

import Foundation

final class Runner: @unchecked Sendable {
    // `lock` guards what the lanes share.

    enum Verdict {
        case passed(String)
        case failed(String)
        case skipped(String)
    }

    private let cases: [TortureCase]
    private let makeRun: (TortureCase) -> TortureRun
    private let printer: Printer
    private let lock = NSLock()
    private var next = 0
    private var verdicts: [(name: String, verdict: Verdict, seconds: Double)] = []

    init(_ cases: [TortureCase], printer: Printer, makeRun: @escaping (TortureCase) -> TortureRun) {
        self.cases = cases
        self.printer = printer
        self.makeRun = makeRun
    }

    /// - Parameter lanes: How many cases run side by side.
    /// - Returns: Whether none failed.
    func run(lanes: Int) -> Bool {
        runAll(cases.filter { !$0.isAlone }, lanes: lanes)
        runAll(cases.filter(\.isAlone), lanes: 1)
        return summarize()
    }

    private func runAll(_ cases: [TortureCase], lanes: Int) {
        next = 0
        inParallel(max(1, min(lanes, cases.count))) { _ in
            while let one = self.take(cases) { self.run(one) }
        }
    }

    private func take(_ cases: [TortureCase]) -> TortureCase? {
        lock.withLock {
            guard next < cases.count else { return nil }
            next += 1
            return cases[next - 1]
        }
    }

    private func run(_ one: TortureCase) {
        let run = makeRun(one)
        printer.line("begins \(one.name): \(one.does)")
        let begin = Date()
        let verdict: Verdict
        do {
            try FileManager.default.createDirectory(atPath: run.directory, withIntermediateDirectories: true)
            verdict = .passed(try one.run(run))
            try? FileManager.default.removeItem(atPath: run.directory)
        } catch let skipped as Skipped {
            verdict = .skipped(skipped.reason)
        } catch {
            verdict = .failed("\(error). Logs: \(run.directory)")
        }
        let seconds = Date().timeIntervalSince(begin)
        lock.withLock { verdicts.append((one.name, verdict, seconds)) }
        printer.line(Self.line(one.name, verdict, seconds))
    }

    private static func line(_ name: String, _ verdict: Verdict, _ seconds: Double) -> String {
        let time = String(format: "%.1f s", seconds)
        switch verdict {
        case .passed(let words): return "passed \(name) (\(time)): \(words)"
        case .failed(let words): return "FAILED \(name) (\(time)): \(words)"
        case .skipped(let words): return "SKIPPED \(name): \(words)"
        }
    }

    private func summarize() -> Bool {
        var (passed, failed, skipped) = (0, [String](), [String]())
        for (name, verdict, _) in verdicts {
            switch verdict {
            case .passed: passed += 1
            case .failed: failed.append(name)
            case .skipped: skipped.append(name)
            }
        }
        printer.line("")
        printer.line(
            "\(passed) cases passed, \(failed.count) failed, \(skipped.count) skipped"
                + (failed.isEmpty ? "" : "; failed: \(failed.joined(separator: ", "))")
                + (skipped.isEmpty ? "" : "; skipped: \(skipped.joined(separator: ", "))"))
        return failed.isEmpty
    }
}

/// Whole lines, from several threads, at once when they are written.
final class Printer: @unchecked Sendable {
    private let lock = NSLock()
    private let begin = Date()

    func line(_ text: String) {
        lock.withLock {
            let seconds = Int(Date().timeIntervalSince(begin))
            print(text.isEmpty ? "" : String(format: "%02d:%02d  ", seconds / 60, seconds % 60) + text)
            fflush(nil)
        }
    }
}

/// Runs the body in so many threads and waits for all.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(index)
            group.leave()
        }
    }
    group.wait()
}

/// As ``inParallel(_:_:)``, over the items, for what may fail: the first failure ends it.
func forEach<Item: Sendable>(
    _ items: [Item], lanes: Int, _ body: @escaping @Sendable (Item, _ lane: Int) throws -> Void
) throws {
    let queue = SharedQueue(items)
    inParallel(max(1, min(lanes, items.count))) { lane in
        while let item = queue.take() {
            do { try body(item, lane) } catch { queue.stop(error) }
        }
    }
    if let error = queue.error { throw error }
}

private final class SharedQueue<Item: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var items: ArraySlice<Item>
    private(set) var error: (any Error)?

    init(_ items: [Item]) {
        self.items = items[...]
    }

    func take() -> Item? {
        lock.withLock { error == nil ? items.popFirst() : nil }
    }

    func stop(_ error: any Error) {
        lock.withLock { self.error = self.error ?? error }
    }
}
