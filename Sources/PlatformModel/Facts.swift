// What a listing shows, as values: the same as the JSON answers of Listings.swift say, for simulations that have no time for
// JSON. Nothing here is refused or fails.

package import Chronology

extension PlatformModel {
    /// An export job as a listing shows it.
    package struct ShownExport: Equatable, Sendable {
        package var id: String
        package var createdAt: Instant
        /// Nil while it runs.
        package var endedAt: Instant?
        package var fails: Bool
        /// Not begun yet; `endedAt` is nil.
        package var isNew: Bool
        /// Nil where the job does not say it.
        package var schema: String?
        /// Those of API jobs belong to whoever made them.
        package var datasetID: String
        /// Nil while it runs, and where it failed.
        package var batchID: String?
        package var requestID: String
    }

    /// A run as a listing shows it.
    package struct ShownRun: Equatable, Sendable {
        package var id: String
        package var flow: String
        package var createdAt: Instant
        package var hasEnded: Bool
        package var fails: Bool
        /// Empty while it does not say for whom it is.
        package var audiences: [String]
        /// Nil while it runs.
        package var endedAt: Instant?
        package var updatedAt: Instant
        /// What it exported, as far as that is told.
        package var records: Int64?
        package var createdClient: String
        /// It read an incremental batch: it was not ad hoc.
        package var isIncremental: Bool
        /// The batch that it read, as far as that is told.
        package var snapshot: String?
    }

    /// Export jobs of profiles, or of what they do not say, newest first: all that were created since an instant, and at
    /// least a page. Nothing tells those that somebody made from the system's but their dataset and the form of the
    /// request's id.
    ///
    /// - Precondition: The scenario's exports are in the order of their begins.
    /// - Parameter sandbox: Nil for any.
    package func shownExports(
        since: Instant, page: Int, in sandbox: String? = nil, at now: Instant
    ) -> [ShownExport] {
        var shown: [ShownExport] = []
        for index in scenario.exports.indices.reversed() {
            let export = scenario.exports[index]
            let createdAt = begin(of: export)
            guard createdAt <= now, sandbox.map({ $0 == self.sandbox(of: export) }) ?? true else { continue }
            if shown.count >= page, createdAt < since { break }
            guard !export.isOfOtherSchema, !isMissing(export: index, at: now) else { continue }
            let end = end(of: export)
            shown.append(
                ShownExport(
                    id: String(Self.exportID(index)), createdAt: createdAt, endedAt: now < end ? nil : end,
                    fails: export.fails, isNew: now < createdAt + .milliseconds(export.newMilliseconds) && now < end,
                    schema: export.schema.isEmpty ? nil : export.schema, datasetID: datasetID(of: index),
                    batchID: now < end || export.fails ? nil : batchID(of: index), requestID: requestID(of: index)))
        }
        return shown
    }

    /// Runs of some dataflows, newest first, page by page until one is enough.
    ///
    /// - Parameter isEnough: Asked after each full page with what is on it.
    /// - Returns: What was read, and whether older ones were left.
    package func shownRuns(
        of flows: [String], page: Int, at now: Instant, isEnough: (ArraySlice<ShownRun>) -> Bool
    ) -> (runs: [ShownRun], isTruncated: Bool) {
        if let model = caughtUp(to: now) {
            return model.shownRuns(of: flows, page: page, at: now, isEnough: isEnough)
        }
        var shown: [ShownRun] = []
        var isReadEnough = false
        if hasEmptyList(at: now) { return ([], false) }
        for run in runs.reversed() where flows.contains(run.flow) && run.isShown(at: now) {
            if isMissing(run, at: now) { continue }
            if isReadEnough { return (shown, true) }
            shown.append(self.shown(run, at: now))
            if shown.count % page == 0 { isReadEnough = isEnough(shown.suffix(page)) }
        }
        return (shown, false)
    }

    /// Where a listing of runs goes on.
    package enum RunPlace: Equatable, Sendable {
        case after(String, createdAt: Instant)
        /// After so many.
        case position(Int)
    }

    /// A page of the runs of some dataflows, newest first, and where the next one begins; nil after the last one.
    package func shownRunPage(
        of flows: [String], after place: RunPlace?, size: Int, at now: Instant
    ) -> (runs: [ShownRun], next: RunPlace?) {
        if let model = caughtUp(to: now) { return model.shownRunPage(of: flows, after: place, size: size, at: now) }
        if hasEmptyList(at: now) { return ([], nil) }
        var page: [SimulatedRun] = []
        var passed = 0
        var isBehind = place == nil
        for run in runs.reversed() where flows.contains(run.flow) && run.isShown(at: now) {
            passed += 1
            switch place {
            case .position(let count)?: isBehind = passed > count
            case .after(let id, let createdAt)? where !isBehind:
                isBehind = run.createdAt < createdAt || run.id == id
                if run.id == id { continue }
            case .after?, nil: break
            }
            guard isBehind else { continue }
            if page.count == size, let end = page.last {
                let next: RunPlace =
                    scenario.quirks.pagesByPosition
                    ? .position(passed - 1) : .after(end.id, createdAt: end.createdAt)
                return (page.filter { !isMissing($0, at: now) }.map { shown($0, at: now) }, next)
            }
            page.append(run)
        }
        return (page.filter { !isMissing($0, at: now) }.map { shown($0, at: now) }, nil)
    }

    /// One run; nil where nothing shows it.
    package func shownRun(_ id: String, at now: Instant) -> ShownRun? {
        if let model = caughtUp(to: now) { return model.shownRun(id, at: now) }
        guard let run = runs.last(where: { $0.id == id }), isAnswered(run, at: now) else { return nil }
        return shown(run, at: now)
    }

    /// Runs that are under way on some dataflows, also those that nothing shows.
    package func runsUnderWay(on flows: [String], at now: Instant) -> [SimulatedRun] {
        openRuns.map { runs[$0] }.filter { $0.createdAt <= now && now < $0.endsAt && flows.contains($0.flow) }
    }

    /// Scheduled exports of a sandbox that are new or run, also those that nothing shows, by their ids.
    package func exportsUnderWay(in sandbox: String, at now: Instant) -> [String] {
        openExports.filter { index in
            let export = scenario.exports[index]
            return export.isScheduled && self.sandbox(of: export) == sandbox && begin(of: export) <= now
                && now < end(of: export)
        }.map { String(Self.exportID($0)) }
    }

    /// A dataflow of a sandbox; nil where it has no such one.
    package func flow(_ id: String, in sandbox: String) -> Scenario.Flow? {
        scenario.flows.first { $0.id == id && self.sandbox(of: $0) == sandbox }
    }

    /// In which sandbox a dataflow is that is told to whoever asks in another one; nil where it is not told there.
    package func home(ofStray id: String, askedIn sandbox: String) -> String? {
        guard scenario.quirks.tellsStrays, flow(id, in: sandbox) == nil else { return nil }
        return scenario.flows.first { $0.id == id }.map { self.sandbox(of: $0) }
    }

    /// The refusal of a question, where the scenario asks for one.
    ///
    /// - Parameter kind: `exports`, `flows`, `runs`.
    package mutating func refusal(of kind: String, in sandbox: String, at now: Instant) -> WireAnswer? {
        askedRefusal(of: kind, in: sandbox, at: now)?.answer(at: now)
    }

    /// A model in which the schedule's runs have begun, where this one lags.
    private func caughtUp(to now: Instant) -> PlatformModel? {
        guard isBehind(now) else { return nil }
        var model = self
        model.pass(to: now)
        return model
    }

    private func shown(_ run: SimulatedRun, at now: Instant) -> ShownRun {
        ShownRun(
            id: run.id, flow: run.flow, createdAt: run.createdAt, hasEnded: run.hasEnded(at: now), fails: run.fails,
            audiences: namedAudiences(of: run, at: now), endedAt: run.hasEnded(at: now) ? run.endsAt : nil,
            updatedAt: updatedAt(run, at: now), records: records(of: run, at: now), createdClient: client(of: run),
            isIncremental: run.hasEnded(at: now) && incrementalBatch(of: run) != nil,
            snapshot: run.hasEnded(at: now) ? snapshot(of: run) : nil)
    }

    // MARK: What is shown, here and as JSON

    /// Whether listings of runs show nothing, whatever there is.
    func hasEmptyList(at now: Instant) -> Bool {
        now < emptyUntil || isLeftOut(scenario.quirks.emptyRunListPercent, "runs", at: now)
    }

    func isMissing(_ run: SimulatedRun, at now: Instant) -> Bool {
        isLeftOut(scenario.quirks.missingRunPercent, run.id, at: now)
    }

    func isMissing(export index: Int, at now: Instant) -> Bool {
        isLeftOut(scenario.quirks.missingExportPercent, "export \(index)", at: now)
    }

    /// Whether a question for this run alone finds it.
    func isAnswered(_ run: SimulatedRun, at now: Instant) -> Bool {
        let isListed = run.isShown(at: now) || scenario.runs.lagSparesSingleRuns && !run.hasVanished(at: now)
        return isListed && !isMissing(run, at: now)
    }

    /// For whom it says that it is. While it runs, one name has room; of a failure the documents say both.
    func namedAudiences(of run: SimulatedRun, at now: Instant) -> [String] {
        guard now >= run.isNamedFrom else { return [] }
        guard run.hasEnded(at: now) else { return run.audiences.count == 1 ? run.audiences : [] }
        return run.fails && scenario.quirks.failedRunsAreNameless ? [] : run.audiences
    }

    private func settledAt(_ run: SimulatedRun) -> Instant {
        run.endsAt + .milliseconds(scenario.quirks.countsSettleMilliseconds)
    }

    func updatedAt(_ run: SimulatedRun, at now: Instant) -> Instant {
        run.hasEnded(at: now) ? min(now, settledAt(run)) : run.createdAt
    }

    /// Nil where nothing is counted: while it runs, and where it failed.
    func records(of run: SimulatedRun, at now: Instant) -> Int64? {
        guard run.hasEnded(at: now), !run.fails else { return nil }
        return now < settledAt(run) ? run.records / 2 : run.records
    }

    func client(of run: SimulatedRun) -> String {
        run.export == nil ? scenario.quirks.adhocClient : "AepActivationService"
    }

    /// The batch whose data a run exports, as far as it says so.
    func snapshot(of run: SimulatedRun) -> String? { scenario.quirks.batchIDsAreEmpty ? nil : run.snapshot }

    /// The batch of the newest scheduled export that has succeeded when a run begins.
    func snapshotBatch(for run: SimulatedRun) -> String? {
        let sandbox = sandbox(ofFlow: run.flow)
        let ended = scenario.exports.indices.filter { index in
            let export = scenario.exports[index]
            return export.isScheduled && !export.fails && self.sandbox(of: export) == sandbox
                && end(of: export) <= run.createdAt
        }
        return ended.max { end(of: scenario.exports[$0]) < end(of: scenario.exports[$1]) }.map { batchID(of: $0) }
    }

    /// Only a run of the schedule reads what came since the snapshot.
    func incrementalBatch(of run: SimulatedRun) -> String? {
        guard run.export != nil, !scenario.quirks.batchIDsAreEmpty else { return nil }
        return ULID.text(run.createdAt, Self.hash(run.id))
    }

    func batchID(of index: Int) -> String {
        ULID.text(end(of: scenario.exports[index]), UInt64(index))
    }

    func datasetID(of index: Int) -> String {
        scenario.exports[index].isFromAPI ? "5f00000000000000000000bb" : "5f00000000000000000000aa"
    }

    func requestID(of index: Int) -> String {
        let begin = begin(of: scenario.exports[index])
        return scenario.exports[index].isFromAPI
            ? ULID.text(begin, UInt64(index)) : "4e538382-dbd8-449e-988a-4ac639ebe72b-\(begin.milliseconds)"
    }
}

/// Ids whose first ten characters are the millisecond of their creation.
enum ULID {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    static func text(_ instant: Instant, _ rest: UInt64) -> String {
        func coded(_ number: UInt64, _ count: Int) -> String {
            String((0..<count).reversed().map { digits[Int(number >> UInt64(min(63, 5 * $0)) & 31)] })
        }
        return coded(UInt64(max(0, instant.milliseconds)), 10) + "000" + coded(rest, 13)
    }
}
