// Reading configuration files from disk: whatever stands at the path, the answer comes quickly and in bounded memory.
// Begin at `read(main:)`.
//
// Files are opened without waiting (a FIFO would wait for its writer for ever) and judged on the descriptor that is then
// read, so that nothing can be put in the place of what was judged.

package import CampaignConfig
internal import Glibc

package struct ConfigurationFiles: Sendable {
    /// Bytes of one file. The same bound as the loader's, applied before anything is kept.
    package static let byteLimit = 32 * 1024 * 1024
    /// Bytes of all files together.
    package static let totalByteLimit = 64 * 1024 * 1024
    /// Files in `campaigns.d`.
    package static let fileLimit = 10_000

    package init() {}

    /// The main file and every `*.toml` of `campaigns.d` beside it, in byte order of their names. Hidden files (as
    /// editors leave behind) are not read. A missing `campaigns.d` is an empty one.
    ///
    /// - Throws: Every file that could not be read, in the form of any other fault of a configuration.
    package func read(main: String) throws(ConfigurationFaults) -> [SourceFile] {
        var files: [SourceFile] = []
        var faults: [ConfigurationFault] = []
        var total = 0
        let paths = [main] + campaignFiles(beside: main, &faults)
        for path in paths {
            do throws(ConfigurationFault) {
                let bytes = try read(path, atMost: min(Self.byteLimit, Self.totalByteLimit - total))
                total += bytes.count
                files.append(SourceFile(path: path, bytes: bytes))
            } catch {
                faults.append(error)
            }
        }
        guard faults.isEmpty else { throw ConfigurationFaults(faults: faults, fileCount: paths.count) }
        return files
    }

    // MARK: The folder

    private func campaignFiles(beside main: String, _ faults: inout [ConfigurationFault]) -> [String] {
        let parent = main.lastIndex(of: "/").map { String(main[...$0]) } ?? ""
        let folder = parent + "campaigns.d"
        guard let stream = opendir(folder) else {
            if errno != ENOENT {
                faults.append(.unreadable(folder, "the folder can not be read: \(Self.words(errno))"))
            }
            return []
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = Self.name(of: entry)
            guard name.first != UInt8(ascii: "."), name.suffix(5).elementsEqual(".toml".utf8) else { continue }
            names.append(name)
            if names.count > Self.fileLimit {
                faults.append(
                    .init(
                        code: .tooMany, file: folder, found: "the folder holds more than \(Self.fileLimit) files",
                        accepted: "up to \(Self.fileLimit)", remedy: "Put several campaigns in one file."))
                return []
            }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map {
            "\(folder)/\(String(decoding: $0, as: UTF8.self))"
        }
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }

    // MARK: One file

    /// - Parameter limit: Bytes.
    func read(_ path: String, atMost limit: Int) throws(ConfigurationFault) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw .unreadable(path, "the path holds U+0000") }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .unreadable(path, "the file can not be opened: \(Self.words(errno))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unreadable(path, "the file can not be examined: \(Self.words(errno))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .irregular(path, Self.kind(status.st_mode)) }
        guard status.st_size <= limit else { throw .large(path, status.st_size, limit) }
        return try readAll(descriptor, path, size: Int(status.st_size), atMost: limit)
    }

    /// Up to the end, which may have moved since the size was asked for.
    private func readAll(
        _ descriptor: Int32, _ path: String, size: Int, atMost limit: Int
    ) throws(ConfigurationFault) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 1)
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path, "the file can not be read: \(Self.words(errno))")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= limit else { throw .large(path, bytes.count, limit) }
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a FIFO"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "not a regular file"
        }
    }

    private static func words(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension ConfigurationFault {
    fileprivate static func unreadable(_ path: String, _ found: String) -> ConfigurationFault {
        .init(
            code: .fileUnreadable, file: path, found: found, accepted: "a file that the daemon's user may read",
            remedy: "Check the path and its permissions.")
    }

    fileprivate static func irregular(_ path: String, _ kind: String) -> ConfigurationFault {
        .init(
            code: .notARegularFile, file: path, found: "this is \(kind)", accepted: "a regular file",
            remedy: "Put the configuration in a file.")
    }

    fileprivate static func large(_ path: String, _ size: Int, _ limit: Int) -> ConfigurationFault {
        .init(
            code: .fileTooLarge, file: path, found: "the file has \(size) bytes",
            accepted:
                "up to \(ConfigurationFiles.byteLimit) bytes, and \(ConfigurationFiles.totalByteLimit) in all files",
            remedy: limit < ConfigurationFiles.byteLimit ? "Remove what is not needed." : "Split it into several files."
        )
    }
}
