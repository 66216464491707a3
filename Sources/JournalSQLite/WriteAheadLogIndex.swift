// What SQLite itself noted of its write-ahead log, in the `-shm` file beside it: how many frames were committed.
//
// SQLite makes the file anew at each start and never syncs it, so after a power cut it may be anything. After a death of
// the process it is as it was. It is written after the frames are on disk (`synchronous = FULL`): when it is whole, and of
// this log, every frame that it counts must be there. That is the only witness of a log that lost its end at a frame's
// boundary, or its last transaction.
//
// Source: "The WAL-Index File Format", sqlite.org/walformat.html.

internal import Foundation

struct WriteAheadLogIndex {
    private static let headerLength = 48
    private static let version: UInt32 = 3_007_000

    /// Frames that were committed.
    let frames: Int
    /// Of those, how many were copied into the database.
    let copiedFrames: Int
    /// As in the log's own header.
    let salt: [UInt8]

    /// Nil where there is no index, or none that can be believed.
    init?(_ path: String) {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: 2 * Self.headerLength + 4),
            data.count == 2 * Self.headerLength + 4
        else { return nil }
        let bytes = Array(data)
        let header = bytes[..<Self.headerLength]
        // It is written twice, and a reader believes it only where both are the same.
        guard header.elementsEqual(bytes[Self.headerLength..<2 * Self.headerLength]),
            Self.word(bytes, 0) == Self.version, bytes[12] == 1,
            Self.sum(bytes[..<40]) == (Self.word(bytes, 40), Self.word(bytes, 44))
        else { return nil }
        frames = Int(Self.word(bytes, 16))
        salt = Array(bytes[32..<40])
        copiedFrames = Int(Self.word(bytes, 96))
    }

    /// In this machine's byte order.
    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }

    private static func sum(_ bytes: ArraySlice<UInt8>) -> (UInt32, UInt32) {
        var (first, second): (UInt32, UInt32) = (0, 0)
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                first &+= bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) &+ second
                second &+= bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self) &+ first
            }
        }
        return (first, second)
    }
}
