// What a client is made of. Equal origins make the same client again, and then the one that is there stays with its token
// and its connections: the token service counts tokens.

internal import Chronology
internal import ConfigurationFiles
internal import Foundation
internal import SchedulerCore

struct ClientOrigin: Equatable {
    private var platform: PlatformSettings
    private var limits: [Int64]
    /// Each secret's hash, which is another in each process. Nil for one that can not be read.
    private var secrets: [Int?]
    private var trust: [FileMark?]

    /// Where the TLS library looks for authorities on Debian and on Fedora.
    private static let systemTrust = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// A file of the authorities that are trusted, as far as it can be told from another.
    private struct FileMark: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var entry = stat()
            guard stat(path, &entry) == 0 else { return nil }
            device = UInt(entry.st_dev)
            inode = UInt(entry.st_ino)
            size = Int(entry.st_size)
            seconds = entry.st_mtim.tv_sec
            nanoseconds = entry.st_mtim.tv_nsec
        }
    }

    /// - Parameter environment: Holds `SSL_CERT_FILE`, where somebody set it.
    init(_ configuration: SchedulerCore.Configuration, environment: [String: String], secrets reader: SecretReader) {
        platform = configuration.platform
        let bounds = configuration.limits
        limits = [bounds.requestTimeout.milliseconds, Int64(bounds.responseBytes), Int64(bounds.callsPerMinute)]
        secrets = [platform.clientSecret, platform.secondSecret].map { source in
            source.flatMap { try? reader.read($0) }?.hashValue
        }
        let file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        trust = (file.map { [$0] } ?? Self.systemTrust).map(FileMark.init)
    }
}
