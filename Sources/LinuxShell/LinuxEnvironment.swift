// The real environment: Dispatch, kernel timers, HTTP. One serial queue owns the runtime; everything here that has state
// is touched on that queue only.

package import Chronology
package import Dispatch
internal import Glibc
internal import JobQueue
package import Journal
package import Logging
internal import Runtime
package import SchedulerCore

package final class LinuxEnvironment: Environment, @unchecked Sendable {
    /// Owns the runtime and everything in this object.
    package let queue: DispatchQueue
    private let logger: Logger
    private let log: StepLog
    private var questions: QuestionLog
    private let jobs: JobQueue
    private var client: ClientInUse
    private var timer: WakeTimer?
    private var post: ((Event) -> Void)?
    /// What gives a call's place in the job queue back.
    private var turns: [CallID: @Sendable () -> Void] = [:]
    /// Of the calls that were handed out and are not answered.
    private var passes: [CallID: CallPass] = [:]
    /// The calls that were handed out last by this process: none is handed out twice, whatever was decided.
    private var sent: Set<CallID> = []
    /// Far more than are under way at a time; ids count up, so the smallest is the oldest.
    private static let sentLimit = 10_000
    /// When what was refused was told last.
    private var refusals: [String: Monotonic] = [:]
    /// It is tried again and again, and told from time to time.
    private static let retelling = Duration.seconds(3600)
    private var replies: [CommandID: (CommandReply) -> Void] = [:]
    private let onNotification: (Notification) -> Void
    private let onJournalTrouble: (JournalError?) -> Void

    package init(
        queue: DispatchQueue, logger: Logger, client: PlatformClient, width: Int,
        onNotification: @escaping (Notification) -> Void, onJournalTrouble: @escaping (JournalError?) -> Void
    ) {
        self.queue = queue
        self.logger = logger
        self.client = ClientInUse(client)
        self.onNotification = onNotification
        self.onJournalTrouble = onJournalTrouble
        log = StepLog(logger: logger)
        questions = QuestionLog(logger: logger)
        jobs = JobQueue(width: width)
    }

    /// Begins to hand events to the runtime.
    package func connect(_ post: @escaping (Event) -> Void) {
        self.post = post
        timer = WakeTimer(queue: queue) { [weak self] in self?.post?(.woke) }
    }

    /// A reload: what is under way is still answered by the client before, which is closed with its last answer.
    package func replace(client: PlatformClient) {
        self.client.retire()
        self.client = ClientInUse(client)
    }

    /// How many calls are made at a time.
    package func setWidth(_ width: Int) {
        jobs.setWidth(width)
    }

    /// Whether the platform, or the token service, refused the client's credentials last.
    package var isRefused: Bool { client.isRefused }

    /// Closes the client. For a start that fails, before anything was asked.
    package func close() {
        client.retire()
    }

    package func onReply(to id: CommandID, _ body: @escaping (CommandReply) -> Void) {
        replies[id] = body
    }

    // MARK: Environment

    package func now() -> Moment {
        SystemClock.now()
    }

    package func arm(_ wake: Wake?, at now: Moment) {
        timer?.arm(wall: wake?.wall, monotonic: wake?.monotonic)
    }

    package func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) {
        log.tell(records, before: before, after: after)
    }

    package func journalTrouble(_ error: JournalError?) {
        log(error)
        onJournalTrouble(error)
    }

    /// - Parameter error: Why the journal can not be written, or nil where it can be again.
    func log(_ error: JournalError?) {
        if let error {
            logger.error(
                "nothing is called: \(error)",
                metadata: ["event": "journal-trouble", "\(MessageID.key)": "\(MessageID.journalTrouble.rawValue)"])
        } else {
            logger.notice("the journal can be written again")
        }
    }

    package func journalRefused(_ what: String, _ error: JournalError) {
        let now = now().monotonic
        if let told = refusals[what], now - told < Self.retelling { return }
        refusals[what] = now
        logger.error(
            "\(what): \(error)",
            metadata: ["event": "journal-refused", "\(MessageID.key)": "\(MessageID.journalTrouble.rawValue)"])
    }

    package func journalLost(_ error: JournalError) {
        logger.critical(
            "the daemon ends, and goes on from what is on disk at its next start: \(error)",
            metadata: ["event": "journal-lost", "\(MessageID.key)": "\(MessageID.journalLost.rawValue)"])
        exit(ExitCode.journal)
    }

    package func perform(_ effect: Effect) {
        let client = client.client
        let question = Question(effect)
        switch effect {
        case .askExportJobs(let id, let sandbox, let since):
            answer(question) { .exportJobsAnswered(id, await client.exportJobs(sandbox, since: since)) }
        case .askDataflows(let id, let sandbox, let dataflows):
            answer(question) { .dataflowsAnswered(id, await client.dataflows(sandbox, dataflows)) }
        case .askRuns(let id, let sandbox, let dataflows, let depth):
            answer(question) { .runsAnswered(id, await client.runs(sandbox, dataflows, depth: depth)) }
        case .askRun(let id, let sandbox, let run):
            answer(question) { .runAnswered(id, await client.run(sandbox, run)) }
        case .queueCall(let id, let sandbox, let audiences):
            queueCall(id, sandbox, audiences)
        case .send(let call):
            guard sent.insert(call.id).inserted else {
                logger.critical("call \(call.id) was to be sent a second time; it was not")
                return
            }
            if sent.count > Self.sentLimit, let oldest = sent.min() { sent.remove(oldest) }
            let pass = CallPass()
            passes[call.id] = pass
            answer { .callAnswered(call.id, await client.activate(call, pass)) }
        case .dropCall(let id):
            if let pass = passes[id] {
                pass.recall()  // it may be on the wire all the same: its answer gives the turn back
            } else if jobs.cancel(id: id.number) != .taken {
                turns.removeValue(forKey: id)?()
            }
        case .notify(let notification):
            log.tell(notification)
            onNotification(notification)
        case .reply(let id, let reply):
            replies.removeValue(forKey: id)?(reply)
        }
    }

    private func answer(_ question: Question? = nil, _ body: @escaping @Sendable () async -> Event) {
        let used = client
        used.uses += 1
        Task {
            let event = await body()
            self.queue.async {
                used.uses -= 1
                if let isRefused = event.isRefused { used.isRefused = isRefused }
                if case .callAnswered(let id, _) = event {
                    self.passes[id] = nil
                    self.turns.removeValue(forKey: id)?()
                }
                if let question { self.questions.tell(question, event.askFailure, at: self.now().monotonic) }
                self.post?(event)
            }
        }
    }

    private func queueCall(_ id: CallID, _ sandbox: SandboxName, _ audiences: [AudienceID]) {
        let submission = jobs.submit(id: id.number, keys: audiences.map { "\(sandbox)/\($0)" }) { done in
            self.queue.async {
                self.turns[id] = done
                self.post?(.callTurn(id))
            }
        }
        // The core's lanes let no second call of an audience come so far; the job queue would hold it back all the same.
        if submission != .accepted { logger.error("call \(id) was not queued: \(submission)") }
    }
}

/// A client with the number of its requests that are under way. Touched on the runtime's queue only.
private final class ClientInUse: @unchecked Sendable {
    let client: PlatformClient
    private var isRetired = false
    var isRefused = false
    var uses = 0 {
        didSet { closeIfDone() }
    }

    init(_ client: PlatformClient) {
        self.client = client
    }

    func retire() {
        isRetired = true
        closeIfDone()
    }

    private func closeIfDone() {
        guard isRetired, uses == 0 else { return }
        let client = client
        Task { await client.shutdown() }
    }
}

/// The daemon's exit codes, by sysexits(3).
package enum ExitCode {
    package static let usage: Int32 = 64
    /// EX_OSERR: the machine allows this process too little.
    package static let limits: Int32 = 71
    /// EX_CANTCREAT.
    package static let controlSocket: Int32 = 73
    package static let journal: Int32 = 74
    package static let locked: Int32 = 75
    package static let configuration: Int32 = 78
}
