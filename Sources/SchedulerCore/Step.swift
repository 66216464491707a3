// What goes into the core and what comes out: events, and steps of records and effects. All plain values.

package import Chronology

/// Something that happened. Late, repeated and stale events are ordinary.
package enum Event: Equatable, Sendable {
    /// First event of a process, after the journal was folded: recovery.
    case started(Configuration)
    /// A checked configuration takes the place of the one before it. `actor` is who asked for it, as far as known.
    case reloaded(Configuration, actor: String? = nil)
    /// The timer, or any other occasion to look at the clocks. Early and extra ones do no harm.
    case woke
    /// Decide nothing more that is due, and call nothing: the process is about to stop. Calls on the wire are still awaited, and
    /// what follows from the end of an occurrence is still admitted.
    case stopping

    case exportJobsAnswered(AskID, Result<[ExportJob], AskFailure>)
    case dataflowsAnswered(AskID, Result<[DataflowDefinition], AskFailure>)
    case runsAnswered(AskID, Result<RunListing, AskFailure>)
    /// Nil when the platform does not know the run.
    case runAnswered(AskID, Result<DataflowRun?, AskFailure>)

    /// The call's turn has come in the job queue, and its intent is on disk.
    case callTurn(CallID)
    case callAnswered(CallID, CallAnswer)

    /// Whether the host says that its clock is kept right by others. Nothing was said: it is.
    case clockSynchronised(Bool)
    /// The journal refused a step, since it holds these already: they are decided, whatever the marks say.
    case admittedBefore([Admission])

    case command(CommandID, Command, actor: String)
}

/// What should follow once the records are on disk.
package enum Effect: Equatable, Sendable {
    /// Export jobs of a sandbox, newest first: all that were created since `since`, or a failure where those are more than can
    /// be read. Answered by `exportJobsAnswered`.
    case askExportJobs(AskID, SandboxName, since: Instant)
    /// Definitions of dataflows; every one that was asked for is in the answer. Answered by `dataflowsAnswered`.
    case askDataflows(AskID, SandboxName, [DataflowID])
    /// The newest runs of some dataflows, in one listing. Answered by `runsAnswered`.
    case askRuns(AskID, SandboxName, [DataflowID], RunListingDepth)
    /// One run. Answered by `runAnswered`.
    case askRun(AskID, SandboxName, RunID)
    /// Take the call's place in the job queue. Answered by `callTurn`.
    case queueCall(CallID, sandbox: SandboxName, audiences: [AudienceID])
    /// Send the call, once, now, and not after its `leaveBy`: what is late is certainly not sent. Answered by
    /// `callAnswered`, whatever happens.
    case send(Call)
    /// The call leaves the job queue without being sent. One that was sent and has not reached the wire does not any more,
    /// and is answered all the same.
    case dropCall(CallID)
    case notify(Notification)
    case reply(CommandID, CommandReply)
}

package struct Step: Equatable, Sendable {
    /// What became true. Committed in one transaction before any effect.
    package var records: [Record]
    package var effects: [Effect]

    package init(records: [Record] = [], effects: [Effect] = []) {
        self.records = records
        self.effects = effects
    }
}

/// A question or an order of a person that changes the state. Counts up within one process.
package struct CommandID: Hashable, Sendable {
    package let number: Int
    package init(_ number: Int) { self.number = number }
}

package enum Command: Equatable, Sendable {
    case fire(CampaignName, forceOverlap: Bool)
    /// An occurrence (`17`) or an activation (`17.3`).
    case cancelOccurrence(OccurrenceID)
    case cancelActivation(ActivationID)
    case pause(PauseScope, until: Instant?, reason: String)
    case resume(PauseScope)
    case resolve(ActivationID, Resolution)
    /// A run of others that does not end closes no gate any more.
    case disregard(RunID)
    /// Sets high-water marks that lie ahead of the clock back to it.
    case recount(PauseScope)
}

package enum CommandReply: Equatable, Sendable {
    /// What was done, as a sentence; with the occurrence where one was made.
    case done(String, occurrence: OccurrenceID?)
    /// What was wrong and what to do.
    case refused(String)
}

/// Something that an admin may want to be told of. Told at most once.
package struct Notification: Equatable, Sendable {
    package var kind: NotificationKind
    package var campaign: CampaignName?
    package var occurrence: OccurrenceID?
    package var activation: ActivationID?
    package var text: String
    package var at: Instant

    package init(
        kind: NotificationKind, campaign: CampaignName? = nil, occurrence: OccurrenceID? = nil,
        activation: ActivationID? = nil, text: String, at: Instant
    ) {
        self.kind = kind
        self.campaign = campaign
        self.occurrence = occurrence
        self.activation = activation
        self.text = text
        self.at = at
    }
}

/// The gates, by the names that logs, metrics and JSON use.
package enum GateName: String, Codable, Sendable, CaseIterable {
    case startTime = "start-time"
    case paused
    case blackout
    case credentials
    case throttled
    case export
    case dataflow
    case mapping
    case scheduleRange = "schedule-range"
    case firstActivation = "first-activation"
    case lane
}
