// A case: a name by which it can be run again, a sentence that says what it does, and the deed.

struct TortureCase: Sendable {
    var name: String
    var does: String
    /// Part of `--brief`: ends within seconds.
    var isQuick = false
    /// Needs the machine for itself, because it judges time or the processor.
    var isAlone = false
    /// - Returns: What was done, in a few words for the summary.
    /// - Throws: ``Failure``, or ``Skipped``.
    var run: @Sendable (TortureRun) throws -> String
}

/// This machine does not allow the case.
struct Skipped: Error {
    var reason: String
}

/// What a case is run with.
final class TortureRun: Sendable {
    let name: String
    /// For the files of this case; kept when it fails.
    let directory: String
    let seed: UInt64
    let kills: Int
    let isBrief: Bool
    let printer: Printer

    init(name: String, directory: String, seed: UInt64, kills: Int, isBrief: Bool, printer: Printer) {
        self.name = name
        self.directory = directory
        self.seed = seed
        self.kills = kills
        self.isBrief = isBrief
        self.printer = printer
    }

    /// Says how far a long case is.
    func progress(_ words: String) {
        printer.line("  \(name): \(words)")
    }

    func chance(_ stream: UInt64 = 0) -> SeededChance {
        SeededChance(seed: seed &+ stream &* 0x9E37_79B9_7F4A_7C15)
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededChance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
