import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: every bound of what is read holds at its last value, and refuses the next one.
@Suite struct AnswerBoundTests {
    private func isRead(_ text: String) -> Bool {
        (try? ForeignJSON(Array(text.utf8))) != nil
    }

    private func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    @Test func `nesting that is read has a bound`() {
        #expect(isRead(nested(64)))
        #expect(!isRead(nested(65)))
        #expect(isRead("{\"a\":\"" + String(repeating: "[", count: 1000) + "\"}"), "brackets in a text are no depth")
    }

    @Test func `the number of values that are read has a bound`() {
        // One for the whole, one for the list, one for each comma. This is no JSON, so only the counting takes time.
        func detail(_ commas: Int) -> String? {
            do throws(AskFailure) {
                _ = try ForeignJSON(Array(("[" + String(repeating: ",", count: commas)).utf8))
                return nil
            } catch {
                return error.detail
            }
        }
        let most = 1_000_000 - 2
        #expect(detail(most)?.contains("not JSON") == true)
        #expect(detail(most + 1)?.contains("more than") == true)
    }

    @Test func `a text that people are shown is cut`() {
        let most = 512
        #expect(ForeignText.shown(String(repeating: "x", count: most)) == String(repeating: "x", count: most))
        #expect(ForeignText.shown(String(repeating: "x", count: most + 1)) == String(repeating: "x", count: most) + "…")
    }

    @Test(arguments: [(7, false), (8, true), (64, true), (65, false)])
    func `a run's id has 8 to 64 letters`(length: Int, isRun: Bool) {
        #expect((RunURL.run("https://platform.adobe.io/runs/" + String(repeating: "a", count: length)) != nil) == isRun)
    }

    @Test(arguments: ["0", "9", "A", "Z", "a", "z", "-"])
    func `a run's id has letters, digits and dashes`(letter: String) {
        #expect(RunURL.run("/runs/1234567" + letter) == RunID("1234567" + letter))
    }

    @Test(arguments: ["/", ":", "@", "[", "`", "{", "_", ".", "%", " ", "é"])
    func `a run's id has nothing else`(letter: String) {
        #expect(RunURL.run("/runs/1234567" + letter) == nil)
    }

    @Test(arguments: [
        (-1, Duration.zero), (0, .zero), (1, .seconds(1)), (86_399, .seconds(86_399)), (172_800, .seconds(172_800)),
        (172_801, .seconds(172_800)), (1_000_000, .seconds(172_800)), (1_000_001, .milliseconds(1_000_001)),
        (172_800_000, .seconds(172_800)), (172_800_001, .seconds(172_800)),
    ])
    func `a token lives two days at most`(sent: Int, lifetime: Duration) throws {
        let token = try TokenAnswer.read(Array(#"{"access_token":"abc","expires_in":\#(sent)}"#.utf8))
        #expect(token.lifetime == lifetime)
    }

    @Test(arguments: [(0, false), (1, true), (16_384, true), (16_385, false)])
    func `a token has a bounded length`(length: Int, isToken: Bool) {
        let body = #"{"access_token":"\#(String(repeating: "x", count: length))"}"#
        #expect(((try? TokenAnswer.read(Array(body.utf8))) != nil) == isToken)
    }

    @Test(arguments: [("!", true), ("~", true), (" ", false), ("\u{7f}", false), ("é", false)])
    func `a token is visible ASCII`(letter: String, isToken: Bool) {
        #expect(((try? TokenAnswer.read(Array(#"{"access_token":"a\#(letter)b"}"#.utf8))) != nil) == isToken)
    }

    @Test func `five errors of a run are kept, each cut`() throws {
        func errors(_ count: Int, _ length: Int) throws -> [String] {
            let list = Array(repeating: #"{"message":"\#(String(repeating: "x", count: length))"}"#, count: count)
            let status = #"{"status":"failed","errors":[\#(list.joined(separator: ","))]}"#
            let body = #"{"items":[{"id":"r","flowId":"f","metrics":{"statusSummary":\#(status)}}]}"#
            return try RunsAnswer.read(Array(body.utf8)).items[0].metrics.errors
        }
        #expect(try errors(5, 200).map(\.count) == [200, 200, 200, 200, 200])
        #expect(try errors(6, 201).map(\.count) == [200, 200, 200, 200, 200])
    }

    @Test(arguments: [("0", 0), ("1", 1), ("-1", nil), (#""7""#, 7), ("7.9", 7), ("1e300", nil), ("null", nil)])
    func `a count is a whole number that is not negative`(text: String, count: Int?) throws {
        let metrics = #"{"recordSummary":{"outputRecordCount":\#(text)}}"#
        let body = #"{"items":[{"id":"r","flowId":"f","metrics":\#(metrics)}]}"#
        #expect(try RunsAnswer.read(Array(body.utf8)).items[0].metrics.records == count)
    }
}
