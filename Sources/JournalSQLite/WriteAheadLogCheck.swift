// Tells a torn end of SQLite's write-ahead log, which is ordinary after a crash, from damage in its middle.
//
// SQLite reads the log up to the first frame whose checksum fails and drops the rest without a word. That is right for
// the transaction that was being written when the power went. It is wrong when a byte of an older one has changed: then
// transactions are dropped whose commit had returned, and the daemon would send again what it has sent. With
// `synchronous = FULL` each transaction is on disk before the next begins, so at most one can be torn. Two commit frames
// of this log at or after the first bad frame therefore mean that what was acknowledged is damaged.
//
// Damage to the very last transaction, and a log that was cut between two transactions, look exactly like a torn one. They
// are seen where SQLite's own index of the log is still there (``WriteAheadLogIndex``), which a power cut may have taken.
//
// Source: "WAL-mode File Format", sqlite.org/walformat.html.

internal import Foundation
internal import Journal

struct WriteAheadLogCheck {
    private static let headerLength = 32
    private static let frameHeaderLength = 24
    private static let magic: UInt32 = 0x377F_0682
    /// Of SQLite itself.
    private static let pageSizes = 512...65_536

    private let descriptor: Int32
    private let header: [UInt8]
    private let isBigEndian: Bool
    private let pageSize: Int

    /// - Parameters:
    ///   - path: The log.
    ///   - index: SQLite's index of it.
    /// - Throws: ``JournalError`` with `corrupt` when committed transactions of the log are damaged or missing. Call it
    ///   while nobody has the journal open. A log that is not there, or empty, is sound where the index knows of none.
    static func run(_ path: String, index: String) throws(JournalError) {
        let index = WriteAheadLogIndex(index)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return try judgeMissing(index) }
            throw JournalError(
                .readOnly, "\(path) can not be read: \(String(cString: strerror(errno)))",
                remedy: "Make it readable for the daemon.")
        }
        defer { close(descriptor) }
        var entry = stat()
        guard fstat(descriptor, &entry) == 0, entry.st_size > headerLength else { return try judgeMissing(index) }
        guard let check = WriteAheadLogCheck(descriptor) else {
            throw SQLiteErrors.damaged("the head of its write-ahead log is not what was written")
        }
        let frames = try check.walk()
        if let index, index.salt == Array(check.header[16..<24]), index.frames > frames {
            throw SQLiteErrors.damaged(
                "of the \(index.frames) frames that were committed to its write-ahead log, only \(frames) are there "
                    + "as they were written")
        }
    }

    private static func judgeMissing(_ index: WriteAheadLogIndex?) throws(JournalError) {
        guard let index, index.frames > index.copiedFrames else { return }
        throw SQLiteErrors.damaged("its write-ahead log is gone, with \(index.frames) frames that were committed")
    }

    /// Nil when the header is not sound. SQLite syncs it before the first frame, so behind a bad header is damage.
    private init?(_ descriptor: Int32) {
        self.descriptor = descriptor
        guard let header = Self.read(descriptor, at: 0, count: Self.headerLength) else { return nil }
        self.header = header
        let magic = Self.word(header, 0)
        isBigEndian = magic & 1 == 1
        pageSize = Int(Self.word(header, 8))
        guard magic & ~1 == Self.magic, Self.pageSizes.contains(pageSize), pageSize & (pageSize - 1) == 0 else {
            return nil
        }
        var sum = Sum()
        sum.add(header[..<24], isBigEndian)
        guard sum == Sum(Self.word(header, 24), Self.word(header, 28)) else { return nil }
    }

    /// - Returns: How many frames are as they were written, from the first one on.
    private func walk() throws(JournalError) -> Int {
        var sum = Sum(Self.word(header, 24), Self.word(header, 28))
        var firstBad: Int?
        var commitsBehind = 0
        var number = 0
        while let frame = frame(number) {
            number += 1
            let isOfThisLog = frame[8..<16] == header[16..<24]
            if firstBad == nil {
                sum.add(frame[..<8], isBigEndian)
                sum.add(frame[Self.frameHeaderLength...], isBigEndian)
                if isOfThisLog, sum == Sum(Self.word(frame, 16), Self.word(frame, 20)) { continue }
                firstBad = number
            }
            if isOfThisLog, Self.word(frame, 4) != 0 { commitsBehind += 1 }
            if commitsBehind > 1, let firstBad {
                throw SQLiteErrors.damaged(
                    "frame \(firstBad) of its write-ahead log is not what was written, and more was committed after it")
            }
        }
        return firstBad.map { $0 - 1 } ?? number
    }

    private func frame(_ number: Int) -> [UInt8]? {
        let length = Self.frameHeaderLength + pageSize
        return Self.read(descriptor, at: Self.headerLength + number * length, count: length)
    }

    /// Nil at the end of the file.
    private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = 0
            while initialized < count {
                let part = pread(
                    descriptor, buffer.baseAddress! + initialized, count - initialized, offset + initialized)
                if part > 0 { initialized += part } else if part == 0 || errno != EINTR { return }
            }
        }
        return bytes.count == count ? bytes : nil
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The running checksum of the log.
    private struct Sum: Equatable {
        var first: UInt32 = 0
        var second: UInt32 = 0

        init() {}

        init(_ first: UInt32, _ second: UInt32) {
            self.first = first
            self.second = second
        }

        /// The length of `bytes` is a multiple of 8.
        mutating func add(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) {
            bytes.withUnsafeBytes { bytes in
                for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                    let left = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    let right = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                    first &+= (isBigEndian ? left.bigEndian : left.littleEndian) &+ second
                    second &+= (isBigEndian ? right.bigEndian : right.littleEndian) &+ first
                }
            }
        }
    }
}
