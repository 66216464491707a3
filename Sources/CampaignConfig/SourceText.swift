// The text of one file, to quote lines from. Built once for each file; lines are found when a fault asks for one.

/// Turns a place of a file into an excerpt.
struct SourceText {
    /// Characters of a line that are shown around the caret.
    static let windowLength = 100
    /// Characters shown before the caret where a line is cut.
    static let windowLead = 40

    let bytes: ArraySlice<UInt8>
    private let lineStarts: [Int]

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        var starts = [bytes.startIndex]
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { starts.append(index + 1) }
        lineStarts = starts
    }

    /// The line of the file around `column`, with carets under `length` code points. Nil for a line that does not exist.
    func excerpt(line: Int, column: Int, length: Int) -> SourceExcerpt? {
        guard line >= 1, line <= lineStarts.count, column >= 1 else { return nil }
        let start = lineStarts[line - 1]
        var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.endIndex
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let first = column - 1 > Self.windowLength - 20 ? column - 1 - Self.windowLead : 0
        let window = scalars(from: start, to: end, skipping: first)
        return excerpt(of: window, isCutBefore: first > 0, caret: column - 1 - first, length: length)
    }

    /// Up to one more than a window of scalars. Skips code points by their leading bytes, without decoding them.
    private func scalars(from start: Int, to end: Int, skipping count: Int) -> [Unicode.Scalar] {
        var index = start
        var skipped = 0
        while index < end, skipped < count {
            index += 1
            while index < end, bytes[index] & 0xC0 == 0x80 { index += 1 }
            skipped += 1
        }
        let stop = min(end, index + (Self.windowLength + 1) * 4)
        return Array(String(decoding: bytes[index..<stop], as: UTF8.self).unicodeScalars.prefix(Self.windowLength + 1))
    }

    private func excerpt(
        of window: [Unicode.Scalar], isCutBefore: Bool, caret: Int, length: Int
    ) -> SourceExcerpt {
        var text = isCutBefore ? "…" : ""
        var offset = isCutBefore ? 1 : 0
        var carets = 0
        for (index, scalar) in window.prefix(Self.windowLength).enumerated() {
            let shown = scalar == "\t" ? " " : scalar.shownOnTerminal
            if index < caret { offset += shown.unicodeScalars.count }
            if index >= caret, index < caret + max(1, length) { carets += shown.unicodeScalars.count }
            text += shown
        }
        if window.count > Self.windowLength { text += "…" }
        return SourceExcerpt(text: text, caretOffset: offset, caretLength: max(1, carets))
    }
}
