import Chronology
import Testing

/// Goal: a slip of the pen gets the name that was meant, and another word gets none.
@Suite struct SuggestionTests {
    @Test(
        arguments: [
            ("lapesd", "lapsed"), ("VIP", "vip"), ("new-member", "new-members"), ("xyz", nil), ("", nil),
        ] as [(String, String?)])
    func `the nearest name is suggested`(written: String, meant: String?) {
        #expect(Suggestion.nearest(to: written, among: ["lapsed", "new-members", "vip"]) == meant)
    }

    @Test(arguments: [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "abc", 0)])
    func `the distance counts single slips`(left: String, right: String, distance: Int) {
        #expect(Suggestion.editDistance(Array(left.utf8), Array(right.utf8)) == distance)
    }
}
