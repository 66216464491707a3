// Whether the clock of this host can be believed, as far as the host says.

internal import CLinux
internal import Glibc

enum HostClock {
    /// Whether something keeps the clock right. Yes where nothing is known.
    static func isSynchronised() -> Bool {
        var request = timex()
        request.modes = 0  // asks, and changes nothing
        let error = adjtimex(&request) >= 0 ? Int(request.maxerror) : nil
        return isSynchronised(error: error, timesync: timesync)
    }

    /// - Parameters:
    ///   - error: By how much the clock may be wrong at most, in microseconds, by the kernel's word. Nil where it can not be asked:
    ///     `ProtectClock=` of the unit forbids it.
    ///   - timesync: A directory that timesyncd makes, and in which it makes a file once the clock is right.
    static func isSynchronised(error: Int?, timesync: String) -> Bool {
        if let error { return error < errorLimit }
        return access(timesync, F_OK) != 0 || access(timesync + "/synchronized", F_OK) == 0
    }

    private static let timesync = "/run/systemd/timesync"

    /// From here on nobody has corrected the clock for long, and the kernel no longer says by how much it is wrong.
    /// - Source: `ntp_synced` of systemd, which timedatectl tells; NTP_PHASE_LIMIT of the kernel.
    static let errorLimit = 16_000_000
}
