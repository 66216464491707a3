import Chronology
import ControlClient
import ControlProtocol
import Foundation
import PlatformModel
import PlatformServer
import TestPrograms
import Testing

/// Goal: what people ask and order over the control socket is answered by the truth and obeyed within the rules.
@Suite(.serialized) struct ControlTests {
    private let byHand = CampaignText(name: "sale", at: nil, pairs: [1: [1, 2]])

    private func expect(_ answer: ControlAnswer, is code: ErrorDocument.Code, _ status: Int) throws -> String {
        #expect(answer.status == status)
        let error = try ControlProtocol.decode(ErrorDocument.self, from: answer.body).error
        #expect(error.code == code)
        return error.message
    }

    @Test func `a campaign that is fired by hand waits for the export and says so, and is recorded with who fired it`()
        async throws
    {
        let test = try await DaemonUnderTest([byHand]) { scenario in
            scenario.exports = [.init(startMilliseconds: -1000, durationMilliseconds: 6000)]
        }
        try await test.startAndWait()
        let fired = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: false))
        #expect(fired.occurrence == "1")
        var explained = try test.ask(ExplainDocument.self, "/v1/campaigns/sale/explain")
        try await test.wait(for: "the export gate") {
            guard let answer = try? test.ask(ExplainDocument.self, "/v1/campaigns/sale/explain") else { return false }
            explained = answer
            return explained.occurrences.first?.gates.contains { $0.gate == "export" && $0.state == "closed" } ?? false
        }
        #expect(explained.state == "waiting")
        let export = try #require(explained.occurrences.first?.gates.first { $0.gate == "export" })
        #expect(export.evidence.contains("4711 is PROCESSING") && export.activations == 2 && export.since != nil)
        let again = try test.control.request("POST", "/v1/campaigns/sale/fire", body: [])
        #expect(try expect(again, is: .refused, 409).contains("--force-overlap"))
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        try await test.wait(for: "the end") {
            (try? test.ask(OccurrenceDocument.self, "/v1/occurrences/1"))?.state == "succeeded"
        }
        let history = try test.ask(HistoryDocument.self, "/v1/history?campaign=sale")
        #expect(history.entries.contains { $0.kind == "occurrence-due" && $0.text.contains("uid \(getuid())") })
        #expect(history.entries.count { $0.kind == "activation-ended" && $0.text.contains("ended as succeeded") } == 2)
        try await test.close()
    }

    @Test func `what waits can be cancelled, and is never sent`() async throws {
        let test = try await DaemonUnderTest([byHand]) { scenario in
            scenario.exports = [.init(startMilliseconds: -1000, durationMilliseconds: 60_000)]
        }
        try await test.startAndWait()
        _ = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: false))
        let one = try test.order(DoneDocument.self, "/v1/cancel", CancelOrder(id: "1.2"))
        #expect(one.message.contains("cancelled 1 of 2"))
        _ = try test.order(DoneDocument.self, "/v1/cancel", CancelOrder(id: "1"))
        let occurrence = try test.ask(OccurrenceDocument.self, "/v1/occurrences/1")
        #expect(occurrence.state == "cancelled" && occurrence.activations.allSatisfy { $0.state == "cancelled" })
        let body = try ControlProtocol.encode(CancelOrder(id: "1"))
        _ = try expect(try test.control.request("POST", "/v1/cancel", body: body), is: .refused, 409)
        #expect(test.platform.ledger().calls.isEmpty)
        try await test.close()
    }

    @Test func `a pause survives a restart, and resuming lets campaigns be fired again`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let order = PauseOrder(campaign: nil, until: nil, reason: "the platform is being moved")
        _ = try test.order(DoneDocument.self, "/v1/pause", order)
        test.end(SIGKILL)
        try await test.startAndWait()
        #expect(try test.ask(StatusDocument.self, "/v1/status").pauses.map(\.reason) == ["the platform is being moved"])
        let refused = try test.control.request("POST", "/v1/campaigns/sale/fire", body: [])
        #expect(try expect(refused, is: .refused, 409).contains("the platform is being moved"))
        _ = try test.order(DoneDocument.self, "/v1/resume", ResumeOrder(campaign: nil))
        _ = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: false))
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        try await test.close()
    }

    @Test func `a reload over the socket is answered with what changed, or with every fault`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        try test.writeConfiguration(byHand.text + CampaignText(name: "second", at: nil, pairs: [2: [5]]).text)
        let reloaded = try test.order(ReloadDocument.self, "/v1/reload", HealthDocument(status: ""))
        #expect(reloaded.added == ["second"] && reloaded.unchanged == 1 && reloaded.generation == 2)
        try test.writeConfiguration("[campaign.sale]\nschedul = \"Fri 17:00\"\n")
        let answer = try test.control.request("POST", "/v1/reload", body: [])
        #expect(answer.status == 422)
        let faults = try ControlProtocol.decode(ErrorDocument.self, from: answer.body).error.faults ?? []
        #expect(faults.contains { $0.code == "unknown-key" && $0.line > 0 && $0.text.contains("^^^^^^^") })
        let status = try test.ask(StatusDocument.self, "/v1/status")
        #expect(status.configuration.campaigns == 2)
        #expect(status.configuration.rejection?.contains("activationd.toml:") == true)
        try await test.close()
    }

    @Test func `an activation that is held for a person is settled by a person`() async throws {
        var held = byHand
        held.pairs = [1: [1]]
        held.more = "on_doubt = \"hold\""
        let test = try await DaemonUnderTest([held]) { scenario in
            scenario.faults = [.init(request: "adhocrun", kind: .lostRequest, number: 1)]
        }
        try await test.startAndWait()
        _ = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: false))
        try await test.wait(for: "a person to be needed") {
            (try? test.ask(OccurrenceDocument.self, "/v1/occurrences/1"))?.needsPerson ?? false
        }
        #expect(try test.ask(ExplainDocument.self, "/v1/campaigns/sale/explain").advice.contains("resolve 1.1"))
        let order = ResolveOrder(activation: "1.1", resolution: .retry, run: nil)
        _ = try test.order(DoneDocument.self, "/v1/resolve", order)
        try await test.wait(for: "the delivery") { test.succeeded == 1 }
        #expect(test.platform.ledger().deliveries.map(\.accepted) == [1])
        try await test.close()
    }

    @Test func `requests that make no sense are refused by name and disturb nothing`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let control = test.control
        _ = try expect(try control.request("GET", "/v1/nothing"), is: .unknown, 404)
        _ = try expect(try control.request("GET", "/v2/status"), is: .unknown, 404)
        _ = try expect(try control.request("GET", "/v1/campaigns/%zz"), is: .badRequest, 400)
        _ = try expect(try control.request("GET", "/v1/campaigns/none/explain"), is: .unknown, 404)
        _ = try expect(try control.request("DELETE", "/v1/status"), is: .badMethod, 405)
        _ = try expect(try control.request("GET", "/v1/history?limit=0"), is: .badRequest, 400)
        _ = try expect(try control.request("POST", "/v1/cancel", body: Array("[".utf8)), is: .badRequest, 400)
        let large = [UInt8](repeating: 32, count: ControlProtocol.requestByteLimit + 1)
        _ = try expect(try control.request("POST", "/v1/cancel", body: large), is: .tooLarge, 413)
        #expect(try test.ask(HealthDocument.self, "/v1/health").status == "ok")
        try await test.close()
    }

    @Test func `clients that connect and say nothing are bounded in number and in time`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let idle = try (0..<40).map { _ in try test.connectSilently() }
        // The places are taken, and they keep nobody out: the watchdog's own probe comes this way.
        for _ in 1...5 { #expect(try test.ask(HealthDocument.self, "/v1/health").status == "ok") }
        for descriptor in idle { close(descriptor) }
        try await test.close()
    }

    @Test func `a client that asks without end is answered at the door's pace`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let control = test.control
        let begin = ContinuousClock.now
        for _ in 1...700 { #expect(try control.request("GET", "/v1/health").status == 200) }
        // The first 100 are handed on at once and then 200 a second, so the last one 2,995 ms after the first at the earliest; a
        // slow machine takes longer.
        #expect(ContinuousClock.now - begin >= .milliseconds(2900))
        try await test.close()
    }

    @Test func `a daemon that finds another one on its control socket does not start`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let status = try test.runSecond(stateDirectory: "other", runtimeDirectory: "run")
        #expect(status.code == 75, "\(status.words)")
        #expect(status.words.contains("another activationd answers"))
        // What a killed one leaves is no obstacle.
        test.end(SIGKILL)
        try await test.startAndWait()
        try await test.close()
    }

    @Test func `activationctl ends with the exit code for what happened, and with JSON says one document`() async throws
    {
        let test = try await DaemonUnderTest([byHand])
        let missing = try test.activationctl("status", "--json")
        #expect(missing.code == 69)
        #expect(
            try ControlProtocol.decode(ErrorDocument.self, from: Array(missing.output.utf8)).error.code == .unreachable)
        try await test.startAndWait()
        for command in ["status", "campaigns", "queue", "runs", "history"] {
            let text = try test.activationctl(command)
            #expect(text.code == 0 && !text.output.isEmpty, "\(command): \(text)")
            let json = try test.activationctl("--json", command)
            #expect(json.code == 0 && json.output.hasPrefix("{"), "\(command): \(json)")
        }
        #expect(try test.activationctl("show", "sale").output.contains("by hand"))
        #expect(try test.activationctl("fire", "sale", "--wait").code == 0)
        #expect(test.succeeded == 2)
        #expect(try test.activationctl("history", "sale", "--since", "1h").output.contains("ended as succeeded"))
        #expect(try test.activationctl("explain", "sale").output.contains("by hand only"))
        let unknown = try test.activationctl("explain", "none")
        #expect(unknown.code == 1 && unknown.error.contains("no campaign is called \"none\""))
        #expect(try test.activationctl("nonsense").code == 64)
        #expect(try test.activationctl("pause").code == 64)
        #expect(try test.activationctl("pause", "--all", "--until", "2h").code == 0)
        #expect(try test.activationctl("resume", "--all").code == 0)
        let recount = try test.activationctl("recount", "--all")
        #expect(recount.code == 1 && recount.error.contains("nothing is decided beyond the clock"))
        #expect(try test.activationctl("recount").code == 64)
        #expect(try test.activationctl("reload").code == 0)
        try test.writeConfiguration("[campaign.sale]\nschedul = \"Fri 17:00\"\n")
        let reload = try test.activationctl("reload")
        #expect(reload.code == 78 && reload.error.contains("^^^^^^^"))
        #expect(try test.activationctl("check", test.directory + "/activationd.toml").code == 78)
        try await test.close()
    }

    @Test func `a check warns of a secret that is not there, and of one that everybody can read`() async throws {
        let test = try await DaemonUnderTest([byHand])
        let (file, secret) = (test.directory + "/activationd.toml", test.directory + "/secret")
        func check() throws -> [String] {
            let checked = try test.activationctl("--json", "check", file)
            #expect(checked.code == 0, "\(checked)")
            let document = try ControlProtocol.decode(CheckDocument.self, from: Array(checked.output.utf8))
            return document.warnings.map(\.code).filter { $0.hasPrefix("secret-") }
        }
        // What the service has in its environment is not in the client's.
        #expect(try check() == [])
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacingOccurrences(of: "{ env = \"SIMULATED_SECRET\" }", with: "{ file = \"\(secret)\" }")
            .write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try check() == ["secret-unreadable"])
        try Data("simulated-secret\n".utf8).write(to: URL(fileURLWithPath: secret))
        #expect(chmod(secret, 0o644) == 0)
        #expect(try check() == ["secret-exposed"])
        #expect(chmod(secret, 0o600) == 0)
        #expect(try check() == [])
        try await test.close()
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to become somebody who may not"))
    func `somebody outside of the socket's group is not permitted`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        let stranger = try test.activationctl(
            "status", through: ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups"])
        #expect(stranger.code == 77 && stranger.error.contains("may not be opened"))
        try await test.close()
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to mount a small disk"))
    func `a reload on a full disk is answered by what is in use`() async throws {
        let test = try await DaemonUnderTest([byHand])
        let state = test.directory + "/state"
        let mounted = try run("/usr/bin/mount", "-t", "tmpfs", "-o", "mode=700,size=2048k", "tmpfs", state)
        try #require(mounted == 0)
        defer { _ = try? run("/usr/bin/umount", "--lazy", state) }
        try await test.startAndWait()
        #expect(try run("/usr/bin/dd", "if=/dev/zero", "of=\(state)/filling", "bs=1k") != 0)
        // What is left in the journal's own files may take a few.
        var refused: ControlAnswer?
        for number in 1...100 where refused == nil {
            let name = "sale-\(number)"
            try test.writeConfiguration(CampaignText(name: name, at: nil, pairs: [1: [1]]).text)
            let answer = try test.control.request("POST", "/v1/reload")
            let campaigns = String(decoding: try test.control.request("GET", "/v1/campaigns").body, as: UTF8.self)
            #expect(campaigns.contains("\"\(name)\"") == answer.isSuccess, "\(answer.status)")
            if !answer.isSuccess { refused = answer }
        }
        #expect(try expect(try #require(refused), is: .journal, 503).contains("the one before stays in use"))
        // It is not taken into use behind anybody's back when there is room.
        let before = try test.control.request("GET", "/v1/campaigns").body
        unlink(state + "/filling")
        try await test.wait(for: "room") {
            (try? test.ask(StatusDocument.self, "/v1/status"))?.journal.state == "ok"
        }
        #expect(try test.control.request("GET", "/v1/campaigns").body == before)
        #expect(try test.activationctl("reload").code == 0)
        #expect(try test.control.request("GET", "/v1/campaigns").body != before)
        #expect(test.end(SIGTERM) == 0)
        #expect(try run("/usr/bin/umount", state) == 0)
        try await test.close()
    }

    private func run(_ command: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit(atMost: 60)
        return process.terminationStatus
    }

    @Test func `reloads that change nothing about the platform fetch no token`() async throws {
        let test = try await DaemonUnderTest([byHand])
        try await test.startAndWait()
        _ = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: true))
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        for name in ["other", "third"] {
            try test.writeConfiguration(CampaignText(name: name, at: nil, pairs: [1: [1, 2]]).text)
            #expect(try test.activationctl("reload").code == 0)
            _ = try test.order(DoneDocument.self, "/v1/campaigns/\(name)/fire", FireOrder(forceOverlap: true))
            let before = test.succeeded
            try await test.wait(for: "every delivery") { test.succeeded >= before + 2 }
        }
        #expect(test.log.components(separatedBy: "POST token: 200").count == 2)
        // One that changes how the platform is asked begins anew.
        let file = test.directory + "/activationd.toml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacingOccurrences(of: "request_timeout = \"3s\"", with: "request_timeout = \"4s\"")
            .write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try test.activationctl("reload").code == 0)
        _ = try test.order(DoneDocument.self, "/v1/campaigns/third/fire", FireOrder(forceOverlap: true))
        try await test.wait(for: "another token") {
            test.log.components(separatedBy: "POST token: 200").count == 3
        }
        try await test.close()
    }

    /// As soon as it runs its own code, long before it is ready.
    private func startAndSignal(_ test: DaemonUnderTest, _ number: Int32) async throws {
        try test.start()
        let process = try #require(test.process)
        let tasks = "/proc/\(process.processIdentifier)/task"
        try await test.wait(for: "a second thread") {
            (try? FileManager.default.contentsOfDirectory(atPath: tasks).count) ?? 0 > 1
        }
        test.signal(number)
    }

    @Test func `a SIGHUP while the daemon starts is obeyed once it is ready`() async throws {
        let many = (1...300).map { CampaignText(name: "sale-\($0)", at: nil, pairs: [1: [1]]) }
        let test = try await DaemonUnderTest(many)
        try await startAndSignal(test, SIGHUP)
        try await test.wait(for: "the reload") { test.log.contains("reloaded: nothing has changed") }
        #expect(test.log.components(separatedBy: "ready:").count == 2)
        #expect(test.end(SIGTERM) == 0)
        try await test.close()
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a daemon that is stopped while it starts ends in order`(number: Int32) async throws {
        let many = (1...300).map { CampaignText(name: "sale-\($0)", at: nil, pairs: [1: [1]]) }
        let test = try await DaemonUnderTest(many)
        try await startAndSignal(test, number)
        #expect(test.end(0) == 0)
        #expect(test.log.contains("stopped"))
        try await test.startAndWait()
        #expect(!test.log.contains("the last stop was not clean"))
        try await test.close()
    }

    @Test func `the demo ends by itself with a clean ledger`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let demo = Process()
        demo.executableURL = DaemonUnderTest.binary("activation-demo")
        demo.currentDirectoryURL = root
        let output = Pipe()
        demo.standardOutput = output
        demo.standardError = output
        try demo.run()
        let words = demo.atMost(120) {
            let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            demo.waitUntilExit()
            return words
        }
        #expect(demo.terminationStatus == 0, "\(words)")
        #expect(words.contains("0 rules broken, 0 sent twice, 0 missing"))
        for wait in ["waits (export)", "waits (first-activation)", "waits (lane)", "found and adopted"] {
            #expect(words.contains(wait), "\(words)")
        }
    }
}
