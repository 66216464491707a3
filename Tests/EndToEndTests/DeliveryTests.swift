import Chronology
import Foundation
import PlatformModel
import PlatformServer
import Testing

/// Goal: the real daemon delivers what its campaigns say, breaks no rule of the platform, and sends nothing twice. The
/// platform's ledger is the judge.
@Suite(.serialized) struct DeliveryTests {

    private func expectClean(_ test: DaemonUnderTest, pairs: Int, location: SourceLocation = #_sourceLocation) {
        let ledger = test.platform.ledger()
        #expect(ledger.violations.isEmpty, sourceLocation: location)
        #expect(ledger.deliveries.count == pairs, sourceLocation: location)
        #expect(ledger.deliveries.allSatisfy { $0.accepted == 1 && $0.succeeded == 1 }, sourceLocation: location)
    }

    @Test func `two hundred audiences over three dataflows go out in three jobs`() async throws {
        let thirds = [1: Array(1...67), 2: Array(68...134), 3: Array(135...200)]
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: thirds)])
        try test.start()
        try await test.wait(for: "every delivery") { test.succeeded == 200 }
        expectClean(test, pairs: 200)
        // A dataflow may be known a moment before the others, and its pairs go out at once: then no two jobs are full.
        let calls = test.platform.ledger().calls
        #expect(calls.count == 3 && calls.reduce(0, +) == 200 && calls.allSatisfy { $0 <= 80 }, "\(calls)")
        try await test.wait(for: "the end of the occurrence") { test.log.contains("ended as succeeded") }
        #expect(test.end() == 0)
        try await test.close()
    }

    @Test func `an export holds every call until it has ended`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1, 2]])]) { scenario in
            scenario.exports = [.init(startMilliseconds: -1000, durationMilliseconds: 7000)]
        }
        try test.start()
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        expectClean(test, pairs: 2)
        try await test.close()
    }

    @Test func `an export that starts between the due time and the call holds the call`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1]])]) { scenario in
            // The audience's window is still open when the campaign is due; the export starts inside of it.
            scenario.flows[0].audiences[0].mappedAtMilliseconds = 3500
            scenario.exports = [.init(startMilliseconds: 4500, durationMilliseconds: 3000)]
        }
        try test.start()
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectClean(test, pairs: 1)
        try await test.close()
    }

    @Test func `two campaigns that share an audience go one after the other`() async throws {
        let at = soon()
        let test = try await DaemonUnderTest([
            CampaignText(name: "first", at: at, pairs: [1: [1, 2, 3]]),
            CampaignText(name: "second", at: at, pairs: [2: [2, 3, 4]]),
        ])
        try test.start()
        try await test.wait(for: "every delivery") { test.succeeded == 6 }
        expectClean(test, pairs: 6)
        try await test.close()
    }

    @Test func `a run that somebody else started is waited for`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1], 2: [2]])])
        test.platform.change { model, now in model.startForeignRun(flowID(1), audienceID(1), at: now, lasting: 4000) }
        try test.start()
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        expectClean(test, pairs: 2)
        try await test.close()
    }

    @Test func `a lost answer is adopted, and nothing is sent twice`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1, 2]])]) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .lostAnswer, number: 1)]
        }
        try test.start()
        try await test.wait(for: "both adoptions") {
            test.log.components(separatedBy: "run found and adopted").count == 3
        }
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        expectClean(test, pairs: 2)
        try await test.close()
    }

    @Test func `a request that never arrived is sent again once its absence is established`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1]])]) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .lostRequest, number: 1)]
        }
        try test.start()
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        expectClean(test, pairs: 1)
        #expect(test.log.contains("established as absent"))
        try await test.close()
    }

    @Test func `a platform that misbehaves in every way is outlasted`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: Array(1...20)])]) {
            scenario in
            for request in ["exports", "flows", "runs"] {
                for kind: Scenario.Fault.Kind in [.serverError, .garbage, .html, .throttled, .revokedToken, .nested] {
                    scenario.faults.append(.init(request: request, kind: kind, percent: 12))
                }
            }
            scenario.faults.append(.init(request: "adhocrun", kind: .throttledWithRetryAfter, number: 1))
            scenario.faults.append(.init(request: "adhocrun", kind: .badGateway, number: 2))
        }
        try test.start()
        try await test.wait(for: "every delivery", seconds: 90) { test.succeeded == 20 }
        expectClean(test, pairs: 20)
        try await test.close()
    }

    @Test func `nothing is asked of the platform while nothing is due`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(3600), pairs: [1: [1]])])
        try test.start()
        try await test.wait(for: "readiness") { test.log.contains("ready:") }
        try await Task.sleep(for: .seconds(60))
        #expect(test.platform.ledger().total == 0)
        try await test.close()
    }
}

/// Goal: reloads, stops and deaths lose nothing, double nothing, and are told.
@Suite(.serialized) struct LifeTests {

    @Test func `a reload in flight, good or faulty, disturbs nothing`() async throws {
        let at = soon()
        let sale = CampaignText(name: "sale", at: at, pairs: [1: Array(1...10)])
        let test = try await DaemonUnderTest([sale]) { scenario in
            scenario.runs.shortestMilliseconds = 3000
            scenario.runs.longestMilliseconds = 4000
        }
        try test.start()
        try await test.wait(for: "runs") { test.log.contains("run started") }
        try test.writeConfiguration("[campaign.sale]\nschedul = \"Fri 17:00\"\n")
        test.signal(SIGHUP)
        try await test.wait(for: "the refusal") { test.log.contains("was not reloaded") }
        #expect(test.log.contains("did you mean") || test.log.contains("Did you mean"))
        try test.writeConfiguration(
            sale.text + CampaignText(name: "second", at: soon(), pairs: [2: [50]]).text)
        test.signal(SIGHUP)
        try await test.wait(for: "the reload") { test.log.contains("configuration 2 is in use") }
        try await test.wait(for: "every delivery") { test.succeeded == 11 }
        #expect(test.platform.ledger().violations.isEmpty)
        #expect(test.platform.ledger().deliveries.allSatisfy { $0.accepted == 1 })
        try await test.close()
    }

    @Test func `a stop during a call waits for its answer, and the next start follows the run`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1]])]) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .delay, number: 1, delayMilliseconds: 1500)]
            scenario.runs.shortestMilliseconds = 4000
            scenario.runs.longestMilliseconds = 4000
        }
        try test.start()
        try await test.wait(for: "the call") { !test.platform.ledger().calls.isEmpty }
        #expect(test.end(SIGTERM) == 0)
        #expect(test.log.contains("was answered: accepted 1 of 1"))
        try test.start()
        try await test.wait(for: "the end") { test.log.contains("ended as succeeded") }
        #expect(test.platform.ledger().deliveries.map(\.accepted) == [1])
        try await test.close()
    }

    @Test func `a daemon that is killed twenty times sends nothing twice and loses nothing`() async throws {
        let start = soon()
        let campaigns = (0..<10).map { number in
            CampaignText(
                name: "campaign-\(number)", at: start + .milliseconds(number * 700),
                pairs: [number % 3 + 1: Array((number * 4 + 1)...(number * 4 + 4))])
        }
        let test = try await DaemonUnderTest(campaigns) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .delay, percent: 60, delayMilliseconds: 200)]
        }
        // What was due before the daemon had ever seen the campaigns would rightly never be fired.
        try test.start()
        try await test.wait(for: "readiness") { test.log.contains("ready:") }
        var generator = SystemRandomNumberGenerator()
        for round in 1...20 {
            if round > 1 { try test.start() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...900, using: &generator)))
            #expect(test.end(SIGKILL) == 128 + SIGKILL)
        }
        let starts = test.log.components(separatedBy: "ready:").count
        try test.start()
        try await test.wait(for: "readiness") { test.log.components(separatedBy: "ready:").count > starts }
        try await test.wait(for: "every delivery", seconds: 90) { test.succeeded == 40 }
        let ledger = test.platform.ledger()
        #expect(ledger.violations.isEmpty)
        #expect(ledger.deliveries.count == 40)
        #expect(ledger.deliveries.allSatisfy { $0.accepted == 1 })
        #expect(test.end() == 0)
        try await test.close()
    }

    @Test func `a second daemon on one state directory is refused with the first one's PID`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(3600), pairs: [1: [1]])])
        try test.start()
        try await test.wait(for: "readiness") { test.log.contains("ready:") }
        let second = try test.runSecond(stateDirectory: "state", runtimeDirectory: "second")
        #expect(second.code == 75)
        #expect(second.words.contains("PID \(test.process?.processIdentifier ?? -1)"))
        try await test.close()
    }

    @Test func `a faulty configuration ends the start with 78 and every fault`() async throws {
        let test = try await DaemonUnderTest([])
        try test.writeConfiguration("[campaign.sale]\nat = [2026-13-01]\n")
        try test.start()
        #expect(test.end(0) == 78)
        #expect(test.log.contains("activationd.toml:"))
        try await test.close()
    }

    @Test func `a reload changes the level of the log`() async throws {
        let test = try await DaemonUnderTest([])
        try test.start(logLevel: nil)
        try await test.wait(for: "readiness") { test.log.contains("ready:") }
        try test.writeConfiguration("[daemon]\nlog_level = \"warning\"\n")
        test.signal(SIGHUP)
        try await Task.sleep(for: .milliseconds(300))
        let quiet = test.log.count
        test.signal(SIGHUP)
        try await Task.sleep(for: .milliseconds(300))
        #expect(!test.log.dropFirst(quiet).contains("reloaded"))
        try test.writeConfiguration("[daemon]\nlog_level = \"info\"\n")
        test.signal(SIGHUP)
        try await test.wait(for: "words") { test.log.dropFirst(quiet).contains("is in use") }
        try await test.close()
    }

    @Test func `a thousand SIGHUP are a few reloads, and the last change is in use`() async throws {
        let test = try await DaemonUnderTest([])
        try await test.startAndWait()
        for number in 1...1000 {
            if number == 1000 {
                try test.writeConfiguration(CampaignText(name: "last", at: soon(3600), pairs: [1: [1]]).text)
            }
            test.signal(SIGHUP)
            usleep(500)
        }
        try await test.wait(for: "the last change") { test.log.contains("+ last") }
        #expect(test.log.components(separatedBy: "is in use (digest").count - 2 <= 3)
        #expect(test.end() == 0)
        try await test.close()
    }

    @Test func `no secret and no token is in the log, whatever its level`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: soon(), pairs: [1: [1]])])
        try test.start()
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        #expect(!test.log.contains("simulated-"))
        #expect(test.log.contains("request_id="))
        try await test.close()
    }
}
