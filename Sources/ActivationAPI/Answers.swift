// Successful answers to questions, read into our words. A single item that can not be read is left out of a page: the
// core treats what is missing as unknown, never as gone.

package import Chronology
package import SchedulerCore

/// A page of a listing, and where it goes on.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// The platform's link to the next page, as it came; nil at the end.
    package var next: String?
    /// When the records of the page were created, in their order, those that are left out of it as well; nil for one that does
    /// not say so readably.
    package var times: [Instant?] = []

    /// Whether everything that was created since then is on this page and those before it.
    package func reachesBack(to since: Instant) -> Bool {
        let known = times.compactMap(\.self)
        guard known.count == times.count, let last = known.last, let newest = known.max() else { return false }
        // A listing is read on as long as it could go on with newer ones.
        let isNewestFirst = zip(known, known.dropFirst()).allSatisfy { $0 >= $1 }
        return newest < since || isNewestFirst && last < since
    }
}

extension ForeignJSON {
    /// Milliseconds since 1970, also where seconds were sent: a value under 10^11 is seconds.
    var instant: Instant? {
        guard let number = integer, number > 0, number < 100_000_000_000_000 else { return nil }
        return number < 100_000_000_000 ? Instant(seconds: number) : Instant(milliseconds: number)
    }

    var count: Int? {
        integer.flatMap { $0 >= 0 ? Int(exactly: $0) : nil }
    }

    /// A link that is absent, null, empty or an empty object is none.
    var link: String? {
        let text = self["href"].text ?? text
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }
}

package enum TokenAnswer {
    package struct Token: Equatable, Sendable {
        package var text: String
        package var lifetime: Duration

        package init(text: String, lifetime: Duration) {
            self.text = text
            self.lifetime = lifetime
        }
    }

    /// - Throws: ``AskFailure/nonsense(detail:)``. The body is never part of the text: it may hold a token.
    package static func read(_ body: [UInt8]) throws(AskFailure) -> Token {
        let json: ForeignJSON
        do {
            json = try ForeignJSON(body)
        } catch {
            throw .nonsense(detail: "the token answer is not JSON")
        }
        guard let text = json["access_token"].text, !text.isEmpty, text.utf8.count <= 16_384,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw .nonsense(detail: "the token answer has no usable access_token") }
        // Seconds; the retired exchange of Adobe's guides answered milliseconds.
        let sent = max(0, json["expires_in"].integer ?? 3600)
        let lifetime: Duration = sent > 1_000_000 ? .milliseconds(sent) : .seconds(sent)
        return Token(text: text, lifetime: min(lifetime, .seconds(2 * 86_400)))
    }
}

package enum ExportJobsAnswer {
    /// The schema whose exports close the gate.
    static let schema = "_xdm.context.profile"

    package static func read(_ body: [UInt8]) throws(AskFailure) -> Page<ExportJob> {
        let json = try ForeignJSON(body)
        guard case .array = json["records"] else { throw .nonsense(detail: "the export listing has no records") }
        let records = json["records"].items
        return Page(
            items: records.compactMap(job), next: json["link"]["next"].link,
            times: records.map { $0["creationTime"].instant })
    }

    private static func job(_ record: ForeignJSON) -> ExportJob? {
        let name = record["schema"]["name"].text
        if let name, name != schema { return nil }
        let id = record["id"].text
        let word = record["status"].text ?? ""
        let status: ExportJob.Status =
            switch word.uppercased() {
            case "SUCCEEDED", "SUCCESS": .succeeded
            case "FAILED", "CANCELLED", "CANCELED": .failed
            default: .running
            }
        // What may be a profile export is unknown, and not absent, while it has not ended.
        let isUncertain = name == nil || id == nil
        if isUncertain, status != .running { return nil }
        let ended = record["metrics"]["totalTime"]["endTimeInMs"].instant ?? record["updateTime"].instant
        return ExportJob(
            id: ForeignText.shown(id ?? ""), status: status, word: ForeignText.shown(word),
            createdAt: record["creationTime"].instant, endedAt: status == .running ? nil : ended,
            isUncertain: isUncertain)
    }
}

package enum DataflowsAnswer {
    /// - Parameter sandbox: Flows of another sandbox are unusable.
    package static func read(
        _ body: [UInt8], _ sandbox: SandboxName, at date: Instant?
    ) throws(AskFailure) -> Page<DataflowDefinition> {
        let json = try ForeignJSON(body)
        guard case .array = json["items"] else { throw .nonsense(detail: "the dataflow listing has no items") }
        return Page(
            items: json["items"].items.compactMap { definition($0, sandbox, date) },
            next: json["_links"]["next"].link)
    }

    private static func definition(
        _ item: ForeignJSON, _ sandbox: SandboxName, _ date: Instant?
    ) -> DataflowDefinition? {
        guard let id = item["id"].text else { return nil }
        var existence = DataflowDefinition.Existence.exists
        if let other = item["sandboxName"].text, other != sandbox.text {
            existence = .unusable("it belongs to sandbox \"\(ForeignText.shown(other))\", not to \"\(sandbox)\"")
        } else if case .bool(false) = item["inheritedAttributes"]["properties"]["isDestinationFlow"] {
            existence = .unusable("it is no destination dataflow")
        }
        let selectors = item["transformations"].items
            .flatMap { $0["params"]["segmentSelectors"]["selectors"].items }
        return DataflowDefinition(
            id: DataflowID(id), name: ForeignText.shown(item["name"].text ?? ""), existence: existence,
            state: ForeignText.shown(item["state"].text ?? "unknown"),
            mappings: selectors.compactMap { mapping($0["value"], item) }, observedAt: date)
    }

    private static func mapping(_ value: ForeignJSON, _ flow: ForeignJSON) -> DataflowDefinition.Mapping? {
        // External audiences are named by the id that the platform made; the other one is the customer's.
        let ids = [value["systemSegmentId"].text, value["id"].text].compactMap { $0 }
        guard !ids.isEmpty else { return nil }
        let schedule = value["schedule"]
        let template = value["filenameTemplate"].text ?? value["fileNameTemplate"].text
        let isUnique = template.map { $0.contains("%DATETIME(") || $0.contains("%TIMESTAMP%") } ?? true
        return DataflowDefinition.Mapping(
            ids: ids.map { AudienceID($0) }, name: value["name"].text ?? "",
            createdAt: value["createTime"].instant ?? flow["createdAt"].instant,
            startsAt: schedule["startDate"].text.flatMap(day),
            endsAt: schedule["frequency"].text == "ONCE" ? nil : schedule["endDate"].text.flatMap(day),
            hasUniqueFileNames: isUnique)
    }

    /// `2026-12-31` as midnight UTC.
    private static func day(_ text: String) -> Instant? {
        Instant(rfc3339: text.prefix(10) + "T00:00:00Z")
    }
}

package enum RunsAnswer {
    package static func read(_ body: [UInt8]) throws(AskFailure) -> Page<DataflowRun> {
        let json = try ForeignJSON(body)
        guard case .array = json["items"] else { throw .nonsense(detail: "the run listing has no items") }
        return Page(items: json["items"].items.compactMap(run), next: json["_links"]["next"].link)
    }

    private static func run(_ item: ForeignJSON) -> DataflowRun? {
        guard let id = item["id"].text, let flow = item["flowId"].text else { return nil }
        let metrics = item["metrics"]
        let word = metrics["statusSummary"]["status"].text ?? item["state"].text ?? ""
        let completed =
            metrics["durationSummary"]["completedAtUTC"].instant ?? metrics["durationSummary"]["stoppedAtUTC"].instant
        return DataflowRun(
            id: RunID(id), dataflow: DataflowID(flow), createdAt: item["createdAt"].instant,
            status: RunStatusWords.status(of: word, hasCompleted: completed != nil), word: ForeignText.shown(word),
            audiences: audiences(metrics["recordSummary"]), metrics: summary(item, metrics))
    }

    private static func audiences(_ records: ForeignJSON) -> [AudienceID] {
        let summaries = records["targetSummaries"].items + records["sourceSummaries"].items
        let ids = summaries.flatMap { $0["entitySummaries"].items }.compactMap { $0["id"].text }
        let prefix = "segment:"
        return Set(ids.filter { $0.hasPrefix(prefix) }.map { AudienceID(String($0.dropFirst(prefix.count))) }).sorted()
    }

    private static func summary(_ item: ForeignJSON, _ metrics: ForeignJSON) -> RunMetrics {
        let records = metrics["recordSummary"]
        let errors = metrics["statusSummary"]["errors"].items + records["failedInfo"].items
        let extensions = item["activities"].items.map { $0["statusSummary"]["extensions"]["snapshot.batchId"].text }
        return RunMetrics(
            records: records["outputRecordCount"].count, bytes: metrics["sizeSummary"]["outputBytes"].count,
            files: metrics["fileSummary"]["outputFileCount"].count, skipped: records["skippedRecordCount"].count,
            failed: records["failedRecordCount"].count,
            errors: errors.prefix(5).compactMap { $0["message"].text }.map {
                String(ForeignText.shown($0).prefix(200))
            },
            snapshot: extensions.compactMap { $0 }.first.map { ForeignText.shown($0) })
    }
}

package enum RunStatusWords {
    /// The several spellings of one status. A word that is not known is running, unless the run says when it completed.
    package static func status(of word: String, hasCompleted: Bool) -> RunStatus {
        let plain = word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
        switch plain {
        case "success", "succeeded", "completed": return .succeeded
        case "partialsuccess", "partialfailure": return .partial
        case "failed", "failure", "error", "aborted", "cancelled", "canceled": return .failed
        case "processing", "inprogress", "waiting", "queued", "scheduled", "new", "": return .running
        default: return hasCompleted ? .partial : .running
        }
    }
}
