import Chronology
import ControlClient
import ControlProtocol
import Foundation
import PlatformModel
import PlatformServer
import Testing

/// Goal: what a platform does that is stranger than its documents (lost answers, runs that show late, dead tokens, refusals in
/// unknown words, runs that never end) costs no delivery, doubles none, and is told. The platform's ledger is the judge.
///
/// The tests run side by side: each waits most of its time.
@Suite(.sideBySide(5)) struct StrangePlatformTests {
    /// A doubt is over in four seconds: what the kernel may still hold counts for half a second and three.
    private static let quickDoubt: SettingsText = [
        "polling": ["settle": "\"1s\""], "limits": ["request_timeout": "\"500ms\""],
    ]

    private func expectOnce(
        _ test: DaemonUnderTest, pairs: Int, except rules: Set<Ledger.Rule> = [],
        location: SourceLocation = #_sourceLocation
    ) {
        let ledger = test.platform.ledger()
        #expect(ledger.violations.filter { !rules.contains($0.rule) } == [], sourceLocation: location)
        #expect(ledger.deliveries.map(\.accepted) == Array(repeating: 1, count: pairs), sourceLocation: location)
        #expect(ledger.deliveries.allSatisfy { $0.succeeded == 1 }, sourceLocation: location)
    }

    private func byHand(_ name: String, _ pairs: [Int: [Int]], _ more: String = "") -> CampaignText {
        CampaignText(name: name, at: nil, pairs: pairs, more: more)
    }

    private func fire(_ test: DaemonUnderTest, _ name: String) throws {
        _ = try test.order(DoneDocument.self, "/v1/campaigns/\(name)/fire", FireOrder(forceOverlap: false))
    }

    /// The names of what is closed for a campaign, as `explain` says.
    private func closed(_ test: DaemonUnderTest, _ name: String) -> [String] {
        guard let explained = try? test.ask(ExplainDocument.self, "/v1/campaigns/\(name)/explain") else { return [] }
        return explained.occurrences.flatMap(\.gates).filter { $0.state == "closed" }.map(\.gate)
    }

    private func texts(_ test: DaemonUnderTest, _ name: String) throws -> [String] {
        try test.ask(HistoryDocument.self, "/v1/history?campaign=\(name)").entries.map(\.text)
    }

    private func occurrence(_ test: DaemonUnderTest, _ id: String = "1") -> OccurrenceDocument? {
        try? test.ask(OccurrenceDocument.self, "/v1/occurrences/\(id)")
    }

    private func requests(_ test: DaemonUnderTest) -> Int { test.platform.ledger().requests["adhocrun"] ?? 0 }

    // MARK: Waiting

    /// With `gate` below `gate_freshness` nothing was asked again and nothing woke anybody.
    @Test func `a dataflow that is busy when its export ends is looked at again, whatever the settings`() async throws {
        let settings: SettingsText = ["polling": ["gate": "\"200ms\"", "gate_freshness": "\"20s\""]]
        let test = try await DaemonUnderTest([byHand("sale", [1: [1, 2]])], settings: settings)
        try await test.startAndWait()
        test.platform.change { model, now in
            model.startExport(at: now, lasting: 3000)
            model.startForeignRun(flowID(1), audienceID(9), at: now, lasting: 6000)
        }
        try fire(test, "sale")
        try await test.wait(for: "the closed export gate") { closed(test, "sale").contains("export") }
        try await test.wait(for: "the closed dataflow") { closed(test, "sale").contains("dataflow") }
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        expectOnce(test, pairs: 2)
        try await test.wait(for: "the end") { occurrence(test)?.state == "succeeded" }
        try await test.close()
    }

    @Test func `a mapping that begins in a month is looked at again when somebody moves it to yesterday`() async throws
    {
        let day = { (days: Int) in String((wallClock() + .seconds(days * 86_400)).rfc3339.prefix(10)) }
        let (begin, yesterday) = (day(30), day(-1))
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.flows[0].audiences[0].startDate = begin
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the closed gate") { closed(test, "sale").contains("schedule-range") }
        #expect(requests(test) == 0)
        // Whoever has to move it is told, once, with the day on which it would begin: hours after this one has expired.
        let words = "has not started; it starts at \(begin)T00:00:00.000Z, after start_within is over"
        try await test.wait(for: "the notification") { test.log.contains(words) }
        try await test.wait(for: "the day in explain") {
            let explained = try? test.ask(ExplainDocument.self, "/v1/campaigns/sale/explain")
            return explained?.occurrences.flatMap(\.gates).contains {
                $0.gate == "schedule-range" && $0.until?.hasPrefix(begin) == true
            } ?? false
        }
        test.platform.change { model, now in
            model.edit(
                FlowEdit(flow: flowID(1), map: audienceID(1), unmap: audienceID(1), startDate: yesterday), at: now)
        }
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        #expect(test.log.components(separatedBy: "event=mapping").count == 2)
        try await test.close()
    }

    @Test(arguments: [Quirks.CreateTime.iso, .fraction, .number])
    func `a mapping's age is read in every spelling, and its window is kept`(spelling: Quirks.CreateTime) async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.quirks.createTime = spelling
            // Its window is open for as long as the daemon takes to start, and some time longer.
            scenario.flows[0].audiences[0].mappedAtMilliseconds = 4000
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        try await test.close()
    }

    @Test func `a mapping whose age can not be read is not called, and it is said why`() async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.quirks.createTime = .unreadable
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the closed gate") { closed(test, "sale").contains("first-activation") }
        #expect(requests(test) == 0)
        test.platform.change { model, _ in model.change { $0.createTime = .seconds } }
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        try await test.close()
    }

    // MARK: Doubt

    /// The second call is refused with the id of the first one's run, which belongs to us.
    @Test func `a run that shows long after its answer was lost is adopted, and not sent again`() async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])], settings: Self.quickDoubt) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .lostAnswer, number: 1)]
            scenario.runs.lagMilliseconds = 7000
            scenario.runs.shortestMilliseconds = 9000
            scenario.runs.longestMilliseconds = 9000
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the end") { occurrence(test)?.state == "succeeded" }
        // The second call names an audience with a run, which nobody could see.
        expectOnce(test, pairs: 1, except: [.audienceInFlight])
        #expect(requests(test) == 2)
        #expect(try texts(test, "sale").contains { $0.contains("found and adopted") })
        #expect(occurrence(test)?.activations.map(\.wasAdopted) == [true])
        #expect(try texts(test, "sale").contains { $0.contains("second run") } == false)
        try await test.close()
    }

    /// Runs of one call show one after the other, over longer than a doubt takes; the first ones end meanwhile.
    @Test func `a lost call that took effect for one campaign is not sent again for the other`() async throws {
        let at = soon()
        let test = try await DaemonUnderTest(
            [
                CampaignText(name: "first", at: at, pairs: [1: [1, 2]]),
                CampaignText(name: "second", at: at, pairs: [1: [3, 4]]),
            ], settings: Self.quickDoubt
        ) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .lostAnswer, number: 1)]
            scenario.runs.longestLagMilliseconds = 9000
        }
        try await test.startAndWait()
        // What shows is adopted; what does not in time is set aside, and not sent.
        let over: Set<String> = ["succeeded", "quarantined"]
        try await test.wait(for: "every end") {
            let ends = ["1", "2"].compactMap { occurrence(test, $0)?.activations.map(\.state) }.joined()
            return ends.count == 4 && over.isSuperset(of: ends)
        }
        try await test.wait(for: "every delivery") { test.succeeded == 4 }
        expectOnce(test, pairs: 4)
        #expect(requests(test) == 1)
        let told = try texts(test, "first") + texts(test, "second")
        #expect(told.contains { $0.contains("found and adopted") })
        for id in ["1", "2"] {
            let ended = try #require(occurrence(test, id))
            #expect(ended.needsPerson == ended.activations.contains { $0.state == "quarantined" })
        }
        try await test.close()
    }

    // MARK: Stops

    @Test func `a campaign that follows one which ends while the daemon stops is fired after the start`() async throws {
        let test = try await DaemonUnderTest([
            byHand("sale", [1: [1]]), byHand("slow", [2: [5]]), byHand("next", [3: [9]], "after = \"sale\""),
        ]) { scenario in
            scenario.runs.shortestMilliseconds = 1500
            scenario.runs.longestMilliseconds = 1500
            scenario.faults = [.init(request: "adhocrun", kind: .delay, number: 2, delayMilliseconds: 2500)]
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the first run") { test.log.contains("run started") }
        try fire(test, "slow")
        try await test.wait(for: "the call on the wire") { test.platform.ledger().calls.count == 2 }
        #expect(test.end(SIGTERM) == 0)
        #expect(test.log.contains("was answered: accepted 1 of 1"))
        try await test.startAndWait()
        try await test.wait(for: "every delivery") { test.succeeded == 3 }
        expectOnce(test, pairs: 3)
        #expect(try texts(test, "next").contains { $0.contains("after") })
        try await test.close()
    }

    /// Each stop took the whole grace, for as long as the doubt was open.
    @Test func `a stop does not wait for an answer that was lost with the process before`() async throws {
        // A call on the wire is waited for as long as `request_timeout` and five seconds.
        let settings: SettingsText = ["polling": ["settle": "\"60s\""], "limits": ["request_timeout": "\"20s\""]]
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])], settings: settings) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .stall, number: 1)]
            scenario.quirks.emptyRunListPercent = 100
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the call on the wire") { test.platform.ledger().calls == [1] }
        #expect(test.end(SIGKILL) == 128 + SIGKILL)
        try await test.startAndWait()
        try await test.wait(for: "the doubt") { occurrence(test)?.activations.map(\.state) == ["in_doubt"] }
        let begin = ContinuousClock.now
        #expect(test.end(SIGTERM) == 0)
        #expect(ContinuousClock.now - begin < .seconds(10))
        // The doubt is as open as before, and what shows at last settles it.
        test.platform.change { model, _ in model.change { $0.emptyRunListPercent = 0 } }
        try await test.startAndWait()
        try await test.wait(for: "the end") { occurrence(test)?.state == "succeeded" }
        expectOnce(test, pairs: 1)
        #expect(requests(test) == 1)
        try await test.close()
    }

    // MARK: The wire

    /// A token takes longer than what was judged before it stays true, and an export begins in between.
    @Test func `a call that has waited for a token does not leave into an export that began meanwhile`() async throws {
        let settings: SettingsText = ["limits": ["request_timeout": "\"10s\""]]
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])], settings: settings) { scenario in
            scenario.faults = [
                .init(request: "adhocrun", kind: .revokedToken, number: 1),
                .init(request: "token", kind: .delay, number: 2, delayMilliseconds: 4000),
            ]
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the second token") { test.platform.ledger().requests["token"] == 2 }
        // What was asked before is at most a second old.
        try await Task.sleep(for: .milliseconds(1100))
        test.platform.change { model, now in model.startExport(at: now, lasting: 6000) }
        try await test.wait(for: "the closed export gate") { closed(test, "sale").contains("export") }
        #expect(test.platform.ledger().calls == [])
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        // One refused token is renewed, and nobody is paged for it.
        #expect(try test.ask(StatusDocument.self, "/v1/status").credentials.state == "open")
        try await test.close()
    }

    @Test func `a pause that is ordered while a token is fetched holds the call back`() async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.faults = [.init(request: "token", kind: .delay, number: 1, delayMilliseconds: 1500)]
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the token") { test.platform.ledger().requests["token"] == 1 }
        let pause = PauseOrder(campaign: "sale", until: nil, reason: "wait")
        _ = try test.order(DoneDocument.self, "/v1/pause", pause)
        try await test.wait(for: "the closed gate") { closed(test, "sale").contains("paused") }
        try await Task.sleep(for: .milliseconds(2500))
        #expect(requests(test) == 0)
        _ = try test.order(DoneDocument.self, "/v1/resume", ResumeOrder(campaign: "sale"))
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        try await test.close()
    }

    enum Opening: CaseIterable, Sendable {
        /// Before anybody else could have ended the connection: the kernel drops what a dead process had written.
        case atOnce
        case afterTheSecondCall
    }

    /// The kernel went on with it for as long as the way was closed, and a server had it 26 s later.
    @Test(arguments: Opening.allCases)
    func `what a killed daemon had written of a call does not arrive when the way opens`(opening: Opening) async throws
    {
        let sale = byHand("sale", [1: Array(1...80)])
        let settings: SettingsText = ["polling": ["settle": "\"1s\""], "limits": ["request_timeout": "\"5s\""]]
        let test = try await DaemonUnderTest([sale], settings: settings)
        let way = try NarrowWay(to: test.platform.port)
        defer { way.stop() }
        test.address = way.url
        try test.writeConfiguration(sale.text)
        try await test.startAndWait()
        way.closeForNextCall()
        try fire(test, "sale")
        // More than a head has: what is there is the body, which was written in one piece.
        try await test.wait(for: "a call in the daemon's kernel") { way.unread > 1500 }
        #expect(test.end(SIGKILL) == 128 + SIGKILL)
        if opening == .atOnce {
            way.open()
            try await test.wait(for: "all that comes of it") { way.isPassed }
            #expect(requests(test) == 0)
        }
        try await test.startAndWait()
        try await test.wait(for: "every delivery", seconds: 60) { test.succeeded == 80 }
        if opening == .afterTheSecondCall {
            let before = requests(test)
            way.open()
            try await test.wait(for: "all that comes of it") { way.isPassed }
            #expect(requests(test) == before)
        }
        expectOnce(test, pairs: 80)
        try await test.close()
    }

    // MARK: Sizes

    /// Its occurrence was a record that no journal takes: exit code 74, at each start anew.
    @Test func `a campaign of 84,000 pairs is refused by name, and the others go on`() async throws {
        let sale = byHand("sale", [1: [1]])
        let test = try await DaemonUnderTest([sale])
        try await test.startAndWait()
        try test.writeConfiguration(sale.text + byHand("whole", [1: Array(1...84_000)]).text)
        // Built for debugging, and beside other tests, it reads for some seconds.
        let patient = ControlConnection(path: test.control.path, timeoutSeconds: 60)
        let answer = try patient.request("POST", "/v1/reload", body: [])
        #expect(answer.status == 422)
        let faults = try ControlProtocol.decode(ErrorDocument.self, from: answer.body).error.faults ?? []
        #expect(faults.map(\.code) == ["too-many"])
        #expect(faults.allSatisfy { $0.sentence.contains("has 84000 pairs; accepted: up to 50000") })
        let status = try test.ask(StatusDocument.self, "/v1/status")
        #expect(status.configuration.campaigns == 1)
        #expect(status.configuration.rejection?.contains("has 84000 pairs") == true)
        try fire(test, "sale")
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        #expect(test.end(SIGTERM) == 0)
        // A start with it says the same, and touches no journal.
        try test.start()
        #expect(test.end(0) == 78)
        try test.writeConfiguration(sale.text)
        try await test.startAndWait()
        #expect(!test.log.contains("the last stop was not clean"))
        try await test.close()
    }

    /// Nine ids of a megabyte each would make a record that no journal takes.
    @Test func `runs with ids of megabytes end no daemon and hold up nothing else`() async throws {
        let settings: SettingsText = [
            "polling": ["gate": "\"5s\"", "gate_freshness": "\"10s\""],
            "limits": ["response_bytes": "67108864", "request_timeout": "\"20s\""],
        ]
        let test = try await DaemonUnderTest(
            [byHand("sale", [1: [1]]), byHand("other", [2: [2]])], settings: settings)
        test.platform.change { model, now in
            for number in 1...9 {
                let id = "\(number)" + String(repeating: "0", count: 1 << 20)
                model.startForeignRun(flowID(1), audienceID(100 + number), at: now, lasting: 200, id: id)
            }
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try fire(test, "other")
        try await test.wait(for: "the other delivery") { test.succeeded >= 1 }
        try await test.wait(for: "an end, or a reason") {
            occurrence(test)?.state == "succeeded" || !closed(test, "sale").isEmpty
        }
        #expect(try test.ask(HealthDocument.self, "/v1/health").status == "ok")
        #expect(test.platform.ledger().deliveries.allSatisfy { $0.accepted == 1 })
        #expect(test.platform.ledger().violations.isEmpty)
        #expect(test.end(SIGTERM) == 0)
        try await test.close()
    }

    // MARK: Refusals

    @Test(
        arguments: zip(
            [Scenario.Refusal.Kind.throttledEmpty, .throttledEmpty, .throttledTitle, .throttled, .sandboxLimit],
            [Scenario.Refusal.RetryAfter.seconds, .date, .unit, .date, .seconds]))
    func `a call that came too often waits as the answer says, and is no doubt`(
        kind: Scenario.Refusal.Kind, form: Scenario.Refusal.RetryAfter
    ) async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.refusals = [
                .init(request: "adhocrun", kind: kind, number: 1, retryAfter: form, retryAfterSeconds: 3)
            ]
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the refusal") { requests(test) == 1 }
        let refused = wallClock()
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectOnce(test, pairs: 1)
        #expect(requests(test) == 2)
        // A date has whole seconds.
        #expect(wallClock() - refused >= .seconds(2))
        #expect(try texts(test, "sale").contains { $0.contains("in doubt") } == false)
        try await test.close()
    }

    @Test(arguments: [Scenario.Refusal.Kind.audiencesNotReady, .ordersNotReady])
    func `a call that came before the platform was ready waits as long as the text says, and costs no attempt`(
        kind: Scenario.Refusal.Kind
    ) async throws {
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])]) { scenario in
            scenario.refusals = [.init(request: "adhocrun", kind: kind, percent: 100)]
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the refusal") { requests(test) == 1 }
        try await Task.sleep(for: .seconds(4))
        // "please wait for 10 minutes and retry": six attempts were gone in less than a minute.
        #expect(requests(test) == 1)
        let waiting = try #require(occurrence(test))
        #expect(waiting.state == "waiting" && !waiting.needsPerson)
        let explained = try test.ask(ExplainDocument.self, "/v1/campaigns/sale/explain")
        let until = explained.occurrences.flatMap(\.gates).filter { $0.state == "closed" }.compactMap(\.until)
            .compactMap { Instant(rfc3339: $0) }
        #expect(until.contains { (540_000...660_000).contains(($0 - wallClock()).milliseconds) }, "\(explained)")
        try await test.close()
    }

    // MARK: Runs without an end

    @Test func `a run of ours that never ends is given up by a person once it is late, and its audience is free`()
        async throws
    {
        let settings: SettingsText = ["polling": ["run_late": "\"2s\""]]
        let test = try await DaemonUnderTest([byHand("sale", [1: [1]])], settings: settings) { scenario in
            scenario.runs.endlessPercent = 100
        }
        try await test.startAndWait()
        try fire(test, "sale")
        try await test.wait(for: "the run") { occurrence(test)?.activations.first?.state == "running" }
        try await test.wait(for: "lateness") { occurrence(test)?.activations.first?.isLate ?? false }
        #expect(try test.ask(StatusDocument.self, "/v1/status").occurrences.contains { $0.id == "1" })
        let given = try test.activationctl("resolve", "1.1", "--abandon")
        #expect(given.code == 0 && given.output.contains("still under way"), "\(given)")
        #expect(occurrence(test)?.state == "failed")
        #expect(try texts(test, "sale").contains { $0.contains("abandoned") })
        // Once the platform's run has ended as well, the audience goes out again.
        test.platform.change { model, now in model.heal(at: now) }
        try await test.wait(for: "the end of its run") { test.platform.ledger().pairsInFlight == 0 }
        try fire(test, "sale")
        try await test.wait(for: "the delivery") { occurrence(test, "2")?.state == "succeeded" }
        let ledger = test.platform.ledger()
        #expect(ledger.deliveries.map(\.accepted) == [2] && ledger.violations.isEmpty)
        try await test.close()
    }

    // MARK: Reads

    /// From the order to the last delivery on the platform.
    private func time(of name: String, _ test: DaemonUnderTest, until count: Int) async throws -> Duration {
        let begin = ContinuousClock.now
        try fire(test, name)
        try await test.wait(for: "every delivery of \(name)") { test.succeeded == count }
        return ContinuousClock.now - begin
    }

    /// Each reading passes over a million records. On the queue that decides, thirty of them would take longer than what the
    /// platform has answered stays fresh.
    @Test func `looking at a long history from every place of the socket delays no delivery`() async throws {
        let campaigns = [byHand("quiet", [1: Array(1...20)]), byHand("sale", [2: Array(21...40)])]
        let test = try await DaemonUnderTest(campaigns)
        try await test.startAndWait()
        #expect(test.end(SIGTERM) == 0)
        try test.lengthenHistory(by: 1_000_000)
        try await test.startAndWait()
        let records = try test.ask(StatusDocument.self, "/v1/status").journal.records ?? 0
        #expect(records > 1_000_000)
        let quiet = try await time(of: "quiet", test, until: 20)

        let readers = (1...31).map { _ in Reader(test.directory + "/run/control.sock") }
        defer { for reader in readers { reader.stop() } }
        func answers() -> Int { readers.reduce(0) { $0 + $1.count } }
        try await test.wait(for: "readings") { answers() >= readers.count }
        let before = answers()
        let beside = try await time(of: "sale", test, until: 40)
        #expect(beside < quiet + .seconds(5), "\(quiet) without readings, and \(beside) with them")
        #expect(answers() > before)
        for _ in 1...3 { #expect(try test.ask(HealthDocument.self, "/v1/health").status == "ok") }
        expectOnce(test, pairs: 40)
        for reader in readers { reader.stop() }
        try await test.close()
    }
}

/// Asks for the oldest history again and again, on a thread of its own.
private final class Reader: @unchecked Sendable {
    private let lock = NSLock()
    private var answers = 0
    private var isOver = false

    init(_ path: String) {
        Thread.detachNewThread { [weak self] in
            while let self, self.goesOn {
                let control = ControlConnection(path: path, timeoutSeconds: 20)
                let answer = try? control.request("GET", "/v1/history?until=1970-01-01T00:00:01Z")
                self.lock.withLock { if answer?.status == 200 { self.answers += 1 } }
                usleep(20_000)
            }
        }
    }

    private var goesOn: Bool { lock.withLock { !isOver } }
    var count: Int { lock.withLock { answers } }
    func stop() { lock.withLock { isOver = true } }
}

/// As many tests of a suite at a time: more would wait for the processor and not for the platform.
struct SideBySide: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true
    private let places: Places

    init(_ count: Int) {
        places = Places(count)
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // A suite, and a test with arguments, only hold what runs.
        guard testCase != nil else { return try await function() }
        await places.enter()
        defer { Task { await places.leave() } }
        try await function()
    }

    private actor Places {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) {
            free = count
        }

        func enter() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func leave() {
            if waiting.isEmpty {
                free += 1
            } else {
                waiting.removeFirst().resume()
            }
        }
    }
}

extension Trait where Self == SideBySide {
    static func sideBySide(_ count: Int) -> Self { SideBySide(count) }
}
