// Programs that know more than we do, asked by tests only.

import Foundation

/// A program of the host.
struct Tool {
    let path: String

    /// Nil where it is not there.
    init?(_ name: String) {
        let search = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin"
        let paths: [String] = search.split(separator: ":").map { "\($0)/\(name)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
        self.path = path
    }

    init(path: String) {
        self.path = path
    }

    /// What it prints, and then its errors, with nothing on its standard input but `input`.
    func output(_ arguments: [String], environment: [String: String] = [:], input: String = "") throws -> String {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("chronology-\(UUID().uuidString)")
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
        // One that does not end is ended, and its output fails the test.
        let patience = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 300, execute: patience)
        process.waitUntilExit()
        patience.cancel()
        return try files.dropFirst().map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }.joined()
    }
}
