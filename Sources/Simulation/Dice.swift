// Chance, in one stream for each thing that is decided by it: so a fault that is taken out of a run leaves the others,
// as far as it can, where they were.

internal import PlatformModel

/// A fault that strikes, and how hard.
struct Stroke {
    var id: FaultID
    /// Anything: the place where it strikes makes of it a time, a choice or a size.
    var size: UInt64

    /// A number below a bound, made of the size.
    func below(_ bound: UInt64) -> Int64 { Int64(size % max(1, bound)) }
}

struct Dice {
    private var streams: [SplitMix]
    private var counts: [Int]
    private let strengths: [Int]
    private let only: Set<FaultID>?
    /// Every stroke so far, where somebody wants to know.
    private(set) var strokes: [FaultID] = []
    private let isRecording: Bool
    private(set) var struck = 0

    /// For what is no fault: ways, durations, whose turn it is.
    var usual: SplitMix
    /// For what people do.
    var people: SplitMix

    init(_ options: SimulationOptions, isRecording: Bool) {
        streams = FaultKind.allCases.indices.map { SplitMix(seed: options.seed &* 0x9e37_79b9 &+ UInt64($0 + 1)) }
        counts = FaultKind.allCases.map { _ in 0 }
        strengths = FaultKind.allCases.map { options.strengths[$0] ?? 0 }
        only = options.only
        self.isRecording = isRecording
        usual = SplitMix(seed: options.seed ^ 0x5553_5541_4c00)
        people = SplitMix(seed: options.seed ^ 0x5045_4f50_4c45)
    }

    private static let places = Dictionary(
        uniqueKeysWithValues: FaultKind.allCases.enumerated().map { ($0.element, $0.offset) })

    /// Whether a fault strikes here, by its strength of a thousand.
    mutating func strikes(_ kind: FaultKind) -> Stroke? {
        let place = Self.places[kind]!
        guard strengths[place] > 0, streams[place].below(1000) < UInt64(strengths[place]) else { return nil }
        return stroke(kind, place)
    }

    /// The stroke of a timed fault whose moment has come. Nil where this run does without it.
    mutating func comes(_ kind: FaultKind) -> Stroke? {
        stroke(kind, Self.places[kind]!)
    }

    private mutating func stroke(_ kind: FaultKind, _ place: Int) -> Stroke? {
        counts[place] += 1
        let stroke = Stroke(id: FaultID(kind: kind, number: counts[place]), size: streams[place].next())
        if let only, !only.contains(stroke.id) { return nil }
        struck += 1
        if isRecording { strokes.append(stroke.id) }
        return stroke
    }

    /// Milliseconds until a timed fault comes again, for a run of so many hours. Nil where it never comes.
    mutating func delay(until kind: FaultKind, hours: Int) -> Int64? {
        let place = Self.places[kind]!
        guard strengths[place] > 0 else { return nil }
        let mean = Int64(hours) * 3_600_000 / Int64(strengths[place])
        return Int64(streams[place].below(UInt64(max(1, 2 * mean))))
    }

    /// Whether a timed fault is to hit the very instant at which a campaign is due.
    mutating func isAimed(_ kind: FaultKind) -> Bool {
        streams[Self.places[kind]!].hits(percent: 30)
    }
}
