import Chronology
import SchedulerCore
import Testing

/// Goal: the age of an exported snapshot is read from its id, and from nothing that only looks like one.
@Suite struct SnapshotTimeTests {
    @Test(arguments: [
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", nil), ("01G92X0G00ABCDEFGHJKMNPQRS", "2022-07-28T17:17:32.032Z"),
        ("01G92X0G00ABCDEFGHJKMNPQR", nil), ("01G92X0G00ABCDEFGHJKMNPQRST", nil), ("01g92x0g00abcdefghjkmnpqrs", nil),
        ("01G92X0G0OABCDEFGHJKMNPQRS", nil), ("7ZZZZZZZZZABCDEFGHJKMNPQRS", nil), ("", nil),
        // The first and the last moment at which a batch can have been made, and those beside them.
        ("01B5BN6RZZABCDEFGHJKMNPQRS", nil), ("01B5BN6S00ABCDEFGHJKMNPQRS", "2017-01-01T00:00:00.000Z"),
        ("03QCPC7P00ABCDEFGHJKMNPQRS", "2100-01-01T00:00:00.000Z"), ("03QCPC7P01ABCDEFGHJKMNPQRS", nil),
    ])
    func `a batch's id says when the batch was made`(id: String, time: String?) {
        #expect(RunMetrics(snapshot: id).snapshotAt?.rfc3339 == time)
    }
}
