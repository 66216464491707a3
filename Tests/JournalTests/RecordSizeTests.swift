import Chronology
import Journal
import SchedulerCore
import Testing

/// Goal: what is accepted in a configuration can be written: the largest campaign is one record.
@Suite struct RecordSizeTests {
    private func record(pairs: Int) -> Record {
        var occurrence = Format1.occurrence
        occurrence.pairs = (1...pairs).map {
            Pair(
                dataflow: "11111111-aaaa-4aaa-8aaa-000000000001",
                audience: AudienceID("22222222-bbbb-4bbb-8bbb-\(100_000_000_000 + $0)"))
        }
        return .occurrenceAdmitted(occurrence)
    }

    /// `Bounds.pairs` of CampaignConfig: with room for the facts of the occurrence beside them.
    @Test func `an occurrence of fifty thousand pairs is a record, and one of ninety thousand is refused by name`()
        throws
    {
        let bytes = try RecordCoding.encode(record(pairs: 50_000))
        #expect(bytes.count < RecordCoding.sizeLimit * 3 / 4)
        #expect(try RecordCoding.decode(bytes, sequence: 1) == record(pairs: 50_000))
        let error = #expect(throws: JournalError.self) { try RecordCoding.encode(record(pairs: 90_000)) }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: [(0, false), (1, true), (2, true), (3, false), (-1, false), (.max, false)])
    func `formats 1 and 2 are read`(format: Int, isRead: Bool) {
        let text = Format1.lines[0].text
        let error = Result { () throws(JournalError) in
            try RecordCoding.decode(Array(text.utf8), format: format, sequence: 1)
        }
        if isRead { #expect((try? error.get()) == Format1.lines[0].record) }
        if !isRead, case .failure(let error) = error { #expect(error.code == .newerFormat) }
        #expect(((try? error.get()) != nil) == isRead)
    }
}
