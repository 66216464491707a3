// What can be asked: export jobs, dataflows and runs, with their filters and pages.

internal import Chronology

extension PlatformModel {
    /// Items of a page at most.
    private static let pageLimit = 100
    /// Of an id, so much is a token: some are enormous.
    private static let tokenCharacters = 100

    static func exportID(_ index: Int) -> Int { 4711 + index }

    // MARK: Export jobs

    func exports(_ request: WireRequest, at now: Instant) -> WireAnswer {
        let sandbox = sandbox(of: request)
        let begun = scenario.exports.enumerated()
            .filter { begin(of: $0.element) <= now && self.sandbox(of: $0.element) == sandbox }
            .sorted { $0.element.startMilliseconds > $1.element.startMilliseconds }
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        if last != "jobs" {
            guard let one = begun.first(where: { String(Self.exportID($0.offset)) == last }),
                !isMissing(export: one.offset, at: now)
            else { return .message(404, "export job not found") }
            return WireAnswer(200, exportJob(one.offset, one.element, at: now))
        }
        var wanted = begun
        if let status = request.parameter("status") {
            guard ["NEW", "SUCCEEDED", "FAILED"].contains(status) else {
                return .message(400, "status is one of NEW, SUCCEEDED and FAILED")
            }
            wanted = wanted.filter { self.status($0.element, at: now) == status }
        }
        let (page, next) = page(wanted, request) { "\(begin(of: $0.element).milliseconds)_\(Self.exportID($0.offset))" }
        let shown = page.filter { !isMissing(export: $0.offset, at: now) }
        let link = next.map { "/export/jobs/?limit=\(limit(request))&offset=\($0)" } ?? ""
        return WireAnswer(
            200,
            [
                "records": .array(shown.map { exportJob($0.offset, $0.element, at: now) }),
                "page": ["sortField": "createdTime", "sort": "desc", "pageSize": .number(Int64(shown.count))],
                "link": ["next": .string(link)],
            ])
    }

    private func status(_ export: Scenario.Export, at now: Instant) -> String {
        if now >= end(of: export) { return export.fails ? "FAILED" : "SUCCEEDED" }
        return now < begin(of: export) + .milliseconds(export.newMilliseconds) ? "NEW" : "PROCESSING"
    }

    private func exportJob(_ index: Int, _ export: Scenario.Export, at now: Instant) -> JSON {
        let (begin, end) = (begin(of: export), end(of: export))
        let isRunning = now < end
        var members: [(String, JSON)] = [
            ("id", .number(Int64(Self.exportID(index)))), ("jobType", "BATCH"),
            ("status", .string(status(export, at: now))),
        ]
        if !export.schema.isEmpty { members.append(("schema", ["name": .string(export.schema)])) }
        members += [
            (
                "destination",
                [
                    "datasetId": .string(datasetID(of: index)), "segmentPerBatch": .bool(false),
                    "batchId": .string(isRunning || export.fails ? "" : batchID(of: index)),
                ]
            ),
            ("profileInstanceId", "ups"), ("requestId", .string(requestID(of: index))),
            ("creationTime", .number(begin.milliseconds)),
            ("updateTime", .number(min(end, now).milliseconds)),
        ]
        if !isRunning {
            members.append(
                (
                    "metrics",
                    [
                        "totalTime": [
                            "startTimeInMs": .number(begin.milliseconds), "endTimeInMs": .number(end.milliseconds),
                        ]
                    ]
                ))
        }
        return .object(members)
    }

    // MARK: Dataflows

    func flows(_ request: WireRequest, at now: Instant) -> WireAnswer {
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        let sandbox = sandbox(of: request)
        var wanted = scenario.flows.filter { scenario.quirks.tellsStrays || self.sandbox(of: $0) == sandbox }
        if last != "flows" {
            guard let flow = wanted.first(where: { $0.id == last }) else {
                return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "flow not found"])
            }
            return WireAnswer(200, ["items": [self.flow(flow)]])
        }
        for property in request.query where property.name == "property" {
            guard let filter = Filter(property.value), let kept = self.kept(wanted, filter, values) else {
                return Self.badFilter
            }
            wanted = kept
        }
        let (page, next) = page(wanted, request, key: \.id)
        return WireAnswer(
            200,
            ["items": .array(page.map(flow)), "_links": links("/flows", request, next)])
    }

    /// Nil for what dataflows can not be filtered by.
    private func values(_ flow: Scenario.Flow, _ path: String) -> [Filter.Value]? {
        switch path {
        case "id": [.text(flow.id)]
        case "name": [.text(flow.name)]
        case "state": [.text(flow.state)]
        case "inheritedAttributes.properties.isDestinationFlow": [.text("true")]
        case "createdAt": [.number(createdAt(flow))]
        case "updatedAt": [.number(updatedAt(flow))]
        case "transformations[].params.segmentSelectors.selectors[].value.id":
            flow.audiences.map { .text($0.externalID ?? $0.id) }
        default: nil
        }
    }

    private func createdAt(_ flow: Scenario.Flow) -> Int64 {
        (start + .milliseconds(flow.createdAtMilliseconds)).milliseconds
    }

    /// The last mapping is the last change that is known.
    private func updatedAt(_ flow: Scenario.Flow) -> Int64 {
        let last = flow.audiences.map(\.mappedAtMilliseconds).max() ?? flow.createdAtMilliseconds
        return (start + .milliseconds(max(flow.createdAtMilliseconds, last))).milliseconds
    }

    private func flow(_ flow: Scenario.Flow) -> JSON {
        [
            "id": .string(flow.id), "name": .string(flow.name), "state": .string(flow.state),
            "createdAt": .number(createdAt(flow)), "updatedAt": .number(updatedAt(flow)),
            "sandboxName": .string(sandbox(of: flow)),
            "inheritedAttributes": ["properties": ["isDestinationFlow": .bool(true)]],
            "transformations": [
                [
                    "name": "GeneralTransform",
                    "params": ["segmentSelectors": ["selectors": .array(flow.audiences.map(selector))]],
                ]
            ],
        ]
    }

    private func selector(_ audience: Scenario.Audience) -> JSON {
        var schedule: [(String, JSON)] = [
            ("frequency", .string(audience.frequency ?? (audience.endDate == nil ? "ONCE" : "DAILY"))),
            ("startDate", .string(audience.startDate ?? "2020-01-01")),
        ]
        if !audience.triggerType.isEmpty { schedule.append(("triggerType", .string(audience.triggerType))) }
        if audience.triggerType != "AFTER_SEGMENT_EVAL" { schedule.append(("startTime", "21:00")) }
        if let end = audience.endDate { schedule.append(("endDate", .string(end))) }
        var value: [(String, JSON)] = [
            ("id", .string(audience.externalID ?? audience.id)), ("name", .string(audience.name)),
            ("filenameTemplate", .string(audience.filenameTemplate)), ("exportMode", "DAILY_FULL_EXPORT"),
            ("schedule", .object(schedule)),
        ]
        if audience.externalID != nil || scenario.quirks.platformSystemIDs {
            value.append(("systemSegmentId", .string(audience.id)))
            value.append(("namespace", audience.externalID == nil ? "AEPSegments" : "CustomerAudienceUpload"))
        }
        if let time = createTime(start + .milliseconds(audience.mappedAtMilliseconds)) {
            value.append(("createTime", time))
        }
        return ["type": "PLATFORM_SEGMENT", "value": .object(value)]
    }

    private func createTime(_ instant: Instant) -> JSON? {
        let (seconds, rest) = instant.milliseconds.quotientAndRemainder(dividingBy: 1000)
        return switch scenario.quirks.createTime {
        case .seconds: .string(String(seconds))
        case .milliseconds: .string(String(instant.milliseconds))
        case .number: .number(seconds)
        case .iso: .string(Instant(milliseconds: seconds * 1000).rfc3339)
        case .fraction: .string("\(seconds).\(String(String(1000 + rest).dropFirst()))")
        case .unreadable: "a while ago"
        case .missing: nil
        }
    }

    // MARK: Runs

    func runs(_ request: WireRequest, at now: Instant) -> WireAnswer {
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        let sandbox = sandbox(of: request)
        let here = runs.filter { self.sandbox(ofFlow: $0.flow) == sandbox }
        if last != "runs" {
            guard let run = here.first(where: { $0.id == last }), isAnswered(run, at: now) else {
                return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "run not found"])
            }
            return WireAnswer(200, ["items": [self.run(run, at: now)]])
        }
        if request.parameter("count") == "true", request.parameter("limit") != nil {
            return WireAnswer(400, ["errorMessage": "1401-400", "errorDetails": "limit together with count"])
        }
        if hasEmptyList(at: now) {
            return WireAnswer(200, ["items": [], "_links": [:]])
        }
        let listed = here.filter { $0.isShown(at: now) }
        var wanted = request.parameter("orderby") == "createdAt" ? listed : Array(listed.reversed())
        for property in request.query where property.name == "property" {
            let kept = Filter(property.value).flatMap { filter in
                self.kept(wanted, filter) { run, path in values(run, path, at: now) }
            }
            guard let kept else { return Self.badFilter }
            wanted = kept
        }
        let (page, next) = page(wanted, request, key: \.id)
        let shown = page.filter { !isMissing($0, at: now) }
        return WireAnswer(
            200, ["items": .array(shown.map { run($0, at: now) }), "_links": links("/runs", request, next)])
    }

    /// Nil for what runs can not be filtered by; empty for what a run does not have, such as an audience while it runs.
    private func values(_ run: SimulatedRun, _ path: String, at now: Instant) -> [Filter.Value]? {
        let hasEnded = run.hasEnded(at: now)
        switch path {
        case "id": return [.text(run.id)]
        case "flowId": return [.text(run.flow)]
        case "providerRefId": return providerReference(run, at: now).map { [.text($0)] } ?? []
        case "createdAt": return [.number(run.createdAt.milliseconds)]
        case "updatedAt": return [.number(updatedAt(run, at: now).milliseconds)]
        case "metrics.durationSummary.startedAtUTC": return hasEnded ? [.number(startedAt(run).milliseconds)] : []
        case "metrics.durationSummary.completedAtUTC": return hasEnded ? [.number(run.endsAt.milliseconds)] : []
        case "metrics.statusSummary.status", "state": return word(run, hasEnded).map { [.text($0)] } ?? []
        case "metrics.recordSummary.sourceSummaries[].entitySummaries[].id":
            return hasEnded ? entities(run, at: now).map { .text($0) } : []
        case "metrics.recordSummary.targetSummaries[].entitySummaries[].id":
            return hasEnded && !run.fails ? entities(run, at: now).map { .text($0) } : []
        default: return nil
        }
    }

    private func entities(_ run: SimulatedRun, at now: Instant) -> [String] {
        namedAudiences(of: run, at: now).map { "segment:" + $0 }
    }

    /// While a run is in progress its audience is known from here alone; later this is the id of the job behind it.
    private func providerReference(_ run: SimulatedRun, at now: Instant) -> String? {
        guard !run.hasEnded(at: now) else {
            let hash = Self.hash(run.id)
            return [hash, ~hash].map { number in
                let digits = String(number, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
        return entities(run, at: now).first
    }

    /// 1 to 23 seconds after it was created, says the sample.
    private func startedAt(_ run: SimulatedRun) -> Instant {
        min(run.endsAt, run.createdAt + .milliseconds(Int64(1000 + Self.hash(run.id) % 22_000)))
    }

    private func run(_ run: SimulatedRun, at now: Instant) -> JSON {
        let hasEnded = run.hasEnded(at: now)
        let client = client(of: run)
        var members: [(String, JSON)] = [
            ("id", .string(run.id)), ("flowId", .string(run.flow)), ("createdAt", .number(run.createdAt.milliseconds)),
            ("updatedAt", .number(updatedAt(run, at: now).milliseconds)), ("createdBy", .string(client + "@AdobeID")),
            ("createdClient", .string(client)), ("sandboxName", .string(sandbox(ofFlow: run.flow))),
        ]
        if let reference = providerReference(run, at: now) { members.append(("providerRefId", .string(reference))) }
        members.append(("metrics", hasEnded ? metrics(run, at: now) : ["statusSummary": status(run, hasEnded)]))
        members.append(("activities", hasEnded ? [activity(run)] : []))
        return .object(members)
    }

    private func status(_ run: SimulatedRun, _ hasEnded: Bool) -> JSON {
        var members: [(String, JSON)] = []
        if let word = word(run, hasEnded) { members.append(("status", .string(word))) }
        if hasEnded, run.fails { members.append(("errors", [Self.failure])) }
        return .object(members)
    }

    private static let failure: JSON = ["code": "ACTIVATION_BATCH-0000-FAILED", "message": "Job aborted."]

    /// Of a run that has ended. Of a failure its source names the audience, with nothing counted, as published.
    private func metrics(_ run: SimulatedRun, at now: Instant) -> JSON {
        let entities = entities(run, at: now)
        let count = records(of: run, at: now)
        func summary(_ name: String) -> JSON {
            let each = entities.map { ["id": .string($0), name: .number(count ?? 0)] as JSON }
            return [["id": "simulated-connection", name: .number(count ?? 0), "entitySummaries": .array(each)]]
        }
        var counts: [(String, JSON)] = []
        if let count {
            counts = [
                ("inputRecordCount", .number(count)), ("outputRecordCount", .number(count)),
                ("sourceSummaries", summary("inputRecordCount")), ("targetSummaries", summary("outputRecordCount")),
            ]
        } else {
            if !entities.isEmpty { counts.append(("sourceSummaries", summary("inputRecordCount"))) }
            counts.append(("failedInfo", [Self.failure]))
        }
        var members: [(String, JSON)] = [
            ("durationSummary", duration(run)), ("recordSummary", .object(counts)),
            ("statusSummary", status(run, true)),
        ]
        if count != nil {
            members.append(("fileSummary", ["inputFileCount": .number(1), "outputFileCount": .number(1)]))
        }
        return .object(members)
    }

    private func duration(_ run: SimulatedRun) -> JSON {
        [
            "startedAtUTC": .number(startedAt(run).milliseconds), "completedAtUTC": .number(run.endsAt.milliseconds),
        ]
    }

    private func activity(_ run: SimulatedRun) -> JSON {
        [
            "name": "Activation Batch XdmProcessor Activity", "durationSummary": duration(run),
            "statusSummary": [
                "status": run.fails ? "failed" : "success",
                "extensions": [
                    "snapshot.batchId": .string(snapshot(of: run) ?? ""),
                    "incremental.batchId": .string(incrementalBatch(of: run) ?? ""),
                ],
            ],
        ]
    }

    /// The documented spellings, spread by the run's id, so that one run is spelled one way.
    private func word(_ run: SimulatedRun, _ hasEnded: Bool) -> String? {
        if hasEnded, !run.fails {
            switch scenario.quirks.endedWord {
            case .documented: break
            case .scheduled: return "scheduled"
            case .missing: return nil
            }
        }
        let words =
            !hasEnded
            ? ["inProgress", "Processing", "IN_PROGRESS", "Waiting"]
            : run.fails ? ["failed", "Failed", "FAILED"] : ["success", "Success", "COMPLETED"]
        let sum = run.id.utf8.reduce(0) { $0 &+ Int($1) }
        return words[sum % words.count]
    }

    // MARK: Filters and pages

    private static let badFilter = WireAnswer(
        400, ["errorMessage": "1443-400", "errorDetails": "this property can not be filtered by"])

    /// Nil where the filter can not be used, which is known where there is something to filter.
    private func kept<Item>(
        _ items: [Item], _ filter: Filter, _ values: (Item, String) -> [Filter.Value]?
    ) -> [Item]? {
        var kept: [Item] = []
        for item in items {
            guard let values = values(item, filter.path), filter.fits(values) else { return nil }
            if filter.matches(values) { kept.append(item) }
        }
        return kept
    }

    private func limit(_ request: WireRequest) -> Int {
        min(Self.pageLimit, max(1, request.parameter("limit").flatMap { Int($0) } ?? 20))
    }

    /// The items after the one that the token names, or after so many, and the token of the page after them.
    private func page<Item>(
        _ items: [Item], _ request: WireRequest, key: (Item) -> String
    ) -> (items: [Item], next: String?) {
        func token(_ item: Item) -> String { String(key(item).prefix(Self.tokenCharacters)) }
        let asked = request.parameter("continuationToken") ?? request.parameter("offset")
        let begin: Int
        if scenario.quirks.pagesByPosition {
            begin = asked.flatMap { Int($0) } ?? 0
        } else {
            begin = asked.flatMap { asked in items.firstIndex { token($0) == asked } }.map { $0 + 1 } ?? 0
        }
        let page = Array(items.dropFirst(begin).prefix(limit(request)))
        guard begin + page.count < items.count, let last = page.last else { return (page, nil) }
        return (page, scenario.quirks.pagesByPosition ? String(begin + page.count) : token(last))
    }

    private func links(_ path: String, _ request: WireRequest, _ next: String?) -> JSON {
        guard let next else { return ["next": [:]] }
        let kept = request.target.drop { $0 != "?" }.dropFirst().split(separator: "&")
            .filter { !$0.hasPrefix("continuationToken=") }.joined(separator: "&")
        return ["next": ["href": .string("\(path)?\(kept)&continuationToken=\(next)")]]
    }
}
