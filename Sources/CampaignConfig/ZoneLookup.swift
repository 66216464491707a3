// Zones as one reader asks for them, each once: nothing is shared between readers that run at once.

internal import Chronology

final class ZoneLookup {
    private let source: ZoneSource
    private var asked: [String: Zone?] = [:]

    init(_ source: @escaping ZoneSource) {
        self.source = source
    }

    /// Those that there are.
    var found: [String: Zone] { asked.compactMapValues(\.self) }

    func zone(_ name: String) -> Zone? {
        if let known = asked[name] { return known }
        let zone = source(name)
        asked[name] = .some(zone)
        return zone
    }
}
