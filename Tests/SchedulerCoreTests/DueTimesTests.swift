import Chronology
import Testing

@testable import SchedulerCore

/// Goal: among many campaigns the earliest is always found, whatever was set before, and a copy keeps what it held.
@Suite struct DueTimesTests {
    private func name(_ number: Int) -> CampaignName { CampaignName("campaign-\(number)") }

    @Test func `of none, nothing is due`() {
        #expect(DueTimes().earliest == nil)
        var times = DueTimes([])
        times["sale"] = Instant(milliseconds: 1)
        #expect(times.earliest == nil)
        #expect(times["sale"] == nil)
    }

    @Test(arguments: [1, 2, 31, 32, 33, 1023, 1024, 1025, 2500])
    func `what is found is what a search of all of them finds`(count: Int) {
        var state: UInt64 = UInt64(count)
        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var known: [CampaignName: Instant] = [:]
        for number in 0..<count where number % 3 > 0 { known[name(number)] = Instant(milliseconds: Int64(below(50))) }
        var times = DueTimes((0..<count).map { (name($0), known[name($0)]) })
        for _ in 0..<300 {
            let least = known.min { ($0.value, $0.key) < ($1.value, $1.key) }
            #expect(times.earliest?.campaign == least?.key)
            #expect(times.earliest?.at == least?.value)
            let changed = name(below(count))
            let at = below(5) == 0 ? nil : Instant(milliseconds: Int64(below(60)))
            times[changed] = at
            known[changed] = at
            #expect(times[changed] == at)
        }
        for number in 0..<count { #expect(times[name(number)] == known[name(number)]) }
    }

    @Test func `a copy stays as it is, and who is not held is not added`() {
        var times = DueTimes([("a", Instant(milliseconds: 5)), ("b", Instant(milliseconds: 7))])
        let copy = times
        times["a"] = nil
        times["c"] = Instant(milliseconds: 1)
        #expect(times.earliest?.campaign == "b")
        #expect(times["c"] == nil)
        #expect(copy.earliest?.campaign == "a")
    }
}
