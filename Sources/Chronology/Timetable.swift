package struct Timetable: Equatable, Sendable {
    package var zone: Zone
    package var text: String
    package func next(after instant: Instant) -> Instant? { nil }
    package func previous(before instant: Instant) -> Instant? { nil }
}
