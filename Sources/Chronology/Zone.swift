package struct Zone: Equatable, Sendable {
    package let name: String
    package static let utc = Zone(name: "UTC")
}
