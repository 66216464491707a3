// What the daemon was told to do: campaigns and limits after everything in the files was checked. `CampaignConfig` makes
// it from TOML; the core only reads it. Every rule of the platform that can drift is a named limit here, with the value
// that the admin set, and never a number in code.

package import Chronology

/// Everything that a reload replaces at once.
package struct Configuration: Equatable, Sendable {
    package var platform: PlatformSettings
    package var guardrails: Guardrails
    package var polling: Polling
    package var limits: Limits
    package var blackouts: [Blackout]
    package var notifications: [NotificationRule]
    /// Names for ids, as the admin wrote them. Used to show people names and never to decide.
    package var dataflowNames: [DataflowID: String]
    package var audienceNames: [AudienceID: String]
    package var campaigns: [CampaignName: Campaign]
    /// How long finished occurrences stay in the journal. Default 400 days.
    package var keep: Duration
    package var logLevel: LogLevel
    /// `host:port` that serves Prometheus text, or nil for the control socket only.
    package var metricsAddress: String?
    /// A digest of all files that were read, so that two loads can be told apart. 16 hexadecimal digits.
    package var digest: String
    /// The files that were read, in the order of reading.
    package var files: [String]
    /// The version of the system's zone data, such as `2025b`. Nil where the host does not say.
    package var zoneData: String?

    package init(
        platform: PlatformSettings, guardrails: Guardrails = .init(), polling: Polling = .init(),
        limits: Limits = .init(), blackouts: [Blackout] = [], notifications: [NotificationRule] = [],
        dataflowNames: [DataflowID: String] = [:], audienceNames: [AudienceID: String] = [:],
        campaigns: [CampaignName: Campaign] = [:], keep: Duration = .seconds(400 * 86_400),
        logLevel: LogLevel = .info, metricsAddress: String? = nil, digest: String = "", files: [String] = [],
        zoneData: String? = nil
    ) {
        self.platform = platform
        self.guardrails = guardrails
        self.polling = polling
        self.limits = limits
        self.blackouts = blackouts
        self.notifications = notifications
        self.dataflowNames = dataflowNames
        self.audienceNames = audienceNames
        self.campaigns = campaigns
        self.keep = keep
        self.logLevel = logLevel
        self.metricsAddress = metricsAddress
        self.digest = digest
        self.files = files
        self.zoneData = zoneData
    }
}

package enum LogLevel: String, Codable, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// Where a secret is to be read from when it is needed. The secret itself is never part of a configuration.
package enum SecretSource: Equatable, Sendable {
    /// A file of that name in systemd's `CREDENTIALS_DIRECTORY`.
    case credential(String)
    case file(String)
    case environment(String)
}

package struct PlatformSettings: Equatable, Sendable {
    /// `<24 hex>@AdobeOrg`, sent as `x-gw-ims-org-id`.
    package var organization: String
    /// The sandbox of campaigns that do not name one.
    package var sandbox: SandboxName
    /// Scheme, host and port only: `https://platform.adobe.io`. `http` is accepted for loopback addresses only.
    package var url: String
    /// 1 or 2: which form of `adhocrun` is sent.
    package var apiVersion: Int
    /// Sent as `x-sandbox-id` where set. Flow Service refuses it for most credentials.
    package var sandboxID: String?
    package var clientID: String
    package var clientSecret: SecretSource
    package var secondSecret: SecretSource?
    package var tokenURL: String
    package var scopes: [String]

    package init(
        organization: String, sandbox: SandboxName, url: String = "https://platform.adobe.io", apiVersion: Int = 2,
        sandboxID: String? = nil, clientID: String, clientSecret: SecretSource, secondSecret: SecretSource? = nil,
        tokenURL: String = "https://ims-na1.adobelogin.com/ims/token/v3",
        scopes: [String] = [
            "openid", "session", "AdobeID", "read_organizations", "additional_info.projectedProductContext",
        ]
    ) {
        self.organization = organization
        self.sandbox = sandbox
        self.url = url
        self.apiVersion = apiVersion
        self.sandboxID = sandboxID
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.secondSecret = secondSecret
        self.tokenURL = tokenURL
        self.scopes = scopes
    }
}

/// What one lane serializes.
package enum Serialization: String, Codable, Sendable, CaseIterable {
    /// One audience, one activation in flight, over all dataflows. The cautious reading of the platform's rule.
    case audience
    /// One activation in flight for each (audience, dataflow).
    case audienceAndDataflow = "audience-and-dataflow"
}

/// Which runs of others close a dataflow's gate.
package enum DataflowGate: String, Codable, Sendable, CaseIterable {
    /// Any that is in progress: Adobe's tutorial asks to wait while the dataflow shows *Processing*.
    case dataflow
    /// Those for the same audience, and those that do not say for whom they are: Adobe's API description asks to wait for
    /// exports of the same audiences only.
    case audience
}

/// The platform's rules, as limits.
package struct Guardrails: Equatable, Sendable {
    /// How long an audience must have been mapped to a dataflow before its first ad hoc activation.
    /// Adobe's pages said 20 minutes, and one hour since 2026.
    package var firstActivationWindow: Duration
    /// 1 to 80 (dataflow, audience) pairs in one job. Adobe's hard guardrail is 80.
    package var pairsPerJob: Int
    /// An export record that has run for longer than this no longer closes the export gate.
    package var exportMaximumAge: Duration
    /// A run of others that has been under way for longer than this no longer closes the dataflow's gate, nor holds a lane.
    package var runMaximumAge: Duration
    package var serialize: Serialization
    package var dataflowGate: DataflowGate

    package init(
        firstActivationWindow: Duration = .seconds(20 * 60), pairsPerJob: Int = 80,
        exportMaximumAge: Duration = .seconds(86_400), runMaximumAge: Duration = .seconds(86_400),
        serialize: Serialization = .audience, dataflowGate: DataflowGate = .dataflow
    ) {
        self.firstActivationWindow = firstActivationWindow
        self.pairsPerJob = pairsPerJob
        self.exportMaximumAge = exportMaximumAge
        self.runMaximumAge = runMaximumAge
        self.serialize = serialize
        self.dataflowGate = dataflowGate
    }
}

/// How often the platform is asked, while somebody waits for the answer.
package struct Polling: Equatable, Sendable {
    /// Between two looks at a gate that is closed.
    package var gate: Duration
    /// How old a gate's answer may be when the call is made.
    package var gateFreshness: Duration
    /// From the call to the first follow-up of its runs; grows from there to `runMaximum`.
    package var run: Duration
    package var runMaximum: Duration
    /// Somebody is told when a run takes longer than this. Adobe's own delay alert fires at 300 minutes, and did at 150.
    package var runLate: Duration
    /// The time over which a call in doubt is looked up, at least 5 times, before it counts as absent.
    package var settle: Duration

    package init(
        gate: Duration = .seconds(60), gateFreshness: Duration = .seconds(15), run: Duration = .seconds(30),
        runMaximum: Duration = .seconds(300), runLate: Duration = .seconds(300 * 60), settle: Duration = .seconds(300)
    ) {
        self.gate = gate
        self.gateFreshness = gateFreshness
        self.run = run
        self.runMaximum = runMaximum
        self.runLate = runLate
        self.settle = settle
    }
}

/// Our own bounds on what we do to the platform.
package struct Limits: Equatable, Sendable {
    package var concurrentCalls: Int
    package var callsPerMinute: Int
    package var requestTimeout: Duration
    package var responseBytes: Int
    /// Calls for one activation before it is set aside for a person.
    package var attempts: Int
    package var backoffBase: Duration
    package var backoffMaximum: Duration
    /// How long nothing falls due after a start while the host's clock is not synchronised.
    package var clockWait: Duration

    package init(
        concurrentCalls: Int = 4, callsPerMinute: Int = 120, requestTimeout: Duration = .seconds(30),
        responseBytes: Int = 8_388_608, attempts: Int = 6, backoffBase: Duration = .seconds(2),
        backoffMaximum: Duration = .seconds(300), clockWait: Duration = .seconds(120)
    ) {
        self.concurrentCalls = concurrentCalls
        self.callsPerMinute = callsPerMinute
        self.requestTimeout = requestTimeout
        self.responseBytes = responseBytes
        self.attempts = attempts
        self.backoffBase = backoffBase
        self.backoffMaximum = backoffMaximum
        self.clockWait = clockWait
    }

    /// How long bytes of a call may be under way after nobody waits for it any more: the kernel gives them up after
    /// `request_timeout` (`TCP_USER_TIMEOUT`), and TLS takes a moment for its last word. As long after the beginning of a doubt
    /// no look-up says that its call had no effect.
    package var wireTime: Duration { requestTimeout + Self.closingTime }

    private static let closingTime = Duration.seconds(3)
}

extension Configuration {
    /// `settle`, and never less than ``Limits/wireTime``: what the kernel still holds may arrive after a look-up.
    package var settling: Duration { max(polling.settle, limits.wireTime) }

    /// How long after a call was handed out a run of it may begin: until it reaches the wire, what was judged before it may be as old
    /// as `gate_freshness`, and the kernel may hold it for a while.
    package var effectTime: Duration { polling.gateFreshness + settling }
}

/// A span in which nothing is fired.
package struct Blackout: Equatable, Sendable {
    package enum Span: Equatable, Sendable {
        case fixed(from: Instant, until: Instant)
        case repeating(Timetable, length: Duration)
        /// Whole days of the zone.
        case days(DayCalendar, in: Zone)
    }

    package var name: String
    package var span: Span

    package init(name: String, span: Span) {
        self.name = name
        self.span = span
    }

    /// When the window that covers `now` ends; nil outside of it. The start belongs to the window, the end does not.
    package func end(at now: Instant) -> Instant? {
        switch span {
        case .fixed(let from, let until):
            return from <= now && now < until ? until : nil
        case .repeating(let timetable, let length):
            // The latest start at or before now decides; windows that overlap each other are covered by the latest.
            guard let start = timetable.previous(before: Instant(milliseconds: now.milliseconds + 1)) else {
                return nil
            }
            return now < start + length ? start + length : nil
        case .days(let calendar, let zone):
            return zone.endOfDays(in: calendar, at: now)
        }
    }
}

/// The occasions that an admin can be told of.
package enum NotificationKind: String, Codable, Sendable, CaseIterable {
    case failed, expired, skipped, quarantined
    case runLate = "run_late"
    case configRejected = "config_rejected"
    case credentials
    case succeeded, partial, mapping, duplicate
    /// A run succeeded with 0 records.
    case empty
    /// An update of the system's zone data moved a coming occurrence.
    case moved
    /// The host's clock is not synchronised, or times are decided that it has not come to.
    case clock
}

package struct NotificationRule: Equatable, Sendable {
    package enum Target: Equatable, Sendable {
        case webhook(url: String, secret: SecretSource?)
        /// Program and arguments; the event is given as JSON on standard input.
        case command([String])
    }

    package var name: String
    package var target: Target
    package var kinds: Set<NotificationKind>

    package init(name: String, target: Target, kinds: Set<NotificationKind>) {
        self.name = name
        self.target = target
        self.kinds = kinds
    }
}

/// What an occurrence does while the one before it has not ended.
package enum OverlapPolicy: String, Codable, Sendable, CaseIterable {
    case skip
    case bufferOne = "buffer-one"
    case bufferAll = "buffer-all"
    case cancelWaiting = "cancel-waiting"
}

/// What is done once it is established that a call in doubt never took effect.
package enum DoubtPolicy: String, Codable, Sendable, CaseIterable {
    case retry, skip, hold
}

/// When a campaign fires.
package enum Trigger: Equatable, Sendable {
    /// By the calendar: `schedule`, `cron` or `at`.
    case timetable(Timetable)
    /// As soon as each scheduled export of the campaign's sandbox has finished.
    case afterExport
    /// `delay` after an occurrence of that campaign has succeeded.
    case after(CampaignName, delay: Duration)
    /// By hand only.
    case manual

    /// How the fingerprint of a timetable begins.
    static let timetableWord = "timetable "

    /// Two triggers with the same text decide the same occurrences. Kept in the journal, so that a changed schedule is
    /// recognised after a restart as well as after a reload.
    package var fingerprint: String {
        switch self {
        case .timetable(let timetable): "\(Self.timetableWord)\(timetable.text) in \(timetable.zone.name)"
        case .afterExport: "after export"
        case .after(let campaign, let delay): "after \(campaign) by \(delay.milliseconds) ms"
        case .manual: "manual"
        }
    }
}

extension Trigger {
    /// Whether the same times are named, whatever the rules of their zones: a change of those is told and counted by itself.
    func hasSameTimes(as other: Trigger) -> Bool {
        guard case .timetable(let own) = self, case .timetable(let theirs) = other else { return self == other }
        return own.hasSameTimes(as: theirs)
    }
}
