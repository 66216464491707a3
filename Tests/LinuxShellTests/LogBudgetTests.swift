import Chronology
import Logging
import Testing

@testable import LinuxShell

/// Goal: chatter is bounded, and no warning and no error is ever swallowed.
@Suite struct LogBudgetTests {
    private func second(_ number: Int64) -> Monotonic { Monotonic(milliseconds: number * 1000) }

    @Test func `beyond the budget only warnings and errors are told`() {
        let budget = LogBudget(limit: 10)
        let told = (0..<100).count { _ in budget.judge(.info, at: second(0)) == .tell }
        #expect(told == 10)
        for level in [Logger.Level.warning, .error, .critical] {
            #expect((0..<1000).allSatisfy { _ in budget.judge(level, at: second(1)) == .tell })
        }
        #expect(budget.judge(.notice, at: second(2)) == .omit)
    }

    @Test func `what was left out is counted, and told with the next that is told`() {
        let budget = LogBudget(limit: 10)
        for _ in 0..<25 { _ = budget.judge(.debug, at: second(0)) }
        #expect(budget.judge(.info, at: second(31)) == .tellAfter(omitted: 15))
        #expect(budget.judge(.info, at: second(32)) == .tell)
    }

    @Test func `an error never costs anything of the budget`() {
        let budget = LogBudget(limit: 1)
        for _ in 0..<50 { _ = budget.judge(.error, at: second(0)) }
        #expect(budget.judge(.info, at: second(0)) == .tell)
    }

    @Test func `after a span in which all was told nothing is said of what was left out`() {
        let budget = LogBudget(limit: 2)
        #expect(budget.judge(.info, at: second(0)) == .tell)
        #expect(budget.judge(.info, at: second(30)) == .tell)
        for _ in 1...2 { _ = budget.judge(.info, at: second(31)) }
        #expect(budget.judge(.info, at: second(60)) == .tellAfter(omitted: 1))
        #expect(budget.judge(.warning, at: second(90)) == .tell, "it was told already")
    }
}
