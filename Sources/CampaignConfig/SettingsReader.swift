// The tables of limits: [daemon], [guardrails], [polling], [limits] and [defaults]. One function each.

internal import Chronology
internal import SchedulerCore

/// What campaigns do that do not say otherwise.
struct CampaignDefaults: Equatable, Sendable {
    static let keys = ["start_within", "catch_up", "overlap", "on_doubt", "jitter", "except", "shift", "weekend"]

    var startWithin = Duration.seconds(4 * 3600)
    var catchUp = Duration.seconds(3600)
    var overlap = OverlapPolicy.skip
    var onDoubt = DoubtPolicy.retry
    var jitter = Duration.zero
    /// Of campaigns with a timetable.
    var days = DayDefaults()

    /// These with what `section` says otherwise.
    func overridden(by section: Section, rules: DayRulesReader) -> CampaignDefaults {
        var result = self
        result.startWithin = section.duration("start_within", in: Bounds.startWithin) ?? startWithin
        result.catchUp = section.duration("catch_up", in: Bounds.catchUp) ?? catchUp
        result.overlap = section.choice("overlap") ?? overlap
        result.onDoubt = section.choice("on_doubt") ?? onDoubt
        result.jitter = section.duration("jitter", in: Bounds.jitter) ?? jitter
        result.days = rules.overriding(days, by: section)
        return result
    }
}

struct SettingsReader {
    let findings: Findings
    let main: Section

    func readDaemon(into configuration: inout Configuration) {
        guard let section = main.section("daemon", title: "[daemon]", keys: ["keep", "log_level", "metrics"]) else {
            return
        }
        configuration.keep = section.duration("keep", in: Bounds.keep) ?? configuration.keep
        configuration.logLevel = section.choice("log_level") ?? configuration.logLevel
        guard let (text, place) = section.string("metrics", example: "\"127.0.0.1:9780\""), !text.isEmpty else {
            return
        }
        guard let address = Authority(text), address.port != nil else {
            findings.error(
                .badAddress, at: place, "\(text.quoted) is not an address to serve metrics at",
                accepted: "host:port, an IPv6 address in brackets, or \"\" for none",
                remedy: "Write such as \"127.0.0.1:9780\".")
            return
        }
        configuration.metricsAddress = text
    }

    func readGuardrails(into guardrails: inout Guardrails) {
        let keys = [
            "first_activation_window", "pairs_per_job", "export_max_age", "run_max_age", "serialize", "dataflow_gate",
        ]
        guard let section = main.section("guardrails", title: "[guardrails]", keys: keys) else { return }
        if let window = section.duration("first_activation_window", in: Bounds.firstActivationWindow) {
            guardrails.firstActivationWindow = window
            warnOfShortWindow(window, section)
        }
        guardrails.pairsPerJob = section.integer("pairs_per_job", in: Bounds.pairsPerJob) ?? guardrails.pairsPerJob
        guardrails.exportMaximumAge =
            section.duration("export_max_age", in: Bounds.exportMaximumAge) ?? guardrails.exportMaximumAge
        guardrails.runMaximumAge =
            section.duration("run_max_age", in: Bounds.runMaximumAge) ?? guardrails.runMaximumAge
        guardrails.serialize = section.choice("serialize") ?? guardrails.serialize
        guardrails.dataflowGate = section.choice("dataflow_gate") ?? guardrails.dataflowGate
    }

    private func warnOfShortWindow(_ window: Duration, _ section: Section) {
        guard window < Bounds.cautiousWindow, let entry = section.entry("first_activation_window") else { return }
        findings.warning(
            .shortWindow, at: entry.value.place,
            "first_activation_window is \(window.text), and Adobe's pages since 2026 say one hour",
            remedy: "Write \"1h\" if the platform refuses audiences that were just mapped.")
    }

    func readPolling(into polling: inout Polling) {
        let keys = ["gate", "gate_freshness", "run", "run_max", "run_late", "settle"]
        guard let section = main.section("polling", title: "[polling]", keys: keys) else { return }
        polling.gate = section.duration("gate", in: Bounds.poll) ?? polling.gate
        polling.gateFreshness = section.duration("gate_freshness", in: Bounds.gateFreshness) ?? polling.gateFreshness
        polling.run = section.duration("run", in: Bounds.poll) ?? polling.run
        polling.runMaximum = section.duration("run_max", in: Bounds.poll) ?? polling.runMaximum
        polling.runLate = section.duration("run_late", in: Bounds.runLate) ?? polling.runLate
        polling.settle = section.duration("settle", in: Bounds.settle) ?? polling.settle
        checkOrder(section, "run", polling.run, "run_max", polling.runMaximum)
        warnOfPolling(polling, section)
    }

    private func warnOfPolling(_ polling: Polling, _ section: Section) {
        if polling.gateFreshness > Bounds.cautiousFreshness, let entry = section.entry("gate_freshness") {
            findings.warning(
                .longFreshness, at: entry.value.place,
                "gate_freshness is \(polling.gateFreshness.text): an export that begins meanwhile is not seen before a call",
                remedy: "Write \(Bounds.cautiousFreshness.text.quoted) or less, if the platform answers in time.")
        }
        if polling.settle < Bounds.cautiousSettle, let entry = section.entry("settle") {
            findings.warning(
                .shortSettle, at: entry.value.place,
                "settle is \(polling.settle.text), and the platform may list a run later than that: it would be sent again",
                remedy: "Write \("5m".quoted), unless the platform is a simulated one.")
        }
    }

    func readLimits(into limits: inout Limits) {
        let keys = [
            "concurrent_calls", "calls_per_minute", "request_timeout", "response_bytes", "attempts", "backoff_base",
            "backoff_max", "clock_wait",
        ]
        guard let section = main.section("limits", title: "[limits]", keys: keys) else { return }
        limits.concurrentCalls =
            section.integer("concurrent_calls", in: Bounds.concurrentCalls) ?? limits.concurrentCalls
        limits.callsPerMinute = section.integer("calls_per_minute", in: Bounds.callsPerMinute) ?? limits.callsPerMinute
        limits.requestTimeout = section.duration("request_timeout", in: Bounds.requestTimeout) ?? limits.requestTimeout
        limits.responseBytes = section.integer("response_bytes", in: Bounds.responseBytes) ?? limits.responseBytes
        limits.attempts = section.integer("attempts", in: Bounds.attempts) ?? limits.attempts
        limits.backoffBase = section.duration("backoff_base", in: Bounds.backoff) ?? limits.backoffBase
        limits.backoffMaximum = section.duration("backoff_max", in: Bounds.backoff) ?? limits.backoffMaximum
        limits.clockWait = section.duration("clock_wait", in: Bounds.clockWait) ?? limits.clockWait
        checkOrder(section, "backoff_base", limits.backoffBase, "backoff_max", limits.backoffMaximum)
    }

    func readDefaults(_ rules: DayRulesReader) -> CampaignDefaults {
        guard let section = main.section("defaults", title: "[defaults]", keys: CampaignDefaults.keys) else {
            return .init()
        }
        return CampaignDefaults().overridden(by: section, rules: rules)
    }

    /// A first interval that is longer than the one it grows to. Reported at whichever of the two was set.
    private func checkOrder(_ section: Section, _ key: String, _ least: Duration, _ otherKey: String, _ most: Duration)
    {
        guard least > most, let entry = section.entry(key) ?? section.entry(otherKey) else { return }
        findings.error(
            .outOfRange, at: entry.value.place,
            "\(key) is \(least.text) and \(otherKey) only \(most.text)",
            accepted: "\(key) up to \(otherKey)", remedy: "Set both, or raise \(otherKey).")
    }
}
