// What the kernel says about a process, from /proc.

internal import Foundation

package struct ProcessFigures: Sendable {
    /// Resident now, and at the highest, in KiB.
    package var residentKiB = 0
    package var peakResidentKiB = 0
    /// Of addresses, at the highest, in KiB.
    package var peakVirtualKiB = 0
    package var threads = 0
    /// What each open descriptor leads to, sorted: a path, or a kind such as `socket`.
    package var descriptors: [String] = []
    /// Used so far, in user and kernel mode.
    package var processorMilliseconds = 0

    /// Nil when there is no such process.
    package init?(pid: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        for line in status.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 1, let number = Int(words[1]) else { continue }
            switch words[0] {
            case "VmRSS:": residentKiB = number
            case "VmHWM:": peakResidentKiB = number
            case "VmPeak:": peakVirtualKiB = number
            case "Threads:": threads = number
            default: break
            }
        }
        let directory = "/proc/\(pid)/fd"
        let sockets = Self.sockets()
        descriptors = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
            .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + $0) }
            .map { sockets[$0] ?? ($0.hasPrefix("/") ? $0 : String($0.prefix { $0 != "[" })) }
            .sorted()
        processorMilliseconds = Self.processorMilliseconds(pid)
    }

    /// What each socket is, by the name that a descriptor of it has: its state and its other end, or its path.
    private static func sockets() -> [String: String] {
        var sockets: [String: String] = [:]
        for line in lines("/proc/net/tcp").dropFirst() where line.count > 9 {
            sockets["socket:[\(line[9])]"] = "tcp to \(line[2]) in state \(line[3])"
        }
        for line in lines("/proc/net/unix").dropFirst() where line.count > 6 {
            sockets["socket:[\(line[6])]"] = "unix \(line.count > 7 ? line[7] : "without a name") in state \(line[5])"
        }
        return sockets
    }

    private static func lines(_ path: String) -> [[Substring]] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { $0.split(separator: " ") }
    }

    private static func processorMilliseconds(_ pid: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return 0 }
        // After the name: state is field 3, utime 14 and stime 15 of proc(5).
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return 0 }
        return (user + system) * 1000 / max(1, sysconf(Int32(_SC_CLK_TCK)))
    }
}
