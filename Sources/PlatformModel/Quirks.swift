// How one platform differs from the next where Adobe's documents leave it open, disagree, or are not kept: values that a
// caller sets or draws. As they are without a word, the model behaves as the documents say most plainly.
//
// What is struck by chance is struck anew for each answer: the same seed, instant and number of a request, the same answer.

package struct Quirks: Codable, Equatable, Sendable {
    // MARK: Calls

    /// What may run once at a time.
    package enum Concurrency: String, Codable, Sendable, CaseIterable {
        /// The audience, over all dataflows: what the prose says.
        case audience
        /// The audience on its dataflow: what the text of the refusal and the examples say.
        case pair
    }

    /// Which runs in progress break a rule when their dataflow is called. None of them is a reason to refuse.
    package enum Busy: String, Codable, Sendable, CaseIterable {
        /// Those of others, whatever their audience.
        case others
        /// All, our own as well: "wait while the dataflow shows Processing".
        case any
        /// None but those of the same audience, as the newer document words it.
        case audience
    }

    /// What becomes of a call with too many pairs: "the job will fail", say the documents, and no more.
    package enum Oversized: String, Codable, Sendable, CaseIterable {
        case sentence
        /// Refused in words that nobody has seen before.
        case unknownText = "unknown-text"
        /// Answered with 200, and every run fails.
        case failingRuns = "failing-runs"
    }

    /// What becomes of a call for an audience that was mapped a moment ago. A broken rule either way.
    package enum Unsettled: String, Codable, Sendable, CaseIterable {
        case outOfRange = "out-of-range"
        case notFound = "not-found"
        /// "… are not ready …, please wait for 10 minutes and retry".
        case notReady = "not-ready"
        /// Accepted, and the run exports nobody.
        case emptyRun = "empty-run"
    }

    /// The words of refusals.
    package enum Wording: String, Codable, Sendable, CaseIterable {
        case current
        /// "segment" and "Audiences", as in the first versions and in the user interface.
        case older
        /// `Invalid parameter:` before the text.
        case prefixed
        /// The same in other words, as people report it.
        case loose
    }

    /// How a token that is over is refused.
    package enum DeadToken: String, Codable, Sendable, CaseIterable {
        /// 401, 401013.
        case unauthorized
        /// 403, 403020.
        case forbidden
    }

    package var concurrency = Concurrency.audience
    package var busy = Busy.others
    package var oversized = Oversized.sentence
    package var unsettled = Unsettled.outOfRange
    package var wording = Wording.current
    package var deadToken = DeadToken.unauthorized
    /// Of a hundred calls of which some pairs are refused, how many take effect for the others.
    package var partialPercent = 0

    // MARK: Listings

    /// Of a hundred listings of runs, how many are 200 with no items although there are some.
    package var emptyRunListPercent = 0
    /// Of a hundred calls that are accepted, after how many listings of runs are empty for a while.
    package var emptyAfterCallPercent = 0
    package var emptyAfterCallMilliseconds: Int64 = 0
    /// Of a hundred answers with a run in it, in how many it is missing.
    package var missingRunPercent = 0
    /// Of a hundred answers with an export job in it, in how many it is missing.
    package var missingExportPercent = 0
    /// What is missing is so for a span of this length, and is there before and after it; the percents are then parts of the
    /// time. 0: each answer by itself.
    package var missingSpanMilliseconds: Int64 = 0
    /// Tokens of pages count items from the top, so that what begins between two pages shows twice, and what goes is passed
    /// over.
    package var pagesByPosition = false
    /// Dataflows of another sandbox are told as well, with that sandbox's name.
    package var tellsStrays = false
    /// Of a hundred runs, how many get an id of `hugeIDBytes`.
    package var hugeIDPercent = 0
    package var hugeIDBytes = 1 << 20

    // MARK: What is shown

    /// The spelling of a selector's `createTime`. Documented: a string of epoch seconds.
    package enum CreateTime: String, Codable, Sendable, CaseIterable {
        case seconds, milliseconds, number, iso, fraction, unreadable, missing
    }

    /// The status word of a run that has succeeded. A failure without a word for it would be no failure to anybody.
    package enum EndedWord: String, Codable, Sendable, CaseIterable {
        case documented, scheduled, missing
    }

    package var createTime = CreateTime.seconds
    package var endedWord = EndedWord.documented
    /// Platform audiences carry `systemSegmentId` and a namespace as well.
    package var platformSystemIDs = false
    /// The published failure names its audience beside counts of zero; the prose says that nothing is counted there.
    package var failedRunsAreNameless = false
    /// As in two of three published runs.
    package var batchIDsAreEmpty = false
    /// For so long after a run's end its counts are not the last ones.
    package var countsSettleMilliseconds: Int64 = 0
    /// `createdClient` of ad hoc runs. No sample shows one.
    package var adhocClient = "AepActivationService"

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ member: inout Value) throws {
            member = try container.decodeIfPresent(Value.self, forKey: key) ?? member
        }
        try read(.concurrency, &concurrency)
        try read(.busy, &busy)
        try read(.oversized, &oversized)
        try read(.unsettled, &unsettled)
        try read(.wording, &wording)
        try read(.deadToken, &deadToken)
        try read(.partialPercent, &partialPercent)
        try read(.emptyRunListPercent, &emptyRunListPercent)
        try read(.emptyAfterCallPercent, &emptyAfterCallPercent)
        try read(.emptyAfterCallMilliseconds, &emptyAfterCallMilliseconds)
        try read(.missingRunPercent, &missingRunPercent)
        try read(.missingExportPercent, &missingExportPercent)
        try read(.missingSpanMilliseconds, &missingSpanMilliseconds)
        try read(.pagesByPosition, &pagesByPosition)
        try read(.tellsStrays, &tellsStrays)
        try read(.hugeIDPercent, &hugeIDPercent)
        try read(.hugeIDBytes, &hugeIDBytes)
        try read(.createTime, &createTime)
        try read(.endedWord, &endedWord)
        try read(.platformSystemIDs, &platformSystemIDs)
        try read(.failedRunsAreNameless, &failedRunsAreNameless)
        try read(.batchIDsAreEmpty, &batchIDsAreEmpty)
        try read(.countsSettleMilliseconds, &countsSettleMilliseconds)
        try read(.adhocClient, &adhocClient)
    }

    /// Ends what goes wrong by chance; how the platform is stays.
    mutating func heal() {
        partialPercent = 0
        emptyRunListPercent = 0
        emptyAfterCallPercent = 0
        missingRunPercent = 0
        missingExportPercent = 0
        hugeIDPercent = 0
    }
}
