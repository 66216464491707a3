import Foundation
import TestPrograms
import Testing

/// A certificate authority of its own and a server's certificate by it, made by the openssl command.
struct Authority: Sendable {
    let directory: String

    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    init(host: String) throws {
        directory = NSTemporaryDirectory() + "authority-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("subjectAltName=DNS:\(host)\n".utf8).write(to: URL(fileURLWithPath: directory + "/names"))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=private authority", "-keyout", "ca.key", "-out", "ca.pem"]
                + key)
        try openssl(["req", "-subj", "/CN=\(host)", "-keyout", "server.key", "-out", "server.csr"] + key)
        try openssl([
            "x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "server.pem",
        ])
    }

    var certificate: String { directory + "/ca.pem" }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit(atMost: 60)
        try #require(process.terminationStatus == 0)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
