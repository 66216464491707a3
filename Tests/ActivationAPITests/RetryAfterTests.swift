import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: what an answer asks for is waited, in each form in which it is asked.
@Suite struct RetryAfterTests {
    @Test(arguments: [
        ("120", Duration.seconds(120)), (" 120 ", .seconds(120)), ("0", .zero), ("300s", .seconds(300)),
        ("300S", .seconds(300)), ("Tue, 24 Nov 2026 10:02:00 GMT", .seconds(120)),
        ("Tue, 24 Nov 2026 09:00:00 GMT", .zero), ("", nil), ("s", nil), ("-5", nil), ("1.5", nil), ("soon", nil),
        ("99999999999999999999", nil), ("300 seconds", nil), ("24 Nov 2026", nil), ("+5", nil), ("5ss", nil),
    ])
    func `seconds, seconds with a unit and dates are read`(text: String, expected: Duration?) {
        let date = Instant(rfc3339: "2026-11-24T10:00:00Z")
        #expect(RetryAfter.duration(text, at: date) == expected)
    }

    @Test func `a date without the clock that it belongs to says nothing`() {
        #expect(RetryAfter.duration("Tue, 24 Nov 2026 10:02:00 GMT", at: nil) == nil)
        #expect(RetryAfter.duration("60", at: nil) == .seconds(60))
    }

    @Test func `every month of a date is known`() {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        for (index, month) in months.enumerated() {
            let number = index < 9 ? "0\(index + 1)" : "\(index + 1)"
            #expect(
                HTTPDate.instant("Tue, 01 \(month) 2026 10:00:00 GMT")
                    == Instant(rfc3339: "2026-\(number)-01T10:00:00Z"))
        }
        for text in ["Tue, 01 Foo 2026 10:00:00 GMT", "Tue, 1 Jan 2026 10:00:00 GMT", "Tue, 01 Jan 2026 10:00:00 CET"] {
            #expect(HTTPDate.instant(text) == nil)
        }
    }

    @Test(arguments: [
        (-1, 0), (0, 0), (899, 899), (900, 900), (901, 900), (Int.max / 1_000_000, 900),
    ])
    func `what is asked for is capped at a quarter of an hour`(sent: Int, waited: Int) {
        let response = PlatformResponse(status: 429, body: [], retryAfter: .seconds(sent))
        #expect(response.retryAfter == .seconds(waited))
    }
}
