// `.ics` files: any bytes are days in order, within bounds, or an error at a line of the file.

internal import Chronology

enum DaysSubject {
    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        switch Result(catching: { () throws(CalendarFileError) in try CalendarFile.days(in: bytes) }) {
        case .success(let days): try judge(days)
        case .failure(let error):
            let lines = bytes.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
            try require((1...lines).contains(error.line), "line \(error.line) of \(lines): \(error.found)")
            for text in [error.found, error.accepted, error.remedy] {
                try require(
                    !text.isEmpty && text.utf8.count <= 400, "a text of \(text.utf8.count) bytes: \(text.prefix(80))")
                try Shown.requireOneLine(text, "an error")
            }
        }
    }

    private static func judge(_ days: [CivilDay]) throws(BrokenRule) {
        try require(days.count <= DayCalendar.dayLimit, "\(days.count) days")
        for (day, next) in zip(days, days.dropFirst()) {
            try require(day < next, "\(next) comes after \(day)")
        }
        try require(days.allSatisfy { (1970...2199).contains($0.year) }, "days out of all years")
    }
}
