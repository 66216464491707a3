// The machine's clocks. The monotonic one counts suspend, so that a wait is not stretched by a closed lid.

internal import CSystemd
package import Chronology
internal import Glibc

package enum SystemClock {
    package static func now() -> Moment {
        Moment(
            wall: Instant(milliseconds: milliseconds(CLOCK_REALTIME)),
            monotonic: Monotonic(milliseconds: milliseconds(CLOCK_BOOTTIME)))
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
