// toml++'s nodes → tree. Begin at `next`. Strings are copied, so that nothing points into the document afterwards.

internal import CTOML

/// Rebuilds the tree from toml++'s nodes in preorder. Recursion is bounded by the nesting that was checked.
struct TOMLTreeBuilder {
    let file: Int
    /// The file's line that is the text's first.
    var firstLine = 1
    let nodes: UnsafeBufferPointer<ctoml_node>
    var index = 0

    mutating func next() -> TOMLValue {
        let node = nodes[index]
        index += 1
        let isOneLine = node.end_line == node.line && node.end_column > node.column
        let place = Place(
            file: file, line: line(node.line), column: max(1, Int(node.column)),
            length: isOneLine ? Int(node.end_column - node.column) : 1)
        return TOMLValue(content: content(of: node), place: place, endLine: max(place.line, line(node.end_line)))
    }

    private mutating func content(of node: ctoml_node) -> TOMLValue.Content {
        switch node.kind {
        case CTOML_TABLE: .table(entries(node.child_count))
        case CTOML_ARRAY: .array((0..<node.child_count).map { _ in next() })
        case CTOML_STRING: .string(text(node.text, node.text_length))
        case CTOML_INTEGER: .integer(node.integer)
        case CTOML_FLOAT: .float(node.number)
        case CTOML_BOOLEAN: .boolean(node.boolean)
        default: .dateTime(dateTime(node.date_time))
        }
    }

    /// toml++ sorts keys by name; people read them by place.
    private mutating func entries(_ count: UInt32) -> [TOMLEntry] {
        var entries: [TOMLEntry] = []
        entries.reserveCapacity(Int(count))
        for _ in 0..<count {
            let node = nodes[index]
            let key = text(node.key, node.key_length)
            let place = Place(
                file: file, line: line(node.key_line), column: max(1, Int(node.key_column)),
                length: max(1, key.unicodeScalars.count))
            entries.append(TOMLEntry(key: key, keyPlace: place, value: next()))
        }
        return entries.sorted { $0.keyPlace < $1.keyPlace }
    }

    private func line(_ number: UInt32) -> Int {
        firstLine - 1 + max(1, Int(number))
    }

    private func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    private func dateTime(_ value: ctoml_date_time) -> TOMLDateTime {
        TOMLDateTime(
            day: value.has_date
                ? .init(year: Int(value.year), month: Int(value.month), day: Int(value.day)) : nil,
            time: value.has_time
                ? .init(
                    hour: Int(value.hour), minute: Int(value.minute), second: Int(value.second),
                    nanosecond: Int(value.nanosecond)) : nil,
            offsetMinutes: value.has_offset ? Int(value.offset_minutes) : nil)
    }
}
