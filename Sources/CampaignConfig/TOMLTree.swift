// A TOML document as a tree in which every key and value knows where it was written. `TOMLReader` makes it.

/// Where something was written. Lines and columns count from 1, columns in code points.
struct Place: Equatable, Comparable, Sendable {
    /// Index into the files of a load.
    var file: Int
    var line: Int
    var column: Int
    var length: Int = 1

    static func < (left: Place, right: Place) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// A date, a time or both, as written. Numbers are in their calendar ranges, as toml++ checks them.
struct TOMLDateTime: Equatable, Sendable {
    struct Day: Equatable, Sendable {
        var year: Int
        var month: Int
        var day: Int
    }

    struct Time: Equatable, Sendable {
        var hour: Int
        var minute: Int
        var second: Int
        var nanosecond: Int
    }

    var day: Day?
    var time: Time?
    /// Minutes east of Greenwich; nil for a local time.
    var offsetMinutes: Int?
}

/// A key with its value. Tables hold them in the order in which the keys were written.
struct TOMLEntry: Sendable {
    var key: String
    var keyPlace: Place
    var value: TOMLValue
}

struct TOMLValue: Sendable {
    enum Content: Sendable {
        case table([TOMLEntry])
        case array([TOMLValue])
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        /// Elsewhere, since it is rare and would make every value three times as large.
        indirect case dateTime(TOMLDateTime)
    }

    var content: Content
    var place: Place
    /// The last line of the value; differs from the place's for what spans lines.
    var endLine: Int

    /// What people call this kind of value.
    var kind: String {
        switch content {
        case .table: "a table"
        case .array: "an array"
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a float"
        case .boolean: "a boolean"
        case .dateTime(let value):
            switch (value.day, value.time) {
            case (_?, _?): "a date-time"
            case (nil, _): "a time"
            case (_, nil): "a date"
            }
        }
    }
}
