import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: a plan says beforehand which times a clock skips or shows twice, and says nothing of any other.
@Suite struct ClockMovesTests {
    private func moves(_ expression: String, _ name: String, _ from: String, days: Int = 3) throws -> [ClockMove] {
        let timetable = try calendarTimetable(expression, in: try zone(name))
        let plan = plan([campaign("sale", .timetable(timetable))], from: from, days: days)
        let moves = ClockMoves(timetable, from: plan.from, until: plan.until)
        #expect(plan.occurrences.count >= days)
        return plan.occurrences.compactMap { moves.move(at: $0.nominal) }
    }

    @Test func `a time that is skipped comes after the gap, and the plan says so`() throws {
        #expect(
            try moves("*-*-* 02:30", "Europe/Stockholm", "2027-03-27T00:00:00Z") == [
                ClockMove(kind: .skipped, asked: "02:30", shown: "03:00", day: "2027-03-28")
            ])
    }

    @Test func `a time that is shown twice fires the first time, and the plan says so`() throws {
        #expect(
            try moves("*-*-* 02:30", "Europe/Stockholm", "2027-10-30T00:00:00Z") == [
                ClockMove(kind: .repeated, asked: "02:30", shown: "02:30", day: "2027-10-31")
            ])
    }

    @Test func `a clock that moves by half an hour`() throws {
        #expect(
            try moves("*-*-* 02:15", "Australia/Lord_Howe", "2026-10-02T12:00:00Z") == [
                ClockMove(kind: .skipped, asked: "02:15", shown: "02:30", day: "2026-10-04")
            ])
        #expect(try moves("*-*-* 01:45", "Australia/Lord_Howe", "2027-04-02T12:00:00Z").map(\.kind) == [.repeated])
    }

    @Test func `a whole day that is skipped`() throws {
        #expect(
            try moves("*-*-* 09:00", "Pacific/Apia", "2011-12-29T00:00:00Z") == [
                ClockMove(kind: .skipped, asked: "09:00", shown: "00:00", day: "2011-12-31")
            ])
    }

    @Test(arguments: ["*-*-* 12:00", "*-*-* 03:00", "*:0/15", "*-*-* 01:59"])
    func `times beside a gap, and those that come at its end anyway, are not told`(_ expression: String) throws {
        #expect(try moves(expression, "Europe/Stockholm", "2027-03-27T00:00:00Z") == [])
    }

    @Test func `instants that are named with their offsets are not moved`() throws {
        let stockholm = try zone("Europe/Stockholm")
        let times = ["2027-03-28T01:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"].map(instant)
        let timetable = Timetable(schedule: .at(times), zone: stockholm, text: "at")
        let moves = ClockMoves(timetable, from: times[0] - .seconds(86_400), until: times[2] + .seconds(86_400))
        #expect(times.compactMap { moves.move(at: $0) } == [])
        let others = ClockMoves(
            try calendarTimetable("*-*-* 02:30", in: stockholm), from: times[0] - .seconds(86_400),
            until: times[2] + .seconds(86_400))
        #expect(times.map { others.move(at: $0)?.kind } == [.skipped, .repeated, nil])
    }

    @Test func `the warning names the day, what is skipped and when it fires`() throws {
        let trigger = try calendar("*-*-* 02:30", in: try zone("Europe/Stockholm"))
        let document = plan([campaign("sale", trigger)], from: "2027-03-27T00:00:00Z", days: 3).document(
            at: instant("2027-03-27T00:00:00Z"))
        let warning = try #require(document.warnings.first { $0.code == "dst-skipped" })
        #expect(
            warning.sentence
                == "sale Sun 03:00 +02:00 is moved by the clock: on 2027-03-28 02:30 is skipped, and it fires at 03:00"
        )
        #expect(document.occurrences.map(\.clock) == [nil, "skipped", nil])
    }
}
