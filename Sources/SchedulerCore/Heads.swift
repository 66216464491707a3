// Listings that take longer to read than `gate_freshness`: all of one is old when it has come. So its head is read anew, and its
// tail is kept. What was under way in the tail stays in the way until it is asked for by name.
//
// Begin at `headOfRuns` and `headOfExports`, by which asking goes; `takeHead` takes a head of runs in.

internal import Chronology

private enum HeadBounds {
    /// A tail is kept for so long; then the whole is read again.
    static let tail = Duration.seconds(600)
    /// A head reaches back to so long before the whole was asked for, and never to less than `settle`: what shows later than
    /// that is in no listing that can be trusted.
    static let margin = Duration.seconds(3600)
}

extension Scheduler {
    /// Whether less than the whole can be asked for next. After a second whole in a row that took too long it is not tried.
    func hasHead(_ ask: Ask) -> Bool {
        guard ask.knewTime else { return false }
        switch ask.subject {
        case .exportJobs(let sandbox):
            return knowledge.exports[sandbox]?.slowSince == nil
        case .runs(let sandbox, let dataflows):
            return dataflows.allSatisfy { knowledge.runs[DataflowKey(sandbox, $0)]?.slowSince == nil }
        case .dataflows, .run:
            return false
        }
    }

    /// How far back the runs of these dataflows are to be read where the rest is known; nil where all of it is to be read.
    func headOfRuns(of flows: [DataflowKey], at now: Moment) -> Instant? {
        var oldest: Instant?
        for flow in flows {
            guard let known = knowledge.runs[flow], known.isDeep, let since = head(after: known.slowSince, at: now)
            else { return nil }
            oldest = min(oldest ?? since, since)
        }
        return oldest
    }

    /// The same for export jobs: those that were seen running are to be seen ended.
    func headOfExports(of sandbox: SandboxName, at now: Moment) -> Instant? {
        guard let known = knowledge.exports[sandbox], let since = head(after: known.slowSince, at: now) else {
            return nil
        }
        let open = known.open.map(\.job.createdAt)
        guard open.allSatisfy({ $0 != nil }) else { return nil }
        return open.compactMap { $0 }.reduce(since, min)
    }

    /// By the platform's clock.
    private func head(after whole: Moment?, at now: Moment) -> Instant? {
        guard let whole, let platformNow = platformTime(at: now) else { return nil }
        let age = max(now.monotonic - whole.monotonic, now.wall - whole.wall)
        guard age <= HeadBounds.tail else { return nil }
        return platformNow - age - max(HeadBounds.margin, configuration.settling)
    }

    /// Says nothing of doubts: what a call began may lie before the head and show late.
    mutating func takeHead(
        of dataflows: [DataflowID], _ ask: Ask, _ listing: RunListing, at now: Moment, _ step: inout Step
    ) {
        let isDeep = reachesHead(ask, listing)
        if !isDeep { distrust(ask, "the newest runs are more than can be read in one listing", at: now) }
        for dataflow in dataflows {
            let flow = DataflowKey(ask.sandbox, dataflow)
            guard let before = knowledge.runs[flow], before.askedAt.monotonic <= ask.sentAt.monotonic else { continue }
            let runs = listing.runs.filter { $0.dataflow == dataflow }.map { resolved($0.bounded, in: ask.sandbox) }
            var known = before
            known.listing.runs = runs
            known.isDeep = before.isDeep && isDeep
            known.askedAt = ask.sentAt
            known.isOutdated = ask.outdated.contains(dataflow)
            if !runs.isEmpty { known.blankSince = nil }
            let head = known
            (known.missing, known.joined) = ([:], [:])
            keepMissingRuns(of: flow, &known, at: now)
            let shown = Set(known.listing.runs.map(\.id))
            known.listing.runs += before.listing.runs.filter { !shown.contains($0.id) }
            takeOver(known, of: flow)
            learnSigns(of: runs, in: ask.sandbox, at: now, &step)
            settleSetAside(on: flow, head, at: now, &step)
            let untold = before.isOutdated ? before.listing.runs.filter { isUntold($0, besides: shown) } : []
            adoptLateRuns(runs + untold, in: ask.sandbox, at: now, &step)
            forgetOldRuns(of: flow, at: now, &step)
            updateFollowed(on: flow, head, isWhole: false, at: now, &step)
            noticeTwins(on: flow, head, at: now, &step)
        }
    }

    private func reachesHead(_ ask: Ask, _ listing: RunListing) -> Bool {
        guard listing.isTruncated, !mutant(.cutListingIsWhole) else { return true }
        guard ask.knewTime, let backTo = listing.runs.compactMap(\.createdAt).min() else { return false }
        return ask.since.map { backTo <= $0 } ?? true
    }
}
