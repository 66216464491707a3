// A few zones for every subject, each with clocks that are moved in another way. Made from footers, so that nothing
// depends on the host.

internal import Chronology

enum Zones {
    static let all = [
        Zone.utc, zone("Europe/Stockholm", "CET-1CEST,M3.5.0,M10.5.0/3"),
        zone("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
        zone("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
        zone("Asia/Kathmandu", "<+0545>-5:45"), zone("America/Nuuk", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
        // Of nobody: a day that comes twice, and one that is left out.
        zone("Etc/Leap", "<+12>-12<-12>12,M3.5.0/12,M10.5.0/12"),
    ].compactMap(\.self)

    static func named(_ name: String) -> Zone? {
        all.first { $0.name == name }
    }

    private static func zone(_ name: String, _ footer: String) -> Zone? {
        let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
        let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts
        let types: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("LMT\0".utf8)
        return try? Zone(name: name, tzif: header + types + header + types + Array("\n\(footer)\n".utf8))
    }
}
