import Chronology
import SchedulerCore
import Testing

/// Goal: an update of the zone data is told with the old and the new instant, fires nothing twice and loses nothing.
@Suite struct ZoneUpdatesTests {
    /// A zone that is an hour ahead, and changes from an instant on.
    private func zone(_ changes: [(Instant, Int)] = []) -> Zone {
        Zone(
            ZoneExcerpt(
                name: "Europe/Nowhere", from: ten, until: ten + ZoneExcerpt.span, offset: 3600,
                changes: changes.map { .init(at: $0.0, offset: $0.1) }))
    }

    private func sale(_ clock: String, _ zone: Zone, _ data: String = "2026a") throws -> Configuration {
        let expression = try CalendarExpression(parsing: "*-*-* \(clock)")
        return configuration([
            campaign(
                "sale", .timetable(Timetable(schedule: .calendar(expression), zone: zone, text: clock)))
        ]) { $0.zoneData = data }
    }

    private func moves(_ rig: Rig) -> [[Instant?]] {
        rig.records.compactMap { record in
            if case .occurrenceMoved(_, _, let from, let to, _) = record { [from, to] } else { nil }
        }
    }

    private func loaded(_ rig: Rig) -> [String?] {
        rig.records.compactMap { record in
            if case .generationLoaded(_, _, _, let zoneData) = record { zoneData } else { nil }
        }
    }

    @Test(arguments: [true, false])
    func `an update that moves a coming occurrence is told with both instants, at a reload and after a restart`(
        isRestarted: Bool
    ) throws {
        var rig = Rig(try sale("13:00", zone()))
        #expect(rig.scheduler.nextTime(of: "sale") == ten + .seconds(2 * 3600))
        let updated = try sale("13:00", zone([(ten + .seconds(60), 7200)]), "2026b")
        if isRestarted { rig.restart(updated) } else { rig.feed(.reloaded(updated)) }
        #expect(moves(rig) == [[ten + .seconds(2 * 3600), ten + .seconds(3600)]])
        #expect(rig.notifications(.moved) == 1)
        #expect(loaded(rig) == ["2026a", "2026b"])
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
    }

    @Test func `an update that moves nothing that comes is not told`() throws {
        var rig = Rig(try sale("13:00", zone()))
        rig.feed(.reloaded(try sale("13:00", zone([(ten + .seconds(30 * 86_400), 7200)]))))
        #expect(moves(rig).isEmpty)
        rig.restart()
        #expect(moves(rig).isEmpty)
        #expect(rig.notifications(.moved) == 0)
    }

    @Test(arguments: [true, false])
    func `a time of day that was fired does not come again when its clock turns out to be behind`(
        isRestarted: Bool
    ) throws {
        var rig = Rig(try sale("11:30", zone()))
        rig.advance(.seconds(2000))
        #expect(rig.calls.count == 1, "11:30 was at 10:30 UTC")
        let updated = try sale("11:30", zone([(ten + .seconds(60), 0)]))
        if isRestarted { rig.restart(updated) } else { rig.feed(.reloaded(updated)) }
        rig.advance(.seconds(12 * 3600))
        #expect(rig.calls.count == 1, "11:30 is at 11:30 UTC now")
        rig.advance(.seconds(14 * 3600))
        #expect(rig.calls.count == 2)
    }

    @Test(arguments: [true, false])
    func `a time that turns out to have been just now is fired late, and not lost`(isRestarted: Bool) throws {
        var rig = Rig(try sale("11:30", zone()))
        rig.advance(.seconds(1200))
        let updated = try sale("11:30", zone([(ten - .seconds(3600), 7200)]))
        if isRestarted { rig.restart(updated) } else { rig.feed(.reloaded(updated)) }
        #expect(moves(rig).count == 1)
        rig.advance(.seconds(30 * 3600))
        #expect(rig.calls.count + rig.skips.count >= 1)
    }

    @Test func `many moved campaigns are told one by one up to a bound, and all are in the history`() throws {
        func many(_ zone: Zone) throws -> Configuration {
            let expression = try CalendarExpression(parsing: "*-*-* 13:00")
            let timetable = Timetable(schedule: .calendar(expression), zone: zone, text: "13:00")
            return configuration((1...60).map { campaign(CampaignName("sale-\($0)"), .timetable(timetable)) })
        }
        var rig = Rig(try many(zone()))
        rig.feed(.reloaded(try many(zone([(ten + .seconds(60), 7200)]))))
        #expect(moves(rig).count == 60)
        #expect(rig.notifications(.moved) == 51)
    }

    // Found by reading: an occurrence beyond the kept rules was told as moved by an hour, since nobody knew of its summer.
    @Test func `of what lies beyond the kept rules nothing is told`() throws {
        func yearly(_ zone: Zone) throws -> Configuration {
            let expression = try CalendarExpression(parsing: "2030-07-01 13:00")
            return configuration([
                campaign("sale", .timetable(Timetable(schedule: .calendar(expression), zone: zone, text: "2030")))
            ])
        }
        let summer = ten + .seconds(1000 * 86_400)
        var rig = Rig(try yearly(zone([(summer, 7200)])))
        rig.feed(.reloaded(try yearly(zone([(ten + .seconds(60), 1800), (summer, 7200)]))))
        #expect(moves(rig).isEmpty)
        #expect(rig.notifications(.moved) == 0)
    }

    @Test func `rules that have run out say nothing of what comes`() throws {
        var rig = Rig(try sale("13:00", zone()))
        rig.now.wall = ten + .seconds(1000 * 86_400)
        rig.restart(try sale("13:00", zone([(ten + .seconds(86_400), 7200)])))
        #expect(moves(rig).isEmpty)
    }

    @Test func `the rules of a zone are kept anew before they run out, and not with each start`() throws {
        var rig = Rig(try sale("13:00", zone()))
        let kept = { (rig: Rig) in rig.records.count { if case .zonesKept = $0 { true } else { false } } }
        rig.restart()
        #expect(kept(rig) == 1)
        rig.now.wall = ten + .seconds(400 * 86_400)
        rig.restart()
        #expect(kept(rig) == 2)
    }

    // MARK: Any updates

    /// Odd weeks: the zone's rules change about every day, sometimes while the daemon is down.
    @Test(arguments: 1...60)
    func `whatever updates come, no reading of the clock is fired twice and none is passed over in silence`(
        seed: UInt64
    ) throws {
        var dice = Dice(seed)
        var rules = zone()
        var rig = Rig(try sale("0/3:30", rules))
        rig.runDuration = .seconds(1)
        var zones: [(since: Int, zone: Zone)] = [(0, rules)]
        for _ in 0..<12 {
            rig.advance(.seconds(600 + Int(dice.below(40_000))))
            rules = zone([
                (rig.now.wall + .seconds(Int(dice.below(80_000)) - 40_000), [0, 1800, 3600, 7200][Int(dice.below(4))])
            ])
            zones.append((rig.records.count, rules))
            let updated = try sale("0/3:30", rules)
            if dice.below(2) == 0 {
                rig.pass(.seconds(dice.below(3) == 0 ? 3000 : 10))
                rig.restart(updated)
            } else {
                rig.feed(.reloaded(updated))
            }
        }
        rig.advance(.seconds(86_400))
        // Every third hour of the clock at half past, from what it showed first to what it shows last.
        let (first, last) = (zones[0].zone.local(at: ten), rules.local(at: rig.now.wall))
        let due = (last.unzonedSeconds - 1800) / 10_800 - (first.unzonedSeconds - 1800) / 10_800
        let decided =
            Int64(rig.skips.reduce(0) { $0 + $1.count })
            + Int64(rig.records.count { if case .occurrenceAdmitted = $0 { true } else { false } })
        #expect(due - decided <= moves(rig).count, "seed \(seed): \(decided) of \(due)")
        var readings: Set<LocalTime> = []
        for (index, record) in rig.records.enumerated() {
            guard case .occurrenceAdmitted(let occurrence) = record,
                let rules = zones.last(where: { $0.since <= index })?.zone
            else { continue }
            let reading = rules.local(at: occurrence.nominal)
            #expect(readings.insert(reading).inserted, "seed \(seed): \(reading) fired again")
        }
        #expect(readings.count > 10)
    }
}

/// SplitMix64: the same numbers for a seed, everywhere.
private struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func below(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) % bound
    }
}
