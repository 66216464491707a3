// What follows from exports that have ended: each is decided once, whichever began first. Begin at `noteEnded`.

package import Chronology

/// How far the exports of a sandbox are decided. Exports overlap, so the newest one says nothing of those that began before it.
package struct ExportMark: Equatable, Codable, Sendable {
    /// Of those that were decided, the one that was created last.
    package var job: String
    /// When that one was created, by the platform's clock.
    package var createdAt: Instant
    /// Everything that had ended by then is decided. Nil in snapshots of before.
    package var decidedUntil: Instant?
    /// Those that ended later and are decided, in the order of deciding, bounded. Nil in snapshots of before.
    package var decided: [DecidedExport]?
}

package struct DecidedExport: Equatable, Codable, Sendable {
    package var job: String
    package var endedAt: Instant
    /// It was taken for one that a program made. Nil for no.
    package var isOthers: Bool?
}

private enum DecidedBounds {
    /// Far more than can be under way beside each other.
    static let exports = 200
    /// So many may have been decided by one answer.
    static let atOnce = 20
}

extension ExportMark {
    /// - Parameter endedAt: By the platform's clock, like the other times.
    func isNew(_ job: String, createdAt: Instant, endedAt: Instant) -> Bool {
        if mutant(.exportsByCreation) { return createdAt > self.createdAt }
        if self.job == job || decided?.contains(where: { $0.job == job }) == true { return false }
        return decidedUntil.map { endedAt > $0 } ?? (createdAt > self.createdAt)
    }
}

extension State {
    mutating func decideExport(
        _ job: String, createdAt: Instant, endedAt: Instant, isOthers: Bool?, countedFrom: Instant?,
        in sandbox: SandboxName
    ) {
        var mark = exportMarks[sandbox] ?? ExportMark(job: job, createdAt: createdAt)
        if createdAt > mark.createdAt { (mark.job, mark.createdAt) = (job, createdAt) }
        // Several of one answer are decided in the order of their ends: without more the first says where counting begins.
        var decidedUntil = mark.decidedUntil ?? min(countedFrom ?? endedAt, endedAt)
        var decided = (mark.decided ?? []).filter { $0.job != job }
        decided.append(DecidedExport(job: job, endedAt: endedAt, isOthers: isOthers))
        while decided.count > DecidedBounds.exports,
            let first = decided.indices.min(by: { decided[$0].endedAt < decided[$1].endedAt })
        {
            decidedUntil = max(decidedUntil, decided.remove(at: first).endedAt)
        }
        mark.decidedUntil = decidedUntil
        mark.decided = decided
        exportMarks[sandbox] = mark
    }
}

extension Scheduler {
    /// Exports that have ended and are not decided. Every `after_export` campaign of the sandbox is due for one that succeeded;
    /// of several that ended while nobody looked, for the last of them. The others, and those that failed, are skipped with a
    /// record, all in the same step.
    ///
    /// - Parameter before: When the answer before this one was asked for. Nil for none since the start.
    mutating func noteEnded(
        _ jobs: [ExportJob], _ sandbox: SandboxName, before: Moment?, at now: Moment, _ step: inout Step
    ) {
        let campaigns = (due.followersOfExports[sandbox] ?? []).compactMap { configuration.campaigns[$0] }
        guard !campaigns.isEmpty, !isStopping else { return }
        countByPlatform(campaigns, sandbox, at: now, &step)
        let mark = state.exportMarks[sandbox]
        let ended = jobs.map { job in
            let createdAt = job.createdAt ?? job.endedAt ?? now.wall
            return (job: job, createdAt: createdAt, endedAt: job.endedAt ?? createdAt)
        }
        let new = ended.filter { mark?.isNew($0.job.id, createdAt: $0.createdAt, endedAt: $0.endedAt) ?? true }
            .sorted { ($0.endedAt, $0.job.id) < ($1.endedAt, $1.job.id) }
        guard let last = new.last else {
            if mark == nil { knowledge.withoutExports.insert(sandbox) }
            return
        }
        // An answer may leave out one that ended among these: later ones reach back as far, for a while.
        knowledge.exportReaches[sandbox, default: []].removeAll { now.monotonic >= $0.until }
        knowledge.exportReaches[sandbox, default: []].append(
            ExportReach(since: undecided(in: sandbox, at: now), until: now.monotonic + ExportBounds.again))
        // The first look only says where counting begins, but for what ended after the campaigns were taken into use.
        let isFirst = mark == nil && !knowledge.withoutExports.contains(sandbox)
        let due = isFirst ? new.filter { isLater($0.endedAt, than: campaigns, at: now) } : new
        let isFirstLook = isFirst && due.isEmpty
        if !isFirstLook { skipUnlisted(campaigns, sandbox, before: before, at: now, &step) }
        // Each is judged once, and after those that ended before it.
        var scheduledAt = lastScheduled(in: sandbox)
        let judged = (isFirstLook ? [last] : due).map { entry in
            let isOthers = isMadeByProgram(entry.job, in: sandbox, scheduledAt: scheduledAt)
            if !isOthers { scheduledAt = max(scheduledAt ?? entry.endedAt, entry.endedAt) }
            return (entry.job, entry.createdAt, entry.endedAt, isOthers)
        }
        let followed = judged.last { job, _, _, isOthers in job.status == .succeeded && !isOthers }?.0
        // An answer may leave out one that ended before all of these.
        var countedFrom = mark == nil && !isFirstLook ? undecided(in: sandbox, at: now) : nil
        // What somebody exported into a dataset of theirs is no scheduled export: nobody follows it, and that is said once.
        for (job, createdAt, endedAt, isOthers) in judged {
            record(
                .exportFinished(
                    sandbox: sandbox, job: job.id, succeeded: job.status == .succeeded, at: createdAt,
                    endedAt: endedAt, isOthers: isOthers ? true : nil, countedFrom: countedFrom), &step)
            countedFrom = nil
            if isFirstLook { continue }
            if isOthers {
                tellOthers(job, in: sandbox, campaigns, at: now, &step)
            } else if job.id == followed?.id {
                follow(job, campaigns, at: now, &step)
            } else if job.status == .succeeded {
                let detail = "export \(job.id) and a later one ended before anybody looked"
                skip(job, campaigns, .superseded, detail, at: now, &step)
            } else if !mutant(.failedExportIsSilent) {
                skip(job, campaigns, .predecessor, "export \(job.id) ended as \(job.word)", at: now, &step)
            }
        }
    }

    /// Of the schedule's own export, moved to a new dataset, it would be wrong: a person has to be able to see it.
    private mutating func tellOthers(
        _ job: ExportJob, in sandbox: SandboxName, _ campaigns: [Campaign], at now: Moment, _ step: inout Step
    ) {
        let dataset = job.datasetID ?? ""
        let nominal = ourTime(of: job, at: now)
        let isAwaited = campaigns.contains { !isFinished($0) && isInUse($0, since: nominal, job.endedAt, at: now) }
        guard job.status == .succeeded, isAwaited, knowledge.toldDatasets.count < ExportBounds.datasets,
            knowledge.toldDatasets.insert("\(sandbox)/\(dataset)").inserted
        else { return }
        let detail =
            "export \(job.id) wrote to dataset \(dataset), which no run has read so far: it counts as made by a person or a program"
        skip(job, campaigns, .predecessor, detail, at: now, &step)
    }

    /// Whether an export ended after the first of the campaigns was taken into use.
    private func isLater(_ endedAt: Instant, than campaigns: [Campaign], at now: Moment) -> Bool {
        campaigns.contains { campaign in
            guard let known = state.campaigns[campaign.name] else { return false }
            return known.countsFrom.map { endedAt > $0 } ?? (ourTime(of: endedAt, at: now) > known.highWater)
        }
    }

    /// From the first answer after they were taken into use on, campaigns count by the platform's clock: exports end by that one. By
    /// ours, which may be set back later, what ends then could lie before they were taken.
    private mutating func countByPlatform(
        _ campaigns: [Campaign], _ sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        guard knowledge.clock != nil, let platformNow = platformTime(at: now) else { return }
        let anchors = campaigns.sorted { $0.name < $1.name }.compactMap { campaign -> CampaignAnchors.Anchor? in
            guard let known = state.campaigns[campaign.name], known.countsFrom == nil else { return nil }
            // One that was taken into use by a clock that was ahead is taken to have been there for all that is not decided.
            let isAhead = known.highWater > now.wall
            let from = isAhead ? state.exportMarks[sandbox]?.decidedUntil : platformNow - (now.wall - known.highWater)
            return from.map {
                CampaignAnchors.Anchor(campaign: campaign.name, fingerprint: known.fingerprint, from: $0)
            }
        }
        recordTogether(anchors, Record.followersCounted, &step)
    }

    /// Whether an export ended after a campaign was taken into use. One that was so by a clock that was ahead is taken to be.
    ///
    /// - Parameter endedAt: By the platform's clock; nil where that is not known.
    private func isInUse(_ campaign: Campaign, since nominal: Instant, _ endedAt: Instant?, at now: Moment) -> Bool {
        if let from = state.campaigns[campaign.name]?.countsFrom, let endedAt {
            return endedAt + ClockBounds.agreement > from
        }
        guard let mark = state.campaigns[campaign.name]?.highWater, mark <= now.wall else { return true }
        return nominal + ClockBounds.agreement > mark
    }

    private mutating func skip(
        _ job: ExportJob, _ campaigns: [Campaign], _ reason: SkippedOccurrences.Reason, _ detail: String,
        at now: Moment, _ step: inout Step
    ) {
        let nominal = ourTime(of: job, at: now)
        for campaign in campaigns where !isFinished(campaign) && isInUse(campaign, since: nominal, job.endedAt, at: now)
        {
            recordSkip(campaign.name, nominal, nominal, 1, reason, detail, at: now, &step)
        }
    }

    /// After an outage that was longer than answers reach back nobody knows what began before: said once, for the first that is
    /// decided moves the mark.
    private mutating func skipUnlisted(
        _ campaigns: [Campaign], _ sandbox: SandboxName, before: Moment?, at now: Moment, _ step: inout Step
    ) {
        let platformNow = platformTime(at: now) ?? now.wall
        let answered = before.map { platformNow - max(now.monotonic - $0.monotonic, now.wall - $0.wall) }
        let first = max(undecided(in: sandbox, at: now), answered ?? .distantPast)
        let last = platformNow - ExportBounds.reach
        guard first < last else { return }
        let span = (ourTime(of: first, at: now), ourTime(of: last, at: now))
        let detail =
            "those that began before \(last.rfc3339) could not be listed while they were young enough to be followed"
        for campaign in campaigns where !isFinished(campaign) && isInUse(campaign, since: span.1, last, at: now) {
            recordSkip(campaign.name, span.0, span.1, 1, .missed, detail, at: now, &step)
        }
    }

    private mutating func follow(_ job: ExportJob, _ campaigns: [Campaign], at now: Moment, _ step: inout Step) {
        let nominal = ourTime(of: job, at: now)
        for campaign in campaigns where !isFinished(campaign) && isInUse(campaign, since: nominal, job.endedAt, at: now)
        {
            if now.wall - nominal > campaign.catchUp {
                recordSkip(
                    campaign.name, nominal, nominal, 1, .missed,
                    "export \(job.id) ended longer ago than catch_up", at: now, &step)
            } else {
                _ = admit(
                    campaign, nominal: nominal, origin: .export(job: job.id), forceOverlap: false, at: now, &step)
            }
        }
    }

    /// How far back export jobs are worth reading: those that may still run, those that were seen running, and, for who follows
    /// exports, all since the last one that is decided, or since the first of them was taken into use, within what may still be
    /// caught up.
    func exportHorizon(of sandbox: SandboxName, at now: Moment) -> Instant {
        let platformNow = platformTime(at: now) ?? now.wall
        let seen = knowledge.exports[sandbox]?.open.compactMap(\.job.createdAt) ?? []
        var followed: [Instant] = []
        if due.followersOfExports[sandbox]?.isEmpty == false {
            let again = (knowledge.exportReaches[sandbox] ?? []).filter { now.monotonic < $0.until }.map(\.since)
            followed = again + [undecided(in: sandbox, at: now)]
        }
        let oldest = max((seen + followed).min() ?? platformNow, platformNow - ExportBounds.reach)
        return min(platformNow - max(configuration.guardrails.exportMaximumAge, ExportBounds.leastReach), oldest)
    }

    /// The last answer of the process before may have left out one that ended among those that it decided, which are few as a rule.
    mutating func reachBack(in sandbox: SandboxName, at now: Moment) {
        guard let mark = state.exportMarks[sandbox], let decided = mark.decided else { return }
        let last = decided.suffix(DecidedBounds.atOnce).map(\.endedAt)
        // Where these are all, the very first answer may have been the last one.
        let isAll = last.count == decided.count
        guard let oldest = (last + (isAll ? [mark.decidedUntil].compactMap { $0 } : [])).min() else { return }
        knowledge.exportReaches[sandbox] = [
            ExportReach(
                since: oldest - configuration.guardrails.exportMaximumAge, until: now.monotonic + ExportBounds.again)
        ]
    }

    /// What began before is decided, or was never to be followed.
    private func undecided(in sandbox: SandboxName, at now: Moment) -> Instant {
        let platformNow = platformTime(at: now) ?? now.wall
        let followers = (due.followersOfExports[sandbox] ?? []).compactMap { configuration.campaigns[$0] }
        let uses = followers.compactMap { state.campaigns[$0.name] }
            .map { $0.countsFrom ?? platformNow - max(.zero, now.wall - $0.highWater) }
        return state.exportMarks[sandbox]?.createdAt ?? uses.min() ?? platformNow
    }
}

enum ExportBounds {
    /// Of one sandbox: what ended in a month of half an hour's exports.
    static let ends = 1500
    /// Whatever `export_max_age` is, answers reach back so far: a run that shows late may be one that followed an export.
    static let leastReach = Duration.seconds(26 * 3600)
    /// After new ones have ended, for so long answers reach back to the one before them.
    static let again = Duration.seconds(3600)
    /// Datasets that are remembered as told: beyond them nobody reads it any more.
    static let datasets = 1000
    /// No `catch_up` is longer.
    static let reach = Duration.seconds(31 * 86_400)
}
