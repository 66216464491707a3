// Programs that know more than we do, or are ours, asked by tests only.

internal import Foundation

/// A program of the host.
package struct Tool: Sendable {
    package let path: String

    /// Nil where it is not there.
    package init?(_ name: String) {
        let search = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin"
        let paths: [String] = search.split(separator: ":").map { "\($0)/\(name)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
        self.path = path
    }

    package init(path: String) {
        self.path = path
    }

    /// A Python that has a module: the first of `PATH`, or Debian's. Nil where none has.
    package static func python(with module: String) -> Tool? {
        [Tool("python3"), Tool(path: "/usr/bin/python3")].compactMap { $0 }.first { python in
            (try? python.output(["-c", "import \(module); print('here')"]))?.hasPrefix("here") == true
        }
    }

    /// A signal ended it: it crashed, or it had not ended in time and was killed for that.
    package struct DidNotEnd: Error {
        package var path: String
        package var signal: Int32
        /// What it had printed.
        package var output: String
    }

    /// What it prints, and then its errors, with nothing on its standard input but `input`.
    ///
    /// - Throws: ``DidNotEnd`` where it has not ended by itself in so many seconds.
    package func output(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", atMost seconds: Int = 300
    ) throws -> String {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // Files, since two pipes would have to be read at once.
        let files = ["input", "output", "errors"].map { directory.appendingPathComponent($0) }
        for file in files { try Data(file == files[0] ? Array(input.utf8) : []).write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin", "LC_ALL": "C"]
            .merging(environment) { _, given in given }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit(atMost: seconds)
        let output = try files.dropFirst().map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }.joined()
        guard process.terminationReason == .exit else {
            throw DidNotEnd(path: path, signal: process.terminationStatus, output: output)
        }
        return output
    }
}
