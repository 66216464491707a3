import Chronology
import Testing

@testable import SchedulerCore

/// Goal: calls are packed within every limit that is known, and waits are spread within theirs.
@Suite struct PackingTests {
    /// Groups of so many pairs each, with the limits that a refusal left them.
    private func pack(_ groups: [(pairs: Int, limit: Int?)], limit: Int) -> [[Int]] {
        var number = 0
        let packed = groups.map { size, own in
            PackGroup(
                members: (0..<size).map { _ in
                    number += 1
                    let pair = Pair(dataflow: "flow", audience: AudienceID("a\(number)"))
                    return Candidate(
                        id: activation(1, number), pair: pair, sandbox: sandbox,
                        lane: LaneKey(sandbox: sandbox, audience: pair.audience, dataflow: nil), nominal: ten,
                        expiresAt: ten, packLimit: own)
                }, limit: own)
        }
        return Packer.pack(packed, limit: limit).map { $0.map(\.id.index) }
    }

    @Test func `a call is filled up to its limit`() {
        #expect(pack([(1, nil), (1, nil), (1, nil)], limit: 3) == [[1, 2, 3]])
        #expect(pack([(1, nil), (1, nil), (1, nil), (1, nil)], limit: 3) == [[1, 2, 3], [4]])
    }

    @Test func `what goes into a call with a limit of its own limits the call`() {
        #expect(pack([(1, nil), (1, 2), (1, nil)], limit: 80) == [[1, 2], [3]])
        #expect(pack([(1, 2), (1, nil), (1, nil)], limit: 80) == [[1, 2], [3]])
        #expect(pack([(1, nil), (1, nil), (1, 2)], limit: 80) == [[1, 2], [3]])
        #expect(pack([(1, nil), (1, 1), (1, nil)], limit: 80) == [[1, 3], [2]])
    }

    @Test func `a group that is larger than its own limit goes by itself`() {
        #expect(pack([(3, 2), (1, nil)], limit: 80) == [[1, 2, 3], [4]])
        #expect(pack([(2, nil), (2, nil)], limit: 3) == [[1, 2], [3, 4]])
    }

    // MARK: Waiting before another try

    private func delays(after failures: Int) -> Set<Int64> {
        Set(
            (0..<500).map { key in
                Backoff.delay(after: failures, key: "\(key)", base: .seconds(2), ceiling: .seconds(300)).milliseconds
            })
    }

    @Test(
        arguments: [
            (0, 1000, 2000), (1, 1000, 2000), (2, 2000, 4000), (7, 64_000, 128_000), (8, 128_000, 256_000),
            (9, 150_000, 300_000), (10, 150_000, 300_000), (1_000_000, 150_000, 300_000),
        ] as [(Int, Int64, Int64)])
    func `a try is waited for between a half and the whole of its time, which doubles up to a bound`(
        failures: Int, least: Int64, most: Int64
    ) {
        let found = delays(after: failures)
        #expect(found.allSatisfy { (least...most).contains($0) })
        #expect(found.count > 200, "not all at once")
        let tenth = (most - least) / 10
        #expect(found.contains { $0 < least + tenth } && found.contains { $0 > most - tenth })
    }

    @Test func `without a pause nobody waits, and none is longer than its bound`() {
        #expect(Backoff.delay(after: 3, key: "a", base: .zero, ceiling: .seconds(300)) == .zero)
        #expect(Backoff.delay(after: 9, key: "a", base: .seconds(2), ceiling: .milliseconds(1)) == .milliseconds(1))
    }

    // MARK: Jitter

    @Test func `an occurrence is put off by up to the jitter, that included`() {
        func delays(_ jitter: Duration) -> Set<Duration> {
            let sale = campaign("sale") { $0.jitter = jitter }
            return Set((0..<200).map { Jitter.delay(of: sale, nominal: ten + .seconds($0)) })
        }
        #expect(delays(.zero) == [.zero])
        #expect(delays(.milliseconds(1)) == [.zero, .milliseconds(1)])
        #expect(delays(.milliseconds(2)) == [.zero, .milliseconds(1), .milliseconds(2)])
        #expect(delays(.seconds(600)).allSatisfy { $0 <= .seconds(600) })
    }
}
