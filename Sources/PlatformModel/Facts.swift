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
    }

    /// Export jobs, newest first: all that were created since an instant, and at least a page.
    ///
    /// - Precondition: The scenario's exports are in the order of their begins.
    package func shownExports(since: Instant, page: Int, at now: Instant) -> [ShownExport] {
        var shown: [ShownExport] = []
        for index in scenario.exports.indices.reversed() {
            let export = scenario.exports[index]
            let createdAt = begin(of: export)
            guard createdAt <= now else { continue }
            if shown.count >= page, createdAt < since { break }
            let end = end(of: export)
            shown.append(
                ShownExport(
                    id: String(Self.exportID(index)), createdAt: createdAt, endedAt: now < end ? nil : end,
                    fails: export.fails))
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
        let lag = Duration.milliseconds(scenario.runs.lagMilliseconds)
        var shown: [ShownRun] = []
        var isReadEnough = false
        for run in runs.reversed() where flows.contains(run.flow) && run.isShown(at: now, lag: lag) {
            if isReadEnough { return (shown, true) }
            shown.append(self.shown(run, at: now))
            if shown.count % page == 0 { isReadEnough = isEnough(shown.suffix(page)) }
        }
        return (shown, false)
    }

    /// One run; nil where nothing shows it.
    package func shownRun(_ id: String, at now: Instant) -> ShownRun? {
        guard let run = runs.last(where: { $0.id == id }),
            run.isShown(at: now, lag: .milliseconds(scenario.runs.lagMilliseconds))
        else { return nil }
        return shown(run, at: now)
    }

    private func shown(_ run: SimulatedRun, at now: Instant) -> ShownRun {
        ShownRun(
            id: run.id, flow: run.flow, createdAt: run.createdAt, hasEnded: run.hasEnded(at: now), fails: run.fails,
            audiences: now >= run.isNamedFrom ? run.audiences : [])
    }
}
