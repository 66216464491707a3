import Chronology
import Testing

/// Goal: a cron expression comes when an established library says.
@Suite(.enabled(if: Croniter.python != nil, "croniter is not here; Debian has it in python3-croniter"))
struct CroniterTests {
    private static let count = 24

    /// In UTC: what cron does where clocks are moved is systemd's comparison and the generated schedules.
    @Test func `generated expressions come when croniter says`() throws {
        var dice = Dice(seed: GeneratedScheduleTests.seed)
        var (schedules, bases): ([GeneratedSchedule], [Instant]) = ([], [])
        while schedules.count < 2000 {
            let schedule = try dice.cron(seconds: 20)
            // What it knows not, or otherwise, is named in `Dice.cron`.
            if schedule.croniter == nil || (Croniter.isOld && schedule.isBeyondOldCroniter) { continue }
            schedules.append(schedule)
            bases.append(Instant(seconds: Int64(dice.roll(946_684_800...2_208_988_800))))
        }
        let questions = zip(schedules, bases).map { schedule, base in
            Croniter.Question(
                expression: schedule.croniter ?? "", both: schedule.needsBothDays, after: base.milliseconds / 1000)
        }
        let theirs = try Croniter.times(questions, count: Self.count)
        var (agreed, times, refused) = (0, 0, 0)
        for (index, schedule) in schedules.enumerated() {
            guard let expected = theirs[index] else {
                refused += 1
                continue
            }
            let timetable = Timetable(schedule: schedule.schedule, zone: .utc, text: schedule.text)
            var ours: [Instant] = []
            var at = bases[index]
            while ours.count < Self.count, let next = timetable.next(after: at) {
                ours.append(next)
                at = next
            }
            let difference =
                zip(ours, expected).first { $0 != $1 }
                .map { "\($0.rfc3339), theirs is \($1.rfc3339)" } ?? "\(ours.count) times, theirs are \(expected.count)"
            try #require(ours == expected, "\(schedule.text) after \(bases[index].rfc3339): ours is \(difference)")
            agreed += 1
            times += ours.count
        }
        print("croniter \(Croniter.version): \(agreed) expressions with \(times) times agree; it refuses \(refused)")
        #expect(agreed > 1800)
    }
}
