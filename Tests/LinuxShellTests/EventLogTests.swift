import CampaignConfig
import Chronology
import Foundation
import Logging
import SchedulerCore
import Testing

@testable import LinuxShell

/// What was logged, with its fields.
private final class Entries: @unchecked Sendable {
    struct Entry: Equatable {
        var level: Logger.Level
        var message: String
        var fields: [String: String]
    }

    private let lock = NSLock()
    private var entries: [Entry] = []

    var all: [Entry] { lock.withLock { entries } }

    func logger(_ level: Logger.Level = .trace) -> Logger {
        Logger(label: "test") { _ in Handler(entries: self, logLevel: level) }
    }

    private func add(_ entry: Entry) { lock.withLock { entries.append(entry) } }

    private struct Handler: LogHandler {
        let entries: Entries
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        init(entries: Entries, logLevel: Logger.Level) {
            self.entries = entries
            self.logLevel = logLevel
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            entries.add(
                Entry(
                    level: event.level, message: "\(event.message)",
                    fields: (event.metadata ?? [:]).mapValues { "\($0)" }))
        }
    }
}

/// Goal: what was decided is found in the log by what it is about, at the level at which an admin looks for it.
@Suite struct StepLogTests {
    private let entries = Entries()
    private let at = ten

    private func told(_ kind: NotificationKind) -> Entries.Entry? {
        StepLog(logger: entries.logger()).tell(SchedulerCore.Notification(kind: kind, text: "words", at: at))
        return entries.all.last
    }

    @Test(
        arguments: [
            (.succeeded, .info), (.partial, .warning), (.skipped, .warning), (.runLate, .warning),
            (.mapping, .warning), (.moved, .warning), (.empty, .warning), (.clock, .warning), (.failed, .error),
            (.expired, .error), (.quarantined, .error), (.configRejected, .error), (.credentials, .error),
            (.duplicate, .error),
        ] as [(NotificationKind, Logger.Level)])
    func `what a person is told is logged at its level, under its name and its number`(
        kind: NotificationKind, level: Logger.Level
    ) {
        let entry = told(kind)
        #expect(entry?.level == level && entry?.message == "words")
        #expect(entry?.fields["event"] == kind.rawValue)
        // The journal's catalog explains all but good news.
        #expect((entry?.fields["message_id"]?.count == 32) == (kind != .succeeded))
        #expect(entry?.fields["campaign"] == nil && entry?.fields["activation"] == nil)
    }

    @Test func `what a person is told begins with what it is about, and has it as fields`() {
        let log = StepLog(logger: entries.logger())
        let activation = ActivationID(OccurrenceID(17), 3)
        log.tell(
            SchedulerCore.Notification(
                kind: .failed, campaign: "sale", occurrence: OccurrenceID(17), activation: activation, text: "gone",
                at: at))
        log.tell(
            SchedulerCore.Notification(
                kind: .skipped, campaign: "sale", occurrence: OccurrenceID(18), text: "paused", at: at))
        log.tell(SchedulerCore.Notification(kind: .moved, campaign: "sale", text: "later", at: at))
        #expect(entries.all.map(\.message) == ["sale 17.3: gone", "sale 18: paused", "sale: later"])
        #expect(entries.all.map { $0.fields["campaign"] } == ["sale", "sale", "sale"])
        #expect(entries.all.map { $0.fields["occurrence"] } == ["17", "18", nil])
        #expect(entries.all.map { $0.fields["activation"] } == ["17.3", nil, nil])
    }

    private let occurrence = Occurrence(
        id: OccurrenceID(17), campaign: "sale", sandbox: "prod", nominal: ten, startsAt: ten, expiresAt: ten,
        admittedAt: ten, origin: .timetable, generation: 1, isLate: false, onDoubt: .retry, startsAfter: nil,
        pairs: [Pair(dataflow: "flow", audience: "vip"), Pair(dataflow: "flow", audience: "all")])

    private let scheduler = Scheduler(
        configuration: Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET"))))

    @Test func `a record has its campaign, occurrence, activation, pair, call and run as fields`() {
        let activation = ActivationID(OccurrenceID(17), 2)
        StepLog(logger: entries.logger()).tell(
            [
                .occurrenceAdmitted(occurrence), .runLate(activation: activation, run: "r-1", at: at),
                .callSending(call: CallID(5), at: at), .campaignRemoved(campaign: "other"),
            ], before: scheduler, after: scheduler)
        let all = entries.all
        #expect(
            all.map { $0.fields["event"] } == ["occurrence-due", "run-late", "call-sending", "campaign-removed"])
        #expect(
            all.dropFirst().first?.fields == [
                "event": "run-late", "campaign": "sale", "occurrence": "17", "activation": "17.2", "audience": "all",
                "dataflow": "flow", "run_id": "r-1",
            ])
        #expect(all.first?.fields == ["event": "occurrence-due", "campaign": "sale", "occurrence": "17"])
        #expect(all.dropFirst(2).first?.fields == ["event": "call-sending", "call": "5"])
        #expect(all.last?.fields == ["event": "campaign-removed", "campaign": "other"])
        #expect(all.last?.message == "other: removed from the configuration")
        #expect(all.dropFirst().first?.message.hasPrefix("sale 17.2: all to flow: ") == true)
    }

    @Test
    func `what people ordered is a notice, what may need them a warning, and steps are for a close look`() {
        let activation = ActivationID(OccurrenceID(17), 1)
        let records: [(Record, Logger.Level)] = [
            (.generationLoaded(generation: 1, digest: "0"), .notice),
            (.resumed(scope: .all, actor: "me", at: at), .notice),
            (.cancelRequested(target: "17", actor: "me", at: at), .notice),
            (.runDisregarded(run: "r", actor: "me", at: at), .notice),
            (.marksSetBack(scope: .all, actor: "me", at: at), .notice),
            (.activationResolved(activation: activation, resolution: .retry, actor: "me", at: at), .notice),
            (.occurrenceEnded(occurrence: OccurrenceID(17), outcome: .succeeded, at: at), .notice),
            (.activationInDoubt(activation: activation, call: CallID(5), reason: "lost", at: at), .warning),
            (.pairLimitLearned(sandbox: "prod", limit: 40, at: at), .warning),
            (.activationQuarantined(activation: activation, reason: "why", holdsLane: true, at: at), .warning),
            (.duplicateSeen(activation: activation, run: "r", at: at), .warning),
            (.runEndUnknown(activation: activation, run: "r", reason: "why", at: at), .warning),
            (.runLate(activation: activation, run: "r", at: at), .warning),
            (.doubtLookedUp(activation: activation, at: at), .debug),
            (.candidateSeen(activation: activation, run: "r", at: at), .debug),
            (.runNamed(activation: activation, run: "r", leftAt: at, at: at), .debug),
            (.campaignRemoved(campaign: "sale"), .info), (.callSending(call: CallID(5), at: at), .info),
        ]
        StepLog(logger: entries.logger()).tell(records.map { $0.0 }, before: scheduler, after: scheduler)
        #expect(entries.all.map(\.level) == records.map { $0.1 })
        // At the usual level the steps are not even put into words.
        let usual = Entries()
        StepLog(logger: usual.logger(.info)).tell(records.map { $0.0 }, before: scheduler, after: scheduler)
        #expect(usual.all.map(\.level) == records.map { $0.1 }.filter { $0 != .debug })
    }
}

/// Goal: a fault of the configuration is found in the log by its place.
@Suite struct FaultLogTests {
    private let entries = Entries()

    private func fault(_ severity: ConfigurationFault.Severity, line: Int) -> ConfigurationFault {
        ConfigurationFault(
            code: .unknownKey, severity: severity, file: "a.toml", line: line, column: line * 2,
            found: "no such key", remedy: "Take it away.")
    }

    @Test
    func `an error and a warning have their code and their place as fields, and one of a whole file its name`() {
        FaultLog(logger: entries.logger()).tell(
            ConfigurationFaults(
                faults: [fault(.error, line: 7), fault(.error, line: 0)], warnings: [fault(.warning, line: 1)],
                fileCount: 1))
        let all = entries.all
        #expect(all.map(\.level) == [.error, .error, .warning])
        #expect(all.map { $0.fields["event"] == "configuration-warning" } == [false, false, true])
        #expect(all.map { $0.fields["fault_code"] } == ["unknown-key", "unknown-key", "unknown-key"])
        #expect(all.map { $0.fields["config_file"] } == ["a.toml", "a.toml", "a.toml"])
        #expect(all.map { $0.fields["config_line"] } == ["7", nil, "1"])
        #expect(all.map { $0.fields["config_column"] } == ["14", nil, "2"])
        #expect(all.map { $0.fields["message_id"]?.count } == [32, 32, nil])
        #expect(all.first?.message.contains("a.toml:7:14") == true)
    }
}
