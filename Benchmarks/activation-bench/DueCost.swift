// What the runtime does for one occurrence that is due, in virtual time and with a journal in memory: with few campaigns and
// with many it must be the same. Begin at `microseconds`.

import Chronology
import Foundation
import Journal
import Runtime
import SchedulerCore

enum DueCost {
    private static let rounds = 2000

    /// For one occurrence: due, admitted or skipped, committed, and the next one planned. Everything is paused, so that no
    /// two occurrences have to do with each other.
    static func microseconds(campaigns: Int) -> String {
        let world = StillWorld()
        let journal = MemoryJournal()
        guard let runtime = try? Runtime(configuration: configuration(campaigns), journal: journal, environment: world)
        else { return "?" }
        runtime.start(configuration(campaigns))
        runtime.handle(.command(CommandID(1), .pause(.all, until: nil, reason: "benchmark"), actor: "benchmark"))
        var due = 0
        let begin = DispatchTime.now().uptimeNanoseconds
        while due < rounds, let wall = runtime.scheduler.wake.wall {
            world.wall = wall
            let known = runtime.scheduler.state.nextOccurrence
            runtime.handle(.woke)
            due += runtime.scheduler.state.nextOccurrence - known
        }
        let nanoseconds = Double(DispatchTime.now().uptimeNanoseconds - begin)
        return String(format: "%.0f", nanoseconds / 1000 / Double(max(1, due)))
    }

    /// Spread over a week, so that about as many are due at a time whatever their number: one.
    private static func configuration(_ campaigns: Int) -> SchedulerCore.Configuration {
        var configuration = SchedulerCore.Configuration(
            platform: .init(
                organization: "5555467B5D8013E50A494220@AdobeOrg", sandbox: "prod", clientID: "c",
                clientSecret: .environment("S")))
        for number in 0..<campaigns {
            let name = CampaignName("campaign-\(number)")
            let every = 7 * 86_400_000
            let first = StillWorld.start.milliseconds + Int64(number * (every / campaigns)) + 1000
            let times = (0..<4).map { Instant(milliseconds: first + Int64($0 * every)) }
            configuration.campaigns[name] = Campaign(
                name: name, sandbox: "prod",
                trigger: .timetable(Timetable(schedule: .at(times), zone: .utc, text: "at \(number)")),
                pairs: [Pair(dataflow: "f", audience: "a")])
        }
        return configuration
    }
}

/// Time stands still until somebody sets it; nothing is answered.
private final class StillWorld: Environment {
    static let start = Instant(milliseconds: 1_795_514_400_000)

    var wall = StillWorld.start

    func now() -> Moment {
        Moment(
            wall: wall, monotonic: Monotonic(milliseconds: wall.milliseconds - Self.start.milliseconds))
    }

    func arm(_ wake: Wake?, at now: Moment) {}
    func perform(_ effect: Effect) {}
    func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) {}
    func journalTrouble(_ error: JournalError?) {}
    func journalLost(_ error: JournalError) {}
}
