import Chronology
import FoundationEssentials
import Testing

@testable import SchedulerCore

/// Goal: what is remembered of many campaigns is stored shortly, is the same when it is read again, and what was stored one by
/// one before is read too.
@Suite struct CampaignTableTests {
    private let at = Instant(milliseconds: 1_795_514_400_123)

    private var table: CampaignTable {
        var table = CampaignTable()
        table["sale"] = CampaignState(fingerprint: "manual", highWater: at)
        table["news"] = CampaignState(
            fingerprint: "after export", highWater: at + .seconds(1),
            last: LastOccurrence(id: OccurrenceID(3), nominal: at, outcome: .succeeded, at: at), fired: 2,
            finishedAt: at)
        table["late"] = CampaignState(fingerprint: "manual", highWater: at)
        return table
    }

    private func text(_ table: CampaignTable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(table), as: UTF8.self)
    }

    private func read(_ text: String) throws -> CampaignTable {
        try JSONDecoder().decode(CampaignTable.self, from: Data(text.utf8))
    }

    @Test func `columns say each fingerprint once`() throws {
        #expect(
            try text(table) == #"{"_columns":{"fingerprints":["manual","after export"],"#
                + #""marks":"1795514400123 1795514401123 1795514400123","names":"late news sale","uses":"0 1 0"},"#
                + #""_others":{"news":{"finishedAt":1795514400123,"fired":2,"last":{"at":1795514400123,"id":3,"#
                + #""nominal":1795514400123,"outcome":"succeeded"}}}}"#)
        #expect(try read(text(table)) == table)
        #expect(try read(text(CampaignTable())) == CampaignTable())
    }

    @Test func `what was stored one by one is read`() throws {
        let stored = #"{"sale":{"fingerprint":"manual","highWater":1795514400123}}"#
        var one = CampaignTable()
        one["sale"] = CampaignState(fingerprint: "manual", highWater: at)
        #expect(try read(stored) == one)
        #expect(try read("{}") == CampaignTable())
    }

    /// A journal may hold any name, were it from a program that is not ours.
    @Test func `names that columns can not hold are stored one by one`() throws {
        var odd = table
        odd["two words"] = CampaignState(fingerprint: "manual", highWater: at)
        #expect(try read(text(odd)) == odd)
        odd["two words"] = nil
        odd[""] = CampaignState(fingerprint: "manual", highWater: at)
        #expect(try read(text(odd)) == odd)
    }

    @Test(arguments: [
        #"{"_columns":{"fingerprints":[],"marks":"1","names":"a","uses":"0"},"_others":{}}"#,
        #"{"_columns":{"fingerprints":["f"],"marks":"","names":"a","uses":"0"},"_others":{}}"#,
        #"{"_columns":{"fingerprints":["f"],"marks":"1","names":"a","uses":""},"_others":{}}"#,
        #"{"_columns":{"fingerprints":["f"],"marks":"1","names":"a","uses":"-1"},"_others":{}}"#,
        #"{"_columns":{"fingerprints":["f"],"marks":"1x","names":"a","uses":"0"},"_others":{}}"#,
        #"{"_columns":{"fingerprints":["f"],"marks":"1","names":"a","uses":"0"}}"#,
        #"{"_columns":{}}"#,
    ])
    func `columns that do not fit to each other are refused`(stored: String) {
        #expect(throws: DecodingError.self) { try read(stored) }
    }

    @Test func `a copy stays as it is`() {
        var changed = table
        let copy = changed
        changed["sale"]?.fired = 9
        changed["late"] = nil
        #expect(copy == table && copy.count == 3)
        #expect(changed.count == 2 && changed["sale"]?.fired == 9)
    }
}
