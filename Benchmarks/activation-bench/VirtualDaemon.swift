// The production runtime and scheduler in virtual time: a day passes in the time that its events take. Calls get their
// turn at once; nothing is on a disk.

import Chronology
import Journal
import Runtime
import SchedulerCore
import Stage

final class VirtualDaemon: Environment {
    private let agenda: Agenda
    private let platform: VirtualPlatform
    private var runtime: Runtime?
    private var wake: Wake?
    private var failure: String?
    /// Occurrences that ended, as the daemon itself knows.
    private(set) var ended = 0

    init(_ platform: VirtualPlatform, _ agenda: Agenda) {
        self.platform = platform
        self.agenda = agenda
    }

    /// Starts the daemon and lets time pass until an instant.
    ///
    /// - Throws: ``StageFailure`` when the journal or the runtime gives up.
    func run(_ configuration: Configuration, until end: Instant) throws {
        let runtime = try Runtime(configuration: configuration, journal: MemoryJournal(), environment: self)
        self.runtime = runtime
        runtime.start(configuration)
        while failure == nil, let next = nextInstant(), next <= end {
            if let planned = agenda.next, planned <= next {
                agenda.performNext()
            } else {
                agenda.pass(until: next)
                runtime.handle(.woke)
            }
        }
        agenda.pass(until: end)
        self.runtime = nil
        if let failure { throw StageFailure(failure) }
    }

    private func nextInstant() -> Instant? {
        let wakes = [wake?.wall, wake?.monotonic.map { Instant(milliseconds: $0.milliseconds) }].compactMap { $0 }
        // A timer takes a moment, also one for a time that has passed.
        let woken = wakes.min().map { max($0, agenda.now + .milliseconds(1)) }
        return [woken, agenda.next].compactMap { $0 }.min()
    }

    private func post(_ event: Event) {
        runtime?.handle(event)
    }

    // MARK: Environment

    /// Both clocks show the same.
    func now() -> Moment {
        Moment(wall: agenda.now, monotonic: Monotonic(milliseconds: agenda.now.milliseconds))
    }

    func arm(_ wake: Wake?, at now: Moment) {
        self.wake = wake
    }

    func perform(_ effect: Effect) {
        switch effect {
        case .askExportJobs(let id, let sandbox, let since):
            platform.exportJobs(sandbox, since: since) { self.post(.exportJobsAnswered(id, $0)) }
        case .askDataflows(let id, let sandbox, let dataflows):
            platform.dataflows(sandbox, dataflows) { self.post(.dataflowsAnswered(id, $0)) }
        case .askRuns(let id, let sandbox, let dataflows, let depth):
            platform.runs(sandbox, dataflows, depth) { self.post(.runsAnswered(id, $0)) }
        case .askRun(let id, let sandbox, let run):
            platform.run(sandbox, run) { self.post(.runAnswered(id, $0)) }
        case .queueCall(let id, _, _):
            agenda.plan(in: .zero) { self.post(.callTurn(id)) }
        case .send(let call):
            platform.activate(call) { self.post(.callAnswered(call.id, $0)) }
        case .dropCall, .notify, .reply:
            break
        }
    }

    func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) {
        for case .occurrenceEnded in records { ended += 1 }
    }

    func journalTrouble(_ error: JournalError?) {
        failure = error?.description
    }

    func journalLost(_ error: JournalError) {
        failure = error.description
    }
}
