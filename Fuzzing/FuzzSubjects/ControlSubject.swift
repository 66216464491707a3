// The control socket, from both sides: what a client sends is an order or a refusal, and what a client reads is a screen
// or an error.
//
// The first line of the bytes is method and target, the rest is the body.

internal import Chronology
internal import ControlClient
internal import ControlProtocol
internal import LinuxShell
internal import Presentation
internal import SchedulerCore

enum ControlSubject {
    private static var screen: Screen { Screen(now: TOMLSubject.now, zone: Zones.named, style: .plain) }

    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        let (line, body) = cut(bytes)
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1).map(String.init)
        let method = words.first ?? ""
        let target = words.count > 1 ? words[1] : ""
        try request(ControlRequest(method: method, target: target, body: body, actor: "fuzzer (uid 0)"))
        try documents(bytes)
        try answer(bytes)
    }

    private static func cut(_ bytes: [UInt8]) -> (line: ArraySlice<UInt8>, body: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return (bytes[...], []) }
        return (bytes[..<end], Array(bytes[(end + 1)...]))
    }

    // MARK: The daemon's side

    private static func request(_ request: ControlRequest) throws(BrokenRule) {
        let route = Result { () throws(ControlRefusal) in try ControlRoute(request) }
        let again = Result { () throws(ControlRefusal) in try ControlRoute(request) }
        try require(route == again, "the same request is another order the second time")
        switch route {
        case .success(.history(let history)):
            try require((1...HistoryDocument.greatestLimit).contains(history.limit), "a limit of \(history.limit)")
        case .success(.plan(let plan)):
            try require((1...PlanDocument.greatestDays).contains(plan.days), "a plan of \(plan.days) days")
        case .success(.order(let command)):
            try obey(command)
        case .success: break
        case .failure(let refused):
            try require([400, 404, 405].contains(refused.status), "a shape is refused with \(refused.status)")
            try refusal(refused)
        }
    }

    private static func refusal(_ refusal: ControlRefusal) throws(BrokenRule) {
        try require((1...2_000).contains(refusal.message.unicodeScalars.count), "a long refusal, or none: \(refusal)")
        let document = ErrorDocument(refusal.code, refusal.message)
        guard let bytes = try? ControlProtocol.encode(document) else { throw BrokenRule("a refusal that is no JSON") }
        let back = try? ControlProtocol.decode(ErrorDocument.self, from: bytes)
        try require(back == document, "a refusal that reads back as another: \(refusal.message.debugDescription)")
        try lines(screen.lines(document))
    }

    /// Every order can be obeyed, whatever it names, and the answer can be told.
    private static func obey(_ command: Command) throws(BrokenRule) {
        var scheduler = JournalSubject.scheduler(State())
        let moment = Moment(wall: TOMLSubject.now, monotonic: Monotonic(milliseconds: 1_000_000))
        _ = scheduler.handle(.started(scheduler.configuration), at: moment)
        let step = scheduler.handle(.command(CommandID(1), command, actor: "fuzzer (uid 0)"), at: moment)
        let replies = step.effects.compactMap { effect -> CommandReply? in
            if case .reply(_, let reply) = effect { reply } else { nil }
        }
        try require(replies.count == 1, "an order with \(replies.count) replies")
        try JournalSubject.roundTrip(step.records)
        switch replies[0] {
        case .done(let message, let occurrence):
            try lines(screen.lines(DoneDocument(message: message, occurrence: occurrence?.description)))
        case .refused(let message):
            try refusal(ControlRefusal(.refused, message))
        }
    }

    // MARK: The client's side

    private static func answer(_ bytes: [UInt8]) throws(BrokenRule) {
        // In pieces: the whole, and in sevens.
        let outcomes = [bytes.count, 7].map { size in
            var rest = bytes[...]
            return Result { () throws(ControlError) in
                try ControlAnswer(reading: { (limit) throws(ControlError) in
                    let piece = Array(rest.prefix(min(max(1, size), limit)))
                    rest = rest.dropFirst(piece.count)
                    return piece
                })
            }
        }
        // What comes behind an answer is seen only if it comes with it.
        let isSame = outcomes[0] == outcomes[1] || (try? outcomes[0].get()) == nil
        try require(isSame, "pieces make another answer: \(outcomes[0]) and \(outcomes[1])")
        switch outcomes[0] {
        case .success(let answer):
            try require(answer.body.count <= bytes.count, "an answer that is longer than what was read")
            try documents(answer.body)
        case .failure(let error):
            try Shown.requireOneLine(error.message, "a client's error")
        }
    }

    /// What the daemon may have sent is shown, if it is a document at all.
    private static func documents(_ bytes: [UInt8]) throws(BrokenRule) {
        // Nothing of ours is without a member.
        guard bytes.contains(UInt8(ascii: "{")) else { return }
        try show(StatusDocument.self, bytes) { screen.lines($0) }
        try show(CampaignsDocument.self, bytes) { screen.lines($0) }
        try show(CampaignDocument.self, bytes) { screen.lines($0) }
        try show(ExplainDocument.self, bytes) { screen.lines($0) }
        try show(OccurrenceDocument.self, bytes) { screen.lines($0) + [screen.progress($0)] }
        try show(HistoryDocument.self, bytes) { screen.lines($0, withDetails: true) }
        try show(QueueDocument.self, bytes) { screen.lines($0) }
        try show(RunsDocument.self, bytes) { screen.lines($0) }
        try show(DoneDocument.self, bytes) { screen.lines($0) }
        try show(ReloadDocument.self, bytes) { screen.lines($0) }
        try show(ErrorDocument.self, bytes) { screen.lines($0) }
        try show(CheckDocument.self, bytes) { screen.lines($0) }
    }

    private static func show<Document: Codable & Equatable>(
        _ type: Document.Type, _ bytes: [UInt8], _ draw: (Document) -> [String]
    ) throws(BrokenRule) {
        guard let document = try? ControlProtocol.decode(type, from: bytes) else { return }
        try lines(draw(document))
        guard let again = try? ControlProtocol.encode(document) else { throw BrokenRule("\(type) can not be written") }
        let back = try? ControlProtocol.decode(type, from: again)
        try require(back == document, "\(type) reads back as another")
    }

    private static func lines(_ lines: [String]) throws(BrokenRule) {
        for line in lines { try Shown.requireOneLine(line, "a line of a screen") }
    }
}
