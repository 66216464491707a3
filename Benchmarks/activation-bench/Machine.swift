// What the figures were measured on: without it they mean nothing.

import Foundation

enum Machine {
    static func lines() -> [String] {
        var system = utsname()
        uname(&system)
        let kernel = withUnsafePointer(to: &system.release) {
            $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
        }
        let information = ProcessInfo.processInfo
        #if DEBUG
            let build = "debug build: the figures mean little"
        #else
            let build = "release build"
        #endif
        return [
            "\(field("model name", in: "/proc/cpuinfo") ?? "unknown processor"), \(information.activeProcessorCount) cores, "
                + "\(information.physicalMemory / 1_000_000_000) GB; Linux \(kernel); \(swift()); \(build)",
            "load before: \(text("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " "))",
        ]
    }

    /// Of the toolchain in `PATH`, which `make bench` has just built with.
    private static func swift() -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swift", "--version"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "Swift, version unknown" }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let place = words.firstIndex(of: "version"), place + 1 < words.count else {
            return "Swift, version unknown"
        }
        return "Swift \(words[place + 1])"
    }

    /// Read to its end: files of /proc come in pieces and say that they have no size.
    static func text(_ path: String) -> String {
        let data = try? FileHandle(forReadingAtPath: path)?.readToEnd()
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What stands behind `name:` in a file of /proc.
    static func field(_ name: String, in path: String) -> String? {
        for line in text(path).split(separator: "\n") {
            let sides = line.split(separator: ":", maxSplits: 1)
            if sides.count == 2, sides[0].trimmingCharacters(in: .whitespaces) == name {
                return sides[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }

    /// In kilobytes, as most of /proc counts.
    static func kilobytes(_ name: String, in path: String) -> Int {
        field(name, in: path).flatMap { Int($0.split(separator: " ").first ?? "") } ?? 0
    }
}
