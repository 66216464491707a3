// What can be asked: export jobs, dataflows and runs, with their filters and pages.

internal import Chronology

extension PlatformModel {
    /// Items of a page at most.
    private static let pageLimit = 100

    static func exportID(_ index: Int) -> Int { 4711 + index }

    // MARK: Export jobs

    func exports(_ request: WireRequest, at now: Instant) -> WireAnswer {
        let begun = scenario.exports.enumerated()
            .filter { start + .milliseconds($0.element.startMilliseconds) <= now }
            .sorted { $0.element.startMilliseconds > $1.element.startMilliseconds }
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        if last != "jobs" {
            guard let one = begun.first(where: { String(Self.exportID($0.offset)) == last }) else {
                return .message(404, "export job not found")
            }
            return WireAnswer(200, exportJob(one.offset, one.element, at: now))
        }
        let (page, next) = page(begun, request) { "\(Self.exportID($0.offset))" }
        let link = next.map { "/export/jobs/?limit=\(limit(request))&offset=\($0)" } ?? ""
        return WireAnswer(
            200,
            [
                "records": .array(page.map { exportJob($0.offset, $0.element, at: now) }),
                "page": ["sortField": "createdTime", "sort": "desc"], "link": ["next": .string(link)],
            ])
    }

    private func exportJob(_ index: Int, _ export: Scenario.Export, at now: Instant) -> JSON {
        let begin = start + .milliseconds(export.startMilliseconds)
        let end = begin + .milliseconds(export.durationMilliseconds)
        let isRunning = now < end
        var members: [(String, JSON)] = [
            ("id", .number(Int64(Self.exportID(index)))), ("jobType", "BATCH"),
            ("status", isRunning ? "PROCESSING" : export.fails ? "FAILED" : "SUCCEEDED"),
            ("schema", ["name": "_xdm.context.profile"]),
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

    func flows(_ request: WireRequest) -> WireAnswer {
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        if last != "flows" {
            guard let flow = scenario.flows.first(where: { $0.id == last }) else {
                return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "flow not found"])
            }
            return WireAnswer(200, ["items": [self.flow(flow)]])
        }
        var wanted = scenario.flows
        for property in request.query where property.name == "property" {
            guard let (name, values) = Self.filter(property.value) else { return Self.badFilter }
            switch name {
            case "id": wanted = wanted.filter { values.contains($0.id) }
            case "state": wanted = wanted.filter { values.contains($0.state) }
            case "inheritedAttributes.properties.isDestinationFlow": break
            default: return Self.badFilter
            }
        }
        let (page, next) = page(wanted, request, key: \.id)
        return WireAnswer(
            200,
            ["items": .array(page.map(flow)), "_links": links("/flows", request, next)])
    }

    private func flow(_ flow: Scenario.Flow) -> JSON {
        let selectors = flow.audiences.map { audience -> JSON in
            var schedule: [(String, JSON)] = [
                ("frequency", audience.endDate == nil ? "ONCE" : "DAILY"), ("triggerType", "SCHEDULED"),
                ("startDate", "2020-01-01"), ("startTime", "21:00"),
            ]
            if let end = audience.endDate { schedule.append(("endDate", .string(end))) }
            let mapped = start + .milliseconds(audience.mappedAtMilliseconds)
            return [
                "type": "PLATFORM_SEGMENT",
                "value": [
                    "id": .string(audience.id), "name": .string(audience.name),
                    "filenameTemplate": "%SEGMENT_ID%_%DATETIME(YYYYMMdd_HHmmss)%", "exportMode": "DAILY_FULL_EXPORT",
                    "schedule": .object(schedule), "createTime": .string(String(mapped.milliseconds / 1000)),
                ],
            ]
        }
        return [
            "id": .string(flow.id), "name": .string(flow.name), "state": .string(flow.state),
            "sandboxName": .string(scenario.sandbox),
            "inheritedAttributes": ["properties": ["isDestinationFlow": .bool(true)]],
            "transformations": [
                ["name": "GeneralTransform", "params": ["segmentSelectors": ["selectors": .array(selectors)]]]
            ],
        ]
    }

    // MARK: Runs

    func runs(_ request: WireRequest, at now: Instant) -> WireAnswer {
        let last = request.path.split(separator: "/").last.map(String.init) ?? ""
        let lag = Duration.milliseconds(scenario.runs.lagMilliseconds)
        let visible = runs.filter { $0.isShown(at: now, lag: lag) }
        if last != "runs" {
            guard let run = visible.first(where: { $0.id == last }) else {
                return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "run not found"])
            }
            return WireAnswer(200, ["items": [self.run(run, at: now)]])
        }
        if request.parameter("count") == "true", request.parameter("limit") != nil {
            return WireAnswer(400, ["errorMessage": "1401-400", "errorDetails": "limit together with count"])
        }
        var wanted = Array(visible.reversed())
        for property in request.query where property.name == "property" {
            guard let (name, values) = Self.filter(property.value), name == "flowId" else { return Self.badFilter }
            wanted = wanted.filter { values.contains($0.flow) }
        }
        let (page, next) = page(wanted, request, key: \.id)
        return WireAnswer(
            200, ["items": .array(page.map { run($0, at: now) }), "_links": links("/runs", request, next)])
    }

    /// While it runs a run has hardly any metrics, as on the platform.
    private func run(_ run: SimulatedRun, at now: Instant) -> JSON {
        let hasEnded = run.hasEnded(at: now)
        var metrics: [(String, JSON)] = [
            (
                "durationSummary",
                hasEnded
                    ? [
                        "startedAtUTC": .number(run.createdAt.milliseconds),
                        "completedAtUTC": .number(run.endsAt.milliseconds),
                    ] : ["startedAtUTC": .number(run.createdAt.milliseconds)]
            ),
            ("statusSummary", ["status": .string(word(run, hasEnded))]),
        ]
        let named = now >= run.isNamedFrom ? run.audiences : []
        let entities = named.map { ["id": .string("segment:\($0)")] as JSON }
        metrics.append(
            (
                "recordSummary",
                [
                    "outputRecordCount": .number(hasEnded && !run.fails ? 985 : 0),
                    "targetSummaries": [["entitySummaries": .array(entities)]],
                ]
            ))
        return [
            "id": .string(run.id), "flowId": .string(run.flow), "createdAt": .number(run.createdAt.milliseconds),
            "sandboxName": .string(scenario.sandbox), "metrics": .object(metrics),
        ]
    }

    /// The documented spellings, spread by the run's id, so that one run is spelled one way.
    private func word(_ run: SimulatedRun, _ hasEnded: Bool) -> String {
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

    /// `name==a,b`: the name, and the values of which one must match.
    private static func filter(_ text: String) -> (name: String, values: Set<String>)? {
        guard let first = text.firstIndex(of: "=") else { return nil }
        let rest = text[first...]
        guard rest.hasPrefix("==") else { return nil }
        return (String(text[..<first]), Set(rest.dropFirst(2).split(separator: ",").map(String.init)))
    }

    private func limit(_ request: WireRequest) -> Int {
        min(Self.pageLimit, max(1, request.parameter("limit").flatMap { Int($0) } ?? 20))
    }

    /// The items after the one that the token names, and the token of the page after them.
    private func page<Item>(
        _ items: [Item], _ request: WireRequest, key: (Item) -> String
    ) -> (items: [Item], next: String?) {
        let token = request.parameter("continuationToken") ?? request.parameter("offset")
        let begin = token.flatMap { token in items.firstIndex { key($0) == token } }.map { $0 + 1 } ?? 0
        let page = Array(items.dropFirst(begin).prefix(limit(request)))
        return (page, begin + page.count < items.count ? page.last.map(key) : nil)
    }

    private func links(_ path: String, _ request: WireRequest, _ next: String?) -> JSON {
        guard let next else { return ["next": [:]] }
        let kept = request.target.drop { $0 != "?" }.dropFirst().split(separator: "&")
            .filter { !$0.hasPrefix("continuationToken=") }.joined(separator: "&")
        return ["next": ["href": .string("\(path)?\(kept)&continuationToken=\(next)")]]
    }
}
