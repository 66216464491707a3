// Time that passes inside: between a decision and its record, between a call and the wire, and between the pages of a listing. In
// most worlds it takes none; in the others anything may begin and end meanwhile.
//
// Drawn by a stream of its own: a seed's world is the same but for this.

internal import PlatformModel

struct DrawnDelays {
    /// Something that takes time: most of it little, now and then much.
    private struct Span {
        /// In milliseconds.
        var usual: UInt64 = 0
        var longest: UInt64 = 0
        /// Of a thousand.
        var longOnes: UInt64 = 0

        func draw(_ chance: inout SplitMix) -> Int64 {
            guard longest > 0 else { return 0 }
            let isLong = chance.below(1000) < longOnes
            return Int64(chance.below(isLong ? longest : usual))
        }
    }

    private var commits = Span()
    private var ways = Span()
    private var listings = Span()
    private var chance: SplitMix

    init(_ options: SimulationOptions) {
        chance = SplitMix(seed: options.seed ^ 0x6465_6c61_7973)
        guard !options.pollsQuickly, chance.hits(percent: 25) else { return }
        // A disk that is busy: its bound is what the machine's watchdog bears.
        if chance.hits(percent: 50) { commits = Span(usual: 50, longest: 20_000, longOnes: 1 + chance.below(30)) }
        // A token with its second secret, our own pace, and a connection.
        if chance.hits(percent: 60) { ways = Span(usual: 400, longest: 130_000, longOnes: 1 + chance.below(200)) }
        if chance.hits(percent: 50) { listings = Span(usual: 300, longest: 25_000, longOnes: 1 + chance.below(200)) }
    }

    /// What a commit takes, in milliseconds.
    mutating func commit() -> Int64 { commits.draw(&chance) }

    /// From an effect until its request leaves the process.
    mutating func way() -> Int64 { ways.draw(&chance) }

    /// From one page of a listing to the next.
    mutating func page() -> Int64 { listings.draw(&chance) }

    /// Whether pages of a listing are read one after the other.
    var readsSlowly: Bool { listings.longest > 0 }

    /// More than a question takes until the platform has answered it, in milliseconds.
    var longest: Int64 { Int64(commits.longest + ways.longest + listings.longest * 30) }
}
