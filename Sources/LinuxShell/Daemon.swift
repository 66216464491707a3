// The daemon's life: load, lock, recover, run, reload, stop. Begin at `run`.
//
// The journal is opened by the caller, who knows which kind it is; everything after `run` happens on one serial queue.

package import CampaignConfig
internal import Chronology
internal import ConfigurationFiles
internal import ControlClient
internal import ControlProtocol
internal import Dispatch
internal import Glibc
package import Journal
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Runtime
internal import SchedulerCore

/// What a process begins with. The daemon takes it out: whoever calls ``Daemon/run()`` never returns, and would hold the first
/// configuration for as long as the process lives.
package final class InitialConfiguration {
    private var loaded: LoadedConfiguration?

    package init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
    }

    fileprivate func take() -> LoadedConfiguration {
        guard let taken = loaded else { preconditionFailure("one process has one daemon") }
        loaded = nil
        return taken
    }
}

package final class Daemon: @unchecked Sendable {
    // Everything but `queue` is touched on `queue` only, once `run` has begun.

    package struct Options: Sendable {
        package var configuration: String
        /// Where the control socket is put; made where it is missing.
        package var runtimeDirectory: String
        package var environment: [String: String]
        /// What the flag says; overrides the level of the configuration.
        package var logLevel: Logger.Level?
        /// Of all log handlers.
        package var level: LogLevelSwitch
        /// Sockets that systemd bound for the daemon, beside its own.
        package var passed: [ControlDoor]

        package init(
            configuration: String, runtimeDirectory: String, environment: [String: String], logLevel: Logger.Level?,
            level: LogLevelSwitch, passed: [ControlDoor] = []
        ) {
            self.configuration = configuration
            self.runtimeDirectory = runtimeDirectory
            self.environment = environment
            self.logLevel = logLevel
            self.level = level
            self.passed = passed
        }
    }

    private let options: Options
    private let logger: Logger
    // Without a target: see Rest.swift.
    private let queue = DispatchQueue(label: "runtime")
    private let signals = DispatchQueue(label: "signals")
    private let memory: QuietMemory
    private let group = MultiThreadedEventLoopGroup.singleton
    private let journal: any JournalStore
    private let reader: any JournalReader
    private var environment: LinuxEnvironment?
    private var runtime: Runtime?
    /// What the process begins with, until the runtime owns it.
    private var initial: SchedulerCore.Configuration?
    /// What the next reload need not read again.
    private var kept: KeptCampaigns
    private var sources: [any DispatchSourceProtocol] = []
    private lazy var statusLine = StatusLine(
        queue: queue, sentence: { [unowned self] in status() }, tell: { ServiceManager.status($0) })
    private var watchdog: Watchdog?
    /// What the runtime's last commit met.
    private var journalTrouble: JournalError?
    /// What the watchdog's last write met, when nothing else is written.
    private var watchTrouble: JournalError?
    /// What the client in use was made of.
    private var clientOrigin: ClientOrigin?
    private let secrets: SecretReader
    /// Why the newest configuration was not taken into use.
    private var rejection: ConfigurationFaults?
    private var stopDeadline: Monotonic?
    private let startedAt = SystemClock.now().wall
    private var loadedAt = SystemClock.now().wall
    private var reloadedAt: Monotonic?
    private var isReloadDue = false
    /// A reload takes milliseconds, and reads files that somebody may still be writing.
    private static let reloadInterval = Duration.seconds(1)
    private var control: ControlServer?

    /// - Parameters:
    ///   - journal: Opened, and locked against others.
    ///   - reader: Of the same journal.
    package init(
        options: Options, loaded: InitialConfiguration, journal: any JournalStore, reader: any JournalReader,
        logger: Logger
    ) {
        self.options = options
        self.logger = logger
        self.journal = journal
        self.reader = reader
        memory = QuietMemory(queue: queue)
        secrets = SecretReader(environment: options.environment)
        let loaded = loaded.take()
        initial = loaded.configuration
        kept = loaded.kept
        setLogLevel()
    }

    /// What is in use: what the runtime has committed.
    private var configuration: SchedulerCore.Configuration {
        guard let configuration = runtime?.scheduler.configuration ?? initial else {
            preconditionFailure("a daemon has a configuration")
        }
        return configuration
    }

    /// Reads and checks the configuration.
    ///
    /// - Parameter kept: What the load before left.
    /// - Throws: Every fault at once. At the start the daemon ends with it, later it keeps what it has.
    package static func load(
        _ options: Options, after kept: KeptCampaigns = .none
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        let files = try ConfigurationFiles().read(main: options.configuration)
        let zones = ZoneFiles(environment: options.environment)
        var loader = ConfigurationLoader(
            zones: zones.zone, calendarFile: CalendarFiles(main: options.configuration).read,
            now: SystemClock.now().wall, each: Cores.each)
        loader.secretWarning = SecretReader(environment: options.environment).warning
        var loaded = try loader.load(files, after: kept)
        loaded.configuration.zoneData = zones.version
        return loaded
    }

    /// Runs until a signal ends the process.
    ///
    /// - Throws: ``JournalError``, or ``ControlSocketError`` where the control socket can not be had.
    package func run() throws -> Never {
        signal(SIGPIPE, SIG_IGN)
        clientOrigin = ClientOrigin(configuration, environment: options.environment, secrets: secrets)
        let recovering = StartExtension("reading what was in flight from the journal")
        let environment = LinuxEnvironment(
            queue: queue, logger: logger, client: makeClient(configuration),
            width: configuration.limits.concurrentCalls, onNotification: { _ in },
            onJournalTrouble: { [unowned self] in journalTrouble = $0 })
        // What clients ask as soon as they can connect must line up behind the start.
        queue.suspend()
        do {
            let runtime = try Runtime(configuration: configuration, journal: journal, environment: environment)
            control = try openControl(runtime, environment)
            self.environment = environment
            self.runtime = runtime
            initial = nil
        } catch {
            recovering.end()
            environment.close()
            queue.resume()
            throw error
        }
        queue.async {
            environment.connect { [unowned self] in handle($0) }
            self.lookAtClock()
            self.runtime?.start(self.configuration)
            recovering.end()
            if let control = self.control { self.startWatchdog(control) }
            let status = self.status()
            self.statusLine.wasTold(status)
            ServiceManager.ready(status: status)
            Memory.giveBack()
            self.memory.used()  // and once more, what the first steps bring in
            self.logger.notice("ready: \(status)")
        }
        listenToSignals()
        queue.resume()
        dispatchMain()
    }

    private func handle(_ event: Event) {
        let wasBusy = runtime?.scheduler.state.occurrences.isEmpty == false
        runtime?.handle(event)
        if wasBusy, runtime?.scheduler.state.occurrences.isEmpty == true { memory.used() }
        statusLine.update()
        if stopDeadline != nil { stopIfDone() }
    }

    /// Asked from the start until it is kept right: often while what falls due waits for that, and rarely later.
    private func lookAtClock() {
        guard !HostClock.isSynchronised() else {
            if runtime?.scheduler.isClockSynchronised == false {
                logger.notice("the clock of this host is synchronised now")
                handle(.clockSynchronised(true))
            }
            return
        }
        if runtime?.scheduler.isClockSynchronised == true {
            logger.warning(
                "the clock of this host is not synchronised: for up to \(configuration.limits.clockWait.text) nothing falls due",
                metadata: ["event": "clock", "\(MessageID.key)": "\(MessageID.clockWrong.rawValue)"])
            handle(.clockSynchronised(false))
        }
        let isWaiting = runtime?.scheduler.clockWait(at: SystemClock.now()) != nil
        queue.asyncAfter(deadline: .now() + (isWaiting ? Self.clockSeconds.waiting : Self.clockSeconds.later)) {
            [unowned self] in lookAtClock()
        }
    }

    private static let clockSeconds = (waiting: 2.0, later: 600.0)

    private func makeClient(_ configuration: SchedulerCore.Configuration) -> PlatformClient {
        let secrets = secrets
        let logger = logger
        let client = PlatformClient(
            platform: configuration.platform, limits: configuration.limits, group: group,
            environment: options.environment, secrets: { try secrets.read($0) }, clock: { SystemClock.now() },
            observe: { exchange in
                // A call is told by itself; questions come often.
                logger.log(
                    level: exchange.path.hasSuffix("/adhocrun") ? .info : .debug,
                    "\(exchange.method) \(exchange.path): \(exchange.status.map(String.init) ?? exchange.failure ?? "")",
                    metadata: [
                        "request_id": "\(exchange.requestID)", "duration_ms": "\(exchange.duration.milliseconds)",
                    ])
            })
        if let fault = client.proxyFault {
            logger.error("\(fault)", metadata: ["event": "bad-proxy", "fault_code": "\(ProxyFault.code)"])
        }
        return client
    }

    // MARK: Signals

    private static let signalSeconds = 10.0

    /// Returns once signals come here, with those that were held since the process began (``HeldSignals``). What they ask
    /// lines up on the runtime's queue.
    private func listenToSignals() {
        let isRegistered = DispatchSemaphore(value: 0)
        let queue = queue
        for (number, action) in [
            (SIGHUP, { [unowned self] in reloadSoon() }), (SIGTERM, { [unowned self] in stop() }),
            (SIGINT, { [unowned self] in stop() }),
        ] {
            let action = UncheckedBox(action)
            let source = DispatchSource.makeSignalSource(signal: number, queue: signals)
            source.setEventHandler { queue.async { action.value() } }
            source.setRegistrationHandler { isRegistered.signal() }
            source.resume()
            sources.append(source)
            guard isRegistered.wait(timeout: .now() + Self.signalSeconds) == .success else {
                logger.critical("signals can not be listened to: the machine gives no thread for it")
                exit(ExitCode.limits)
            }
        }
    }

    /// For a signal: at once, or at the end of ``reloadInterval`` after the reload before, once for however many came.
    private func reloadSoon() {
        guard stopDeadline == nil, !isReloadDue else { return }
        let wait = reloadedAt.map { Self.reloadInterval - (SystemClock.now().monotonic - $0) } ?? .zero
        guard wait > .zero else {
            reload(actor: Self.signalActor)
            return
        }
        isReloadDue = true
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(wait.milliseconds) + 1)) { [unowned self] in
            isReloadDue = false
            if stopDeadline == nil { reload(actor: Self.signalActor) }
        }
    }

    /// The kernel does not say who sent a signal to whom it does not show.
    private static let signalActor = "a SIGHUP"

    /// All or nothing: on any fault what runs is kept, and systemd is told that the reload is over in every case. Secrets, the
    /// trusted authorities and time zones are read anew as well.
    @discardableResult
    private func reload(actor: String) -> Result<ReloadDocument, ReloadRefusal> {
        ServiceManager.reloading()
        defer {
            reloadedAt = SystemClock.now().monotonic
            let status = status()
            statusLine.wasTold(status)
            ServiceManager.ready(status: status)
            Memory.giveBack()
        }
        let loaded: LoadedConfiguration
        do throws(ConfigurationFaults) {
            loaded = try Self.load(options, after: kept)
        } catch {
            rejection = error
            FaultLog(logger: logger).tell(error)
            refused(error.summary)
            return .failure(.faults(error))
        }
        let difference = ConfigurationDifference(from: configuration, to: loaded.configuration)
        if let trouble = use(loaded, actor: actor) {
            refused("the journal can not be written: \(trouble.found)")
            return .failure(.journal(trouble))
        }
        for warning in loaded.warnings { FaultLog(logger: logger).tell(warning) }
        for line in difference.lines { logger.notice("reloaded: \(line)") }
        if difference.isEmpty { logger.notice("reloaded: nothing has changed") }
        return .success(ReloadDocument(loaded, difference, generation: runtime?.scheduler.state.generation ?? 0))
    }

    private func refused(_ reason: String) {
        logger.error(
            "the configuration was not reloaded, the one before stays in use: \(reason)",
            metadata: [
                "event": "config-rejected", "\(MessageID.key)": "\(MessageID.configurationRejected.rawValue)",
            ])
    }

    /// - Returns: Why it is not in use.
    private func use(_ loaded: LoadedConfiguration, actor: String) -> JournalError? {
        let trouble = runtime?.reload(loaded.configuration, actor: actor) { [self] in
            kept = loaded.kept
            loadedAt = SystemClock.now().wall
            rejection = nil
            setLogLevel()
            environment?.setWidth(configuration.limits.concurrentCalls)
            renewClient()
        }
        statusLine.update()
        return trouble
    }

    /// The client of before stays with its token and connections where it would only be made again: tokens are counted.
    private func renewClient() {
        let origin = ClientOrigin(configuration, environment: options.environment, secrets: secrets)
        guard origin != clientOrigin || environment?.isRefused == true else { return }
        clientOrigin = origin
        environment?.replace(client: makeClient(configuration))
    }

    private func setLogLevel() {
        guard options.logLevel == nil, let level = Logger.Level(rawValue: configuration.logLevel.rawValue) else {
            return
        }
        options.level.level = level
    }

    /// Admits nothing more, and waits for the call on the wire to be answered or to become a doubt in the journal.
    private func stop() {
        guard stopDeadline == nil else { return }
        ServiceManager.stopping(status: "stopping")
        stopDeadline = SystemClock.now().monotonic + configuration.limits.requestTimeout + .seconds(5)
        handle(.stopping)
        scheduleStopCheck()
    }

    private func scheduleStopCheck() {
        queue.asyncAfter(deadline: .now() + 1) { [unowned self] in
            ServiceManager.extendTimeout(microseconds: 10_000_000)
            stopIfDone()
            scheduleStopCheck()
        }
    }

    private func stopIfDone() {
        guard let runtime, let deadline = stopDeadline else { return }
        let isLate = SystemClock.now().monotonic >= deadline
        guard !runtime.scheduler.hasCallsOnTheWire || isLate else { return }
        control?.stop()
        do throws(JournalError) {
            try runtime.close()
            logger.notice("stopped")
        } catch {
            logger.error("stopped, and the journal was not closed: \(error)")
        }
        exit(0)
    }

    // MARK: systemd

    private func status() -> String {
        if let trouble = journalTrouble ?? watchTrouble { return "nothing is called: \(trouble.found)" }
        let sentence = runtime?.scheduler.statusSentence(at: SystemClock.now()) ?? "starting"
        return rejection.map { "reload refused: \($0.faults.first?.brief ?? $0.summary); \(sentence)" } ?? sentence
    }

    private func startWatchdog(_ control: ControlServer) {
        guard let interval = ServiceManager.watchdogInterval else { return }
        let probes = DispatchQueue(label: "watchdog probes")
        let watchdog = Watchdog(
            interval: interval, logger: logger,
            probes: [
                .client: { [group] answer in group.any().execute { answer(true) } },
                .queue: { [queue] answer in queue.async { answer(true) } },
                .journal: { [unowned self] answer in queue.async { answer(self.isJournalAlive()) } },
                .control: { [logger, path = control.path] answer in
                    probes.async { answer(Self.isServed(path, within: interval, logger)) }
                },
            ], ping: { ServiceManager.ping() })
        watchdog.start()
        self.watchdog = watchdog
    }

    /// Syncs a write. A disk that refuses is told and is no reason for a restart, which would not help; anything else is
    /// treated as it is when a record can not be written.
    private func isJournalAlive() -> Bool {
        guard let environment else { return false }
        do throws(JournalError) {
            try journal.checkWritable()
            if watchTrouble != nil, journalTrouble == nil { environment.log(nil) }
            watchTrouble = nil
        } catch {
            switch error.code {
            case .full, .readOnly, .locked, .tooLarge:
                if watchTrouble == nil, journalTrouble == nil { environment.log(error) }
                watchTrouble = error
            case .corrupt, .newerFormat, .unreadableRecord, .conflict, .io: environment.journalLost(error)
            }
        }
        statusLine.update()
        return true
    }

    private static let healthTarget = "/v1/health"

    /// Through the real socket, and answered by the runtime's queue.
    private static func isServed(_ path: String, within interval: Duration, _ logger: Logger) -> Bool {
        let seconds = max(1, Int(interval.milliseconds / 3000))
        do throws(ControlError) {
            return try ControlConnection(path: path, timeoutSeconds: seconds).request("GET", healthTarget).isSuccess
        } catch {
            logger.debug("the watchdog's request to the control socket failed: \(error.message)")
            return false
        }
    }

    // MARK: Control

    /// From here on clients can connect; they are answered once the runtime has started, since both use one queue.
    private func openControl(
        _ runtime: Runtime, _ environment: LinuxEnvironment
    ) throws(ControlSocketError) -> ControlServer {
        let face = DaemonFace(
            daemon: { [unowned self] in daemonDocument() },
            configuration: { [unowned self] in configurationDocument() },
            reload: { [unowned self] in reload(actor: $0) },
            usedMemory: { [queue, memory] in queue.async { memory.used() } })
        let desk = ControlDesk(
            runtime: runtime, environment: environment, journal: journal, reader: reader, face: face)
        let bound = UncheckedBox(desk)
        let queue = queue
        let memory = memory
        let statusLine = statusLine
        return try ControlServer.start(
            directory: options.runtimeDirectory, passed: options.passed, group: group
        ) { request, isWanted, reply in
            queue.async {
                // Whoever floods does not wait for answers; an order is obeyed in any case.
                guard request.method != "GET" || isWanted() else { return }
                bound.value.answer(request, isWanted, reply)
                // An order is no event of the environment's, and changes the sentence all the same.
                if request.method != "GET" { statusLine.update() }
                // The watchdog asks for ever: what it needs stays.
                if request.target != Self.healthTarget { memory.used() }
            }
        }
    }

    private func daemonDocument() -> DaemonDocument {
        DaemonDocument(
            version: Version.text, pid: Int(getpid()), state: stopDeadline == nil ? "ready" : "stopping",
            startedAt: startedAt.rfc3339, now: SystemClock.now().wall.rfc3339, sentence: status())
    }

    private func configurationDocument() -> ConfigurationDocument {
        ConfigurationDocument(
            generation: runtime?.scheduler.state.generation ?? 0, digest: configuration.digest,
            loadedAt: loadedAt.rfc3339, files: configuration.files, campaigns: configuration.campaigns.count,
            rejection: rejection.map { $0.faults.first?.sentence ?? $0.summary })
    }
}

/// Something that is touched on one queue only, on its way there.
private struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}

package enum Version {
    package static let text = "0.1.0"
}
