// The pieces of a large file one after another, the next one read by a thread of its own while this one is made use of.
// Begin at `next`.

internal import Dispatch

/// For one file. Used by one thread.
final class PieceReader {
    private let reader: TOMLReader
    private let bytes: [UInt8]
    private let pieces: [TOMLPiece]
    private let thread = DispatchQueue(label: "toml")
    private var underWay: PieceResult?
    private var index = 0

    init(reader: TOMLReader, bytes: [UInt8], pieces: [TOMLPiece]) {
        self.reader = reader
        self.bytes = bytes
        self.pieces = pieces
        begin()
    }

    /// The entries of the next piece; nil behind the last one.
    ///
    /// - Throws: What is wrong with it. Whoever goes on gets the pieces behind it.
    func next() throws(TOMLReader.Failure) -> [TOMLEntry]? {
        guard let result = underWay else { return nil }
        result.isThere.wait()
        begin()
        return try result.entries.get()
    }

    private func begin() {
        guard index < pieces.count else {
            underWay = nil
            return
        }
        let result = PieceResult()
        let (reader, bytes, piece) = (reader, bytes, pieces[index])
        thread.async {
            do throws(TOMLReader.Failure) {
                result.entries = .success(try reader.read(piece, of: bytes))
            } catch {
                result.entries = .failure(error)
            }
            result.isThere.signal()
        }
        underWay = result
        index += 1
    }
}

/// Written by the thread that reads, before it says that it is there.
private final class PieceResult: @unchecked Sendable {
    let isThere = DispatchSemaphore(value: 0)
    var entries: Result<[TOMLEntry], TOMLReader.Failure> = .success([])
}
