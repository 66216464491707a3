// The URLs and addresses that a configuration may hold, taken apart just far enough to judge them (RFC 3986).

/// A URL: `https` anywhere, `http` on loopback only, since the token would travel in the clear.
struct WebAddress: Equatable {
    enum Problem: Error, Equatable {
        case notURL, plainHTTP, userInfo, path, fragment

        var words: String {
            switch self {
            case .notURL: "is not a URL"
            case .plainHTTP: "would send secrets in the clear"
            case .userInfo: "holds a user name or password"
            case .path: "has a path or a query"
            case .fragment: "has a fragment"
            }
        }
    }

    var scheme: String
    var host: String
    var port: Int?
    /// Path and query, "" or from "/".
    var target: String

    init(_ text: String, allowsTarget: Bool) throws(Problem) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }),
            let separator = text.firstRange(of: "://")
        else { throw .notURL }
        guard !text.contains("#") else { throw .fragment }
        scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard !rest[..<end].contains("@") else { throw .userInfo }
        guard scheme == "https" || scheme == "http", let authority = Authority(rest[..<end]) else { throw .notURL }
        (host, port) = (authority.host, authority.port)
        target = String(rest[end...])
        guard scheme == "https" || authority.isLoopback else { throw .plainHTTP }
        guard allowsTarget || target.isEmpty || target == "/" else { throw .path }
    }

    /// Scheme, host and port, without a closing "/".
    var origin: String { "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")" }
}

/// `host` or `host:port`, an IPv6 address in brackets.
struct Authority: Equatable {
    var host: String
    var port: Int?

    init?(_ text: some StringProtocol) {
        let close = text.first == "[" ? text.firstIndex(of: "]") : nil
        if text.first == "[" && close == nil { return nil }
        let hostEnd = close.map { text.index(after: $0) } ?? text.firstIndex(of: ":") ?? text.endIndex
        host = text[..<hostEnd].lowercased()
        let rest = text[hostEnd...]
        if !rest.isEmpty {
            guard rest.first == ":", rest.count <= 6, rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(rest.dropFirst()), (1...65_535).contains(number)
            else { return nil }
            port = number
        }
        guard close == nil ? Self.isName(host) : Self.isBracketed(host) else { return nil }
    }

    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { Shape.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isBracketed(_ host: String) -> Bool {
        let inner = host.dropFirst().dropLast()
        return inner.count >= 2 && inner.count <= 45 && inner.contains(":")
            && inner.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
}
