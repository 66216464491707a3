import Chronology
import ControlProtocol
import Foundation
import Testing

/// Goal: what decides when a campaign comes, and stands outside of its file, is read anew with each reload.
@Suite(.serialized) struct TimeTests {
    private func daily(_ more: String) -> CampaignText {
        CampaignText(name: "sale", at: nil, pairs: [1: [1]], more: "schedule = \"*-*-* 12:00\"\n" + more)
    }

    private func coming(_ test: DaemonUnderTest) throws -> [String] {
        try test.ask(CampaignDocument.self, "/v1/campaigns/sale").coming
    }

    @Test func `an update of the zone data is told with both instants, at a reload and after a restart`() async throws {
        let test = try await DaemonUnderTest([daily("timezone = \"Europe/Stockholm\"")])
        let zones = test.directory + "/zoneinfo"
        try FileManager.default.createDirectory(atPath: zones + "/Europe", withIntermediateDirectories: true)
        func update(_ version: String, from name: String) throws {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/" + name))
            try bytes.write(to: URL(fileURLWithPath: zones + "/Europe/Stockholm"), options: .atomic)
            try Data("# version \(version)\n".utf8).write(to: URL(fileURLWithPath: zones + "/tzdata.zi"))
        }
        func ready(_ count: Int) async throws {
            try await test.wait(for: "configuration \(count)") { test.log.contains("configuration \(count) is in use") }
        }
        try update("2026x", from: "Europe/Stockholm")
        try test.start(environment: ["TZDIR": zones])
        try await ready(1)
        try await test.wait(for: "readiness") { test.log.contains("ready:") }
        let first = try coming(test)

        try update("2026y", from: "Asia/Tokyo")
        #expect(try coming(test) == first, "nothing is read in between")
        test.signal(SIGHUP)
        try await ready(2)
        try await test.wait(for: "the news") { test.log.contains("event=moved") }
        let second = try coming(test)
        #expect(first[0] != second[0])
        #expect(test.log.contains("(2026y): the next occurrence was to come at \(first[0]) and comes at \(second[0])"))

        test.end(SIGKILL)
        try update("2026z", from: "America/New_York")
        try test.start(environment: ["TZDIR": zones])
        try await ready(3)
        try await test.wait(for: "the news") { test.log.contains("(2026z): the next occurrence was to come at") }
        try await test.wait(for: "an answer") { (try? coming(test)) != nil }
        #expect(try coming(test)[0] != second[0])
        let moves = try test.ask(HistoryDocument.self, "/v1/history?campaign=sale").entries.filter {
            $0.kind == "occurrence-moved"
        }
        #expect(moves.count == 2)
        #expect(moves.allSatisfy { $0.text.contains("the rules of Europe/Stockholm changed") })
        try await test.close()
    }

    @Test func `the file of a calendar is read anew with each reload`() async throws {
        let sale = daily("timezone = \"UTC\"\nexcept = \"holidays\"")
        let test = try await DaemonUnderTest([])
        func holidays(_ days: [String]) throws {
            let events = days.map { "BEGIN:VEVENT\r\nUID:\($0)\r\nDTSTART;VALUE=DATE:\($0)\r\nEND:VEVENT\r\n" }
            let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n\(events.joined())END:VCALENDAR\r\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: test.directory + "/holidays.ics"), options: .atomic)
        }
        try holidays(["20000101"])
        try test.writeConfiguration(sale.text + "[calendar.holidays]\nfile = \"holidays.ics\"\n")
        try await test.startAndWait()
        let before = try coming(test)
        let holiday = String(before[1].prefix(10))
        try holidays([holiday.replacing("-", with: "")])
        test.signal(SIGHUP)
        try await test.wait(for: "the reload") { test.log.contains("configuration 2 is in use") }
        try await test.wait(for: "other times") { (try? coming(test)) != before }
        let after = try coming(test)
        #expect(after[0] == before[0])
        #expect(after[1] == before[2], "\(holiday) is left out")
        try await test.close()
    }
}
