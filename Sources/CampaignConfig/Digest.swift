// A digest that tells two loads apart. Written out here, since `Hasher` differs in each process.

enum Digest {
    /// FNV-1a, 64 bits, over the path and bytes of every file, as 16 hexadecimal digits. Lengths are part of it, so that
    /// bytes can not wander between a path and its file unseen. It guards against mistakes, not against an adversary.
    ///
    /// - Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, "The FNV Non-Cryptographic Hash Algorithm".
    static func text(of files: [SourceFile]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for file in files {
            add(Array(file.path.utf8), to: &hash)
            add(file.bytes, to: &hash)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func add(_ bytes: [UInt8], to hash: inout UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { step(UInt8(truncatingIfNeeded: bytes.count >> shift), &hash) }
        bytes.withUnsafeBufferPointer { for byte in $0 { step(byte, &hash) } }
    }

    private static func step(_ byte: UInt8, _ hash: inout UInt64) {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
