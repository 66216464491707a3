// Waiting before another try: full jitter by a hash, so that a replay waits exactly as long as production did.

internal import Chronology

enum Backoff {
    /// How long to wait before the next attempt.
    ///
    /// Doubles from `base` up to `ceiling`, and takes a part between a half and the whole of that, picked by hashing
    /// `key` and `failures`.
    ///
    /// - Parameters:
    ///   - failures: Failed attempts so far, 1 or more.
    ///   - key: What is tried. Different keys spread out; the same key always waits the same.
    /// - Returns: Whole milliseconds, at most `ceiling`.
    /// - Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015 ("equal jitter").
    static func delay(after failures: Int, key: String, base: Duration, ceiling: Duration) -> Duration {
        let doublings = min(max(failures, 1) - 1, 30)
        let whole = min(base.milliseconds.saturatingMultiply(1 << Int64(doublings)), ceiling.milliseconds)
        let half = whole / 2
        let part = half > 0 ? Int64(StableHash.of("\(key)#\(failures)") % UInt64(half + 1)) : 0
        return .milliseconds(whole - part)
    }
}

enum StableHash {
    /// FNV-1a over the text's UTF-8, 64 bits, with a final mix: the same in every process, unlike `Hasher`.
    static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash ^= UInt64(byte)
            hash = hash &* 0x100_0000_01b3
        }
        hash ^= hash >> 32
        hash = hash &* 0x9e37_79b9_7f4a_7c15
        return hash ^ (hash >> 29)
    }
}

extension Int64 {
    func saturatingMultiply(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
