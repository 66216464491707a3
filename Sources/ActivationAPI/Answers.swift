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
    /// A time: a number or a text, in milliseconds since 1970, or in seconds where it is under 10^11, or RFC 3339 with a
    /// zone, also with an offset without a colon. Parts of a millisecond are rounded up: a window never opens early.
    var instant: Instant? {
        switch self {
        case .number(let number):
            return Self.instant(number)
        case .string(let text):
            let plain = String(text.trimmed)
            let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
            if parts.count <= 2, parts.allSatisfy(\.isDigits) { return Double(plain).flatMap(Self.instant) }
            return Instant(rfc3339: plain) ?? Instant(rfc3339: "\(plain.dropLast(2)):\(plain.suffix(2))")
        case .bool, .null, .array, .object:
            return nil
        }
    }

    private static func instant(_ number: Double) -> Instant? {
        guard number > 0, number < 100_000_000_000_000 else { return nil }
        let milliseconds = number < 100_000_000_000 ? number * 1000 : number
        return Instant(milliseconds: Int64(milliseconds.rounded(.up)))
    }

    /// Text that says something, fit to be shown.
    var shown: String? {
        filled.map { ForeignText.shown($0) }
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

    /// - Parameter date: When the platform answered, by its own clock.
    package static func read(_ body: [UInt8], at date: Instant? = nil) throws(AskFailure) -> Page<ExportJob> {
        let json = try ForeignJSON(body)
        guard case .array = json["records"] else { throw .nonsense(detail: "the export listing has no records") }
        let records = json["records"].items
        return Page(
            items: records.compactMap { job($0, date) }, next: json["link"]["next"].link,
            times: records.map { $0["creationTime"].instant })
    }

    private static func job(_ record: ForeignJSON, _ date: Instant?) -> ExportJob? {
        let named = record["schema"]["name"].filled
        if let named, named != schema { return nil }
        let id = record["id"].shown
        let destination = record["destination"]
        let word = record["status"].text ?? ""
        let status: ExportJob.Status =
            switch word.uppercased() {
            case "SUCCEEDED", "SUCCESS": .succeeded
            case "FAILED", "CANCELLED", "CANCELED": .failed
            default: .running
            }
        // What may be a profile export is unknown, and not absent, while it has not ended; its end is told where it can be known
        // again by its id.
        let isUncertain = named == nil || id == nil
        if id == nil, status != .running { return nil }
        let ended = record["metrics"]["totalTime"]["endTimeInMs"].instant ?? record["updateTime"].instant
        return ExportJob(
            id: id ?? ExportJob.withoutID, status: status, word: ForeignText.shown(word),
            createdAt: record["creationTime"].instant, endedAt: status == .running ? nil : ended,
            isUncertain: isUncertain, requestID: record["requestId"].shown, datasetID: destination["datasetId"].shown,
            batchID: destination["batchId"].shown, observedAt: date)
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
        guard let id = item["id"].filled else { return nil }
        var existence = DataflowDefinition.Existence.exists
        if let other = item["sandboxName"].filled, other != sandbox.text {
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

    /// What makes a file's name another one each time. Seen with percent signs around them and without.
    private static let momentMacros = ["DATETIME(", "TIMESTAMP", "EXPORT_TIME"]

    private static func mapping(_ value: ForeignJSON, _ flow: ForeignJSON) -> DataflowDefinition.Mapping? {
        // External audiences are named by the id that the platform made; the other one is the customer's.
        let ids = [value["systemSegmentId"].filled, value["id"].filled].compactMap { $0 }
        guard !ids.isEmpty else { return nil }
        let schedule = value["schedule"]
        let isOnce = schedule["frequency"].text == "ONCE"
        // One that is there and can not be read is unknown: the dataflow may be much older than the mapping.
        let created = value["createTime"]
        let template = value["filenameTemplate"].text ?? value["fileNameTemplate"].text
        let isUnique = template.map { text in momentMacros.contains { text.contains($0) } } ?? true
        return DataflowDefinition.Mapping(
            ids: ids.map { AudienceID($0) }, name: value["name"].text ?? "",
            createdAt: created == .null ? flow["createdAt"].instant : created.instant,
            startsAt: schedule["startDate"].text.flatMap(day),
            endsAt: isOnce ? nil : schedule["endDate"].text.flatMap(day),
            hasUniqueFileNames: isUnique, startMinute: schedule["startTime"].text.flatMap(minute),
            minutesBetween: minutesBetween(schedule["frequency"].text ?? ""), isOnce: isOnce)
    }

    /// `EVERY_3_HOURS` and the like; all others come once a day or less often.
    private static func minutesBetween(_ frequency: String) -> Int {
        let parts = frequency.uppercased().split(separator: "_")
        guard parts.count == 3, parts[0] == "EVERY", parts[2] == "HOURS", let hours = Int(parts[1]),
            (1...24).contains(hours)
        else { return 1440 }
        return hours * 60
    }

    /// `21:00`, in minutes of the day.
    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ $0.count == 2 && $0.isDigits }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
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
        guard let id = item["id"].filled, let flow = item["flowId"].filled else { return nil }
        let metrics = item["metrics"]
        let word = metrics["statusSummary"]["status"].filled ?? item["state"].filled ?? ""
        let completed =
            metrics["durationSummary"]["completedAtUTC"].instant ?? metrics["durationSummary"]["stoppedAtUTC"].instant
        let extensions = Self.extensions(item)
        let status = RunStatusWords.status(of: word, hasCompleted: completed != nil)
        return DataflowRun(
            id: RunID(id), dataflow: DataflowID(flow), createdAt: item["createdAt"].instant, status: status,
            word: ForeignText.shown(word),
            audiences: audiences(item, metrics["recordSummary"]), metrics: summary(item, metrics, extensions),
            createdClient: item["createdClient"].shown,
            readsIncremental: first(["incremental.batchId", "full.incremental.batchId"], extensions) != nil,
            snapshotDataset: first(["snapshot.datasetId", "full.snapshot.datasetId"], extensions),
            endedAt: status.isTerminal ? completed : nil)
    }

    /// While a run is under way only its reference names its audience; afterwards only its summaries do.
    private static func audiences(_ item: ForeignJSON, _ records: ForeignJSON) -> [AudienceID] {
        let summaries = records["targetSummaries"].items + records["sourceSummaries"].items
        let named = summaries.flatMap { $0["entitySummaries"].items }.compactMap { $0["id"].text }
        let prefix = "segment:"
        let ids = (named + [item["providerRefId"].text].compactMap { $0 })
            .filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
        return Set(ids.filter { !$0.isEmpty }.map { AudienceID(String($0)) }).sorted()
    }

    /// What the activities of a run say of what they read. Some answers spell the member without its second `i`.
    private static func extensions(_ item: ForeignJSON) -> [ForeignJSON] {
        (item["activities"].items + item["activites"].items).map { $0["statusSummary"]["extensions"] }
    }

    private static func first(_ keys: [String], _ extensions: [ForeignJSON]) -> String? {
        extensions.lazy.flatMap { activity in keys.lazy.compactMap { activity[$0].shown } }.first
    }

    private static func summary(
        _ item: ForeignJSON, _ metrics: ForeignJSON, _ extensions: [ForeignJSON]
    ) -> RunMetrics {
        let records = metrics["recordSummary"]
        let errors = metrics["statusSummary"]["errors"].items + records["failedInfo"].items
        return RunMetrics(
            records: records["outputRecordCount"].count, bytes: metrics["sizeSummary"]["outputBytes"].count,
            files: metrics["fileSummary"]["outputFileCount"].count, skipped: records["skippedRecordCount"].count,
            failed: records["failedRecordCount"].count,
            errors: errors.prefix(5).compactMap { $0["message"].text }.map {
                String(ForeignText.shown($0).prefix(200))
            },
            snapshot: first(["snapshot.batchId", "full.snapshot.batchId"], extensions))
    }
}

package enum RunStatusWords {
    /// The several spellings of one status. A word that is not known, or that belongs to what has not begun, is running
    /// unless the run says when it completed. The words that runs have while they are under way are running in any case.
    package static func status(of word: String, hasCompleted: Bool) -> RunStatus {
        let plain = word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
        switch plain {
        case "success", "succeeded", "completed": return .succeeded
        case "partialsuccess", "partialfailure": return .partial
        case "failed", "failure", "error", "aborted", "cancelled", "canceled": return .failed
        case "processing", "inprogress", "waiting": return .running
        default: return hasCompleted ? .partial : .running  // also "queued", "scheduled", "new", and none
        }
    }
}
