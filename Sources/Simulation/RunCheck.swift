// Whose a run is, and whether what is told of its end is true: by the platform's own runs.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

extension Checker {
    mutating func own(
        _ run: RunID, _ id: ActivationID, adopted: Bool, at now: Instant, _ runs: (RunID) -> SimulatedRun?
    ) {
        guard let pair = folded.pair(of: id) else { return }
        truth.owned.insert(run.text)
        if adopted {
            truth.adopted.insert(run.text)
            if let real = runs(run), let export = real.export {
                report(
                    "a run of the schedule is nobody's", "run \(run) after export \(export), activation \(id)", at: now)
            }
        }
        guard let real = runs(run), real.flow == pair.dataflow.text, real.audiences.contains(pair.audience.text) else {
            return report("a run is followed by those that it is for", "run \(run), activation \(id)", at: now)
        }
        if let other = owners[run]?[pair], other != id {
            report("one run is one delivery of a pair", "run \(run): activations \(other) and \(id)", at: now)
        }
        owners[run, default: [:]][pair] = id
        if let call = callInDoubt(of: id), let left = sent[call], real.createdAt < left,
            real.isOurs || !truth.isUnseen(real, sent: left)
        {
            report("a run that began before the call is not its own", "run \(run), activation \(id)", at: now)
        }
    }

    private func listingAsked(for id: ActivationID) -> Instant? {
        guard let sandbox = folded.occurrences[id.occurrence]?.occurrence.sandbox, let pair = folded.pair(of: id) else {
            return nil
        }
        return hearing.runsAskedAt["\(sandbox)/\(pair.dataflow)"]
    }

    func isOwned(_ run: RunID, _ pair: Pair) -> Bool { owners[run]?[pair] != nil }

    private func callInDoubt(of id: ActivationID) -> CallID? {
        switch folded[id]?.phase {
        // A run of its first doubtful call is its own, however often it was sent since.
        case .calling(let call), .inDoubt(let call): folded[id]?.doubtfulCall ?? call
        case .waiting: folded[id]?.doubtfulCall
        default: nil
        }
    }

    mutating func lookAtEnd(
        of id: ActivationID, _ outcome: ActivationOutcome, at now: Instant, _ runs: (RunID) -> SimulatedRun?
    ) {
        switch outcome.result {
        case .succeeded, .partial:
            let real = outcome.run.flatMap(runs)
            if real.map({ $0.fails }) ?? true {
                report("what is told as delivered was delivered", "activation \(id)", at: now)
            }
            if outcome.result == .succeeded, real?.records == 0 { notices.sawEmpty(id) }
        case .failed where outcome.run != nil:
            if outcome.run.flatMap(runs)?.fails != true {
                report("what is told as failed has failed", "activation \(id)", at: now)
            }
        case .failed, .expired, .cancelled:
            let told = outcome.result.rawValue
            let asked = outcome.result == .failed ? listingAsked(for: id) : nil
            if let run = acceptances.delivered(id, at: clock?() ?? now, asked: asked, runs) {
                let listed = runs(run).map { ", listed from \($0.isListedFrom.rfc3339)" } ?? ""
                report("what is told as \(told) was not delivered", "activation \(id), run \(run)\(listed)", at: now)
            }
        }
    }
}
