// From a run that breaks a rule to one that breaks the same rule with as little as possible: fewer hours, fewer campaigns,
// and few strokes of faults. Each try is a whole run, so it takes a while, and tells what it has reached.

package struct Shrinker {
    private let rule: String
    private let onProgress: (String) -> Void
    private(set) package var best: SimulationOptions
    private(set) package var outcome: Outcome
    private var tries = 0

    /// - Parameter outcome: Of a run that broke a rule.
    package init(_ outcome: Outcome, onProgress: @escaping (String) -> Void) {
        self.outcome = outcome
        self.onProgress = onProgress
        best = outcome.options
        rule = outcome.findings.first?.rule ?? ""
    }

    package mutating func shrink() {
        endAtTheFinding()
        while best.campaigns > 1, breaks(changed { $0.campaigns -= 1 }) {}
        endAtTheFinding()
        keepFewStrokes()
        while best.campaigns > 1, breaks(changed { $0.campaigns -= 1 }) {}
        endAtTheFinding()
    }

    private func changed(_ change: (inout SimulationOptions) -> Void) -> SimulationOptions {
        var options = best
        change(&options)
        return options
    }

    /// Whether a run breaks the same rule; the better of both is kept.
    private mutating func breaks(_ options: SimulationOptions) -> Bool {
        guard tries < ShrinkBounds.tries else { return false }
        tries += 1
        let tried = World(options, isRecording: true).run()
        guard tried.findings.first?.rule == rule else { return false }
        best = options
        outcome = tried
        onProgress(
            "\(tries) tries: \(best.hours) h, \(best.campaigns) campaigns, \(tried.strokes.count) faults, "
                + "\(tried.events) events")
        return true
    }

    /// The hours after the finding are not needed, and those of a finding in the healing are not needed either.
    private mutating func endAtTheFinding() {
        var hours = best.hours / 2
        while hours >= 1, breaks(changed { $0.hours = hours }) { hours /= 2 }
    }

    /// Delta debugging: parts of the strokes are left out, smaller ones each time, for as long as the rule breaks.
    ///
    /// - Source: A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
    private mutating func keepFewStrokes() {
        guard breaks(changed { $0.only = Set(outcome.strokes) }) else { return }
        var parts = 2
        while !outcome.strokes.isEmpty, tries < ShrinkBounds.tries {
            let strokes = outcome.strokes
            let size = max(1, strokes.count / parts)
            let isSmaller = stride(from: 0, to: strokes.count, by: size).contains { begin in
                let without = Set(strokes).subtracting(strokes[begin..<min(begin + size, strokes.count)])
                return breaks(changed { $0.only = without })
            }
            if isSmaller {
                parts = max(2, parts - 1)
            } else if size == 1 {
                return
            } else {
                parts = min(strokes.count, parts * 2)
            }
        }
    }
}

enum ShrinkBounds {
    static let tries = 600
}
