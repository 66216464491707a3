// Arithmetic on what a wall clock shows, for searching and without a zone. For people it is `LocalTime`.

/// Readings of a wall clock as one number: milliseconds since the clock would have shown 1970-01-01T00:00:00.
enum Unzoned {
    /// Milliseconds of a day.
    static let day = 86_400_000

    /// Days since 1970-01-01, and milliseconds of that day.
    static func dayAndTime(_ reading: Int64) -> (day: Int, time: Int) {
        let (day, time) = Int(reading).quotientAndRemainder(dividingBy: day)
        return time < 0 ? (day - 1, time + self.day) : (day, time)
    }

    static func reading(day: Int, time: Int) -> Int64 {
        Int64(day * self.day + time)
    }
}
