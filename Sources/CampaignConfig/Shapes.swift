// The shapes that names, ids and addresses must have. Functions on text alone; the readers say what was wrong.

enum Shape {
    /// Letters of a campaign's name: it is used in commands, file names and log fields.
    static let nameLimit = 64
    /// Code points of a dataflow's or an audience's name.
    static let labelLimit = 128

    static let campaignNameRule = "a small letter or digit, then small letters, digits, \".\", \"_\" or \"-\", up to 64"
    static let labelRule = "1 to 128 letters without control characters, and not an id"
    static let sandboxRule = "small letters, digits and \"-\""

    static func isCampaignName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= nameLimit, isLowerOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLowerOrDigit($0) || ".-_".utf8.contains($0) }
    }

    static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.count <= labelLimit && !isUUID(text)
            && !text.unicodeScalars.contains(where: \.isUnsafeOnTerminal)
    }

    static func isSandbox(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 256, isLowerOrDigit(first) else { return false }
        return text.utf8.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// 8-4-4-4-12 hexadecimal digits.
    static func isUUID(_ text: String) -> Bool {
        guard text.utf8.count == 36 else { return false }
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(isHexadecimal) }
    }

    /// `<24 hex>@AdobeOrg`.
    static func isOrganization(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[1] == "AdobeOrg" && parts[0].utf8.count == 24
            && parts[0].utf8.allSatisfy(isHexadecimal)
    }

    /// A file name that systemd accepts for a credential.
    static func isCredentialName(_ text: String) -> Bool {
        let others = "._-".utf8
        return !text.isEmpty && text.utf8.count <= 255 && text != "." && text != ".."
            && text.utf8.allSatisfy { isLetterOrDigit($0) || others.contains($0) }
    }

    static func isVariableName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// What a header may carry: visible ASCII.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (0x41...0x5A).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
