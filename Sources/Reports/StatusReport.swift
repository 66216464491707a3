// `status`: what the daemon itself adds to what the scheduler knows comes from its caller.

package import Chronology
package import ControlProtocol
package import SchedulerCore

extension Scheduler {
    package func statusReport(
        daemon: DaemonDocument, configuration loaded: ConfigurationDocument, journal: JournalDocument, at now: Moment
    ) -> StatusDocument {
        let held = state.occurrences.values.sorted { $0.id < $1.id }
        let shown = held.filter(\.needsPerson) + held.filter { !$0.needsPerson }
        let platform = configuration.platform
        return StatusDocument(
            daemon: daemon, configuration: loaded,
            platform: PlatformDocument(
                url: platform.url, organization: platform.organization, sandbox: platform.sandbox.text),
            journal: journal, credentials: credentialsReport(at: now), clock: clockReport(at: now),
            exports: exportInsights(at: now).map(report),
            pauses: state.pauses.map(report), next: nextReport(),
            occurrences: shown.prefix(StatusDocument.occurrenceLimit).map { report($0, at: now) },
            activations: counts(at: now))
    }

    private func credentialsReport(at now: Moment) -> CredentialsDocument {
        guard let sentence = credentialsSentence(at: now) else { return CredentialsDocument(state: "open") }
        return CredentialsDocument(
            state: "closed", since: sentence.since?.rfc3339, evidence: sentence.evidence,
            retryAt: sentence.until?.rfc3339)
    }

    private func clockReport(at now: Moment) -> ClockDocument {
        let ahead = marksAhead(at: now)
        let evidence =
            ahead?.words
            ?? (isClockSynchronised ? nil : "the host does not say that its clock is kept right (adjtimex)")
        return ClockDocument(
            isSynchronised: isClockSynchronised, waitsUntil: clockWait(at: now)?.rfc3339,
            campaignsAhead: ahead?.count ?? 0, aheadUntil: ahead?.until.rfc3339, evidence: evidence)
    }

    private func report(_ export: ExportInsight) -> ExportDocument {
        ExportDocument(
            sandbox: export.sandbox.text, state: export.running == nil ? "open" : "closed", job: export.running?.id,
            word: export.running?.word, since: export.since.rfc3339, askedAt: export.askedAt.wall.rfc3339,
            usualEnd: export.usual?.usualEnd.rfc3339, latestEnd: export.usual?.latestEnd.rfc3339)
    }

    func report(_ pause: Pause) -> PauseDocument {
        var campaign: String?
        if case .campaign(let name) = pause.scope { campaign = name.text }
        return PauseDocument(
            campaign: campaign, since: pause.since.rfc3339, until: pause.until?.rfc3339, actor: pause.actor,
            reason: pause.reason)
    }

    private func nextReport() -> [NextDocument] {
        configuration.campaigns.values
            .compactMap { campaign in nextTime(of: campaign.name).map { ($0, campaign) } }
            .sorted { ($0.0, $0.1.name) < ($1.0, $1.1.name) }
            .prefix(StatusDocument.nextLimit)
            .map { at, campaign in
                NextDocument(
                    campaign: campaign.name.text, at: at.rfc3339, zone: campaign.zone.name,
                    activations: campaign.pairs.count)
            }
    }

    private func counts(at now: Moment) -> [String: Int] {
        let waiting = waiting()
        var counts: [String: Int] = [:]
        for (id, closures) in zip(waiting, closures(ofAll: waiting, at: now)) {
            if let word = state[id]?.word(behind: closures) { counts[word, default: 0] += 1 }
        }
        for occurrence in state.occurrences.values {
            for activation in occurrence.activations where activation.phase != .waiting {
                counts[activation.word(behind: []), default: 0] += 1
            }
        }
        return counts
    }
}
