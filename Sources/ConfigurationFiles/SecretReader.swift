// Secrets, read when they are needed and from where the configuration says. No error repeats any of a secret.

package import CampaignConfig
internal import Foundation
package import SchedulerCore

package struct SecretError: Error, Equatable, CustomStringConvertible, Sendable {
    package var description: String
    /// Whoever asked may not read it; others may.
    var isDenied = false
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

    /// The secret, without line ends at its end: editors add one, and people a second one.
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
            let number = errno
            throw SecretError(
                description: "\(what) can not be opened: \(String(cString: strerror(number)))",
                isDenied: number == EACCES)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw SecretError(description: "\(what) is not a regular file")
        }
        guard let data = try? handle.read(upToCount: Self.sizeLimit + 1), data.count <= Self.sizeLimit,
            let text = String(data: data, encoding: .utf8)
        else { throw SecretError(description: "\(what) is empty, not UTF-8, or over \(Self.sizeLimit) bytes") }
        var trimmed = text[...]
        while let last = trimmed.last, last == "\n" || last == "\r\n" || last == "\r" { trimmed.removeLast() }
        guard !trimmed.isEmpty else { throw SecretError(description: "\(what) is empty") }
        return String(trimmed)
    }

    // MARK: What is odd

    /// Whether a secret begins or ends with what nobody sees: copied along, and never a part of one.
    package static func hasBlanks(_ secret: String) -> Bool {
        secret.first?.isWhitespace == true || secret.last?.isWhitespace == true
    }

    /// For the daemon, which loads a configuration for itself. A credential is looked at only where systemd passed some.
    @Sendable package func warning(_ source: SecretSource) -> SecretWarning? {
        warning(source, isForAnother: false)
    }

    /// For somebody who checks a configuration that the daemon will use. What that has in its environment, and what it may read
    /// and we may not, is not known here, and no warning.
    @Sendable package func warningForAnother(_ source: SecretSource) -> SecretWarning? {
        warning(source, isForAnother: true)
    }

    private func warning(_ source: SecretSource, isForAnother: Bool) -> SecretWarning? {
        let place: String?
        switch source {
        case .environment:
            if isForAnother { return nil }
            place = nil
        case .file(let path): place = path
        case .credential(let name):
            guard let credentials else { return nil }
            place = credentials + "/" + name
        }
        do throws(SecretError) {
            if Self.hasBlanks(try read(source)) {
                return SecretWarning(
                    .secretBlank, "this secret begins or ends with a blank",
                    remedy: "Store it without: the token service would refuse it.")
            }
        } catch {
            if isForAnother, error.isDenied { return nil }
            return SecretWarning(
                .secretUnreadable, error.description,
                remedy: "Nothing is sent without it; the daemon reads it anew at each try.")
        }
        var entry = stat()
        guard let place, stat(place, &entry) == 0, entry.st_mode & S_IROTH != 0 else { return nil }
        return SecretWarning(
            .secretExposed, "this secret can be read by everybody on this machine",
            remedy: "Take the right away (chmod o-r), and replace the secret.")
    }
}
