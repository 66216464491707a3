// Time zones from the system's zone files, so that an update of Debian's tzdata reaches the daemon at its next reload.

package import Chronology
internal import Foundation

/// Loads each zone once, whoever asks at once. Make a new one for each load of the configuration.
package final class ZoneFiles: @unchecked Sendable {
    private let directory: String
    // `lock` guards `loaded`.
    private let lock = NSLock()
    private var loaded: [String: Zone?] = [:]

    /// - Parameter directory: `/usr/share/zoneinfo`, or what `TZDIR` says.
    package init(directory: String) {
        self.directory = directory
    }

    package convenience init(environment: [String: String]) {
        self.init(directory: environment["TZDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/share/zoneinfo")
    }

    /// Nil for a name that is no zone here. Names come from a configuration: one that leads out of the directory is none.
    @Sendable package func zone(_ name: String) -> Zone? {
        lock.withLock {
            if let known = loaded[name] { return known }
            let zone = load(name)
            loaded[name] = .some(zone)
            return zone
        }
    }

    /// The version of the zone data, such as `2026f`; nil where it does not say. Read anew each time that it is asked.
    ///
    /// From the first line of `tzdata.zi`, which Debian installs, or from `+VERSION`, which others do.
    package var version: String? {
        let line = firstBytes(of: "tzdata.zi").prefix { $0 != 10 && $0 != 13 }
        let mark = Array("# version ".utf8)
        if line.starts(with: mark), let version = Self.version(line.dropFirst(mark.count)) { return version }
        return Self.version(firstBytes(of: "+VERSION").prefix { $0 != 10 && $0 != 13 })
    }

    private func firstBytes(of name: String) -> ArraySlice<UInt8> {
        guard let handle = FileHandle(forReadingAtPath: "\(directory)/\(name)") else { return [] }
        defer { try? handle.close() }
        return Array((try? handle.read(upToCount: Self.versionLimit * 2)) ?? Data())[...]
    }

    /// The longest version that is taken for one; IANA's have five or six letters and digits.
    private static let versionLimit = 32

    private static func version(_ bytes: ArraySlice<UInt8>) -> String? {
        let isPlain = bytes.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-.".utf8.contains(byte)
        }
        guard isPlain, (1...versionLimit).contains(bytes.count) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func load(_ name: String) -> Zone? {
        if name == "UTC" { return .utc }
        let isPlain =
            name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "/_-+".utf8.contains(byte)
            }
        guard isPlain, !name.isEmpty, !name.hasPrefix("/"),
            let handle = FileHandle(forReadingAtPath: "\(directory)/\(name)")
        else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: 256 * 1024) else { return nil }
        return try? Zone(name: name, tzif: Array(data))
    }
}
