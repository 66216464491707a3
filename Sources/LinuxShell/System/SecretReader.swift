// Secrets, read when they are needed and from where the configuration says. No error repeats any of a secret.

internal import Foundation
package import SchedulerCore

package struct SecretError: Error, Equatable, CustomStringConvertible, Sendable {
    package var description: String
}

package struct SecretReader: Sendable {
    static let sizeLimit = 65_536

    private let credentials: String?
    private let environment: [String: String]

    /// - Parameter environment: Holds `CREDENTIALS_DIRECTORY`, where systemd passes one.
    package init(environment: [String: String]) {
        self.environment = environment
        credentials = environment["CREDENTIALS_DIRECTORY"]
    }

    /// The secret, without one line end at its end.
    package func read(_ source: SecretSource) throws(SecretError) -> String {
        switch source {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw SecretError(description: "the environment variable \(name) with the secret is not set")
            }
            return value
        case .file(let path):
            return try file(path, "the secret's file \(path)")
        case .credential(let name):
            guard let credentials else {
                throw SecretError(
                    description:
                        "no credentials were passed: put LoadCredential=\(name):/path/to/the/secret into the unit")
            }
            return try file(credentials + "/" + name, "the credential \"\(name)\" (LoadCredential= in the unit)")
        }
    }

    private func file(_ path: String, _ what: String) throws(SecretError) -> String {
        // Without waiting: a FIFO that nobody writes must not hold up whoever asks.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SecretError(description: "\(what) can not be opened: \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw SecretError(description: "\(what) is not a regular file")
        }
        guard let data = try? handle.read(upToCount: Self.sizeLimit + 1), data.count <= Self.sizeLimit,
            let text = String(data: data, encoding: .utf8)
        else { throw SecretError(description: "\(what) is empty, not UTF-8, or over \(Self.sizeLimit) bytes") }
        let trimmed = text.hasSuffix("\r\n") ? text.dropLast() : text.hasSuffix("\n") ? text.dropLast() : text[...]
        guard !trimmed.isEmpty else { throw SecretError(description: "\(what) is empty") }
        return String(trimmed)
    }
}
