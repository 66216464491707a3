// The pieces of a large file one after another, so that only one of them is a tree at a time. Begin at `next`.

struct PieceReader {
    private let reader: TOMLReader
    private let bytes: [UInt8]
    private var pieces: ArraySlice<TOMLPiece>

    init(reader: TOMLReader, bytes: [UInt8], pieces: [TOMLPiece]) {
        self.reader = reader
        self.bytes = bytes
        self.pieces = pieces[...]
    }

    /// The entries of the next piece; nil behind the last one.
    ///
    /// - Throws: What is wrong with it. Whoever goes on gets the pieces behind it.
    mutating func next() throws(TOMLReader.Failure) -> [TOMLEntry]? {
        guard let piece = pieces.popFirst() else { return nil }
        return try reader.read(piece, of: bytes)
    }
}
