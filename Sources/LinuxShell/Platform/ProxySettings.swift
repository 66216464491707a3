// The proxy that the environment names: `HTTPS_PROXY` and `NO_PROXY`, in either case. The HTTP client reads neither by
// itself. Plain HTTP goes to loopback only, which is never asked for through a proxy, so `HTTP_PROXY` has no meaning.
//
// A proxy that can not be understood is a fault. Nothing is connected then: to go round a proxy in silence would be to
// leave by a way that somebody has closed.

internal import AsyncHTTPClient
internal import Foundation

/// How an origin is reached.
enum ProxyWay: Equatable, Sendable {
    case direct
    /// By CONNECT, at a proxy on the network.
    case server(HTTPClient.Configuration.Proxy)
    /// By CONNECT, at a proxy that listens on a socket in the file system.
    case socket(path: String)
}

/// Why the proxy of the environment can not be used. Shows no part of it that can be a password.
package struct ProxyFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Stable from release to release.
    package static let code = "bad-proxy"

    /// As the environment spells it.
    package var variable: String
    package var found: String

    package var description: String {
        "\(variable) \(found); accepted: http://[user:password@]host[:port], or unix:/path of a socket. "
            + "Correct it and restart; until then nothing is connected. [\(Self.code)]"
    }
}

struct ProxySettings: Sendable {
    /// Where a proxy's address has no port: what proxies listen on by custom.
    private static let port = 3128
    /// What the kernel's `sun_path` holds, without its closing zero.
    private static let pathBytes = 107

    private let variable: String
    private let proxy: String?
    private let exceptions: [String]

    init(_ environment: [String: String]) {
        func variable(_ name: String) -> (name: String, value: String)? {
            for name in [name.lowercased(), name.uppercased()] {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        let https = variable("https_proxy")
        (self.variable, proxy) = (https?.name ?? "HTTPS_PROXY", https?.value)
        exceptions = (variable("no_proxy")?.value ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
    }

    /// The way to an origin, `https://host[:port]`. Loopback and plain HTTP are reached directly.
    func way(to origin: String) throws(ProxyFault) -> ProxyWay {
        guard let proxy, let url = URLComponents(string: origin), url.scheme == "https",
            let host = url.host?.lowercased(),
            !isExcepted(host, url.port)
        else { return .direct }
        if proxy.lowercased().hasPrefix("unix:") { return try socket(proxy.dropFirst("unix:".count)) }
        return try server(proxy)
    }

    /// `/path` or `///path`: after the scheme, a URL may have the place of a host, which is empty here.
    private func socket(_ rest: Substring) throws(ProxyFault) -> ProxyWay {
        let path = rest.hasPrefix("//") ? rest.dropFirst(2) : rest
        guard path.hasPrefix("/"), !path.hasSuffix("/") else {
            throw fault("does not name a socket by its whole path")
        }
        guard path.utf8.count <= Self.pathBytes else {
            throw fault("names a socket by a path of more than \(Self.pathBytes) bytes")
        }
        return .socket(path: String(path))
    }

    private func server(_ text: String) throws(ProxyFault) -> ProxyWay {
        guard let url = URLComponents(string: text.contains("://") ? text : "http://" + text),
            let host = url.host, !host.isEmpty, (1...65_535).contains(url.port ?? Self.port)
        else { throw fault("is not the address of a proxy") }
        guard url.scheme?.lowercased() == "http" else {
            throw fault("asks for a kind of proxy that is not spoken")
        }
        let port = url.port ?? Self.port
        guard let user = url.user else { return .server(.server(host: host, port: port)) }
        return .server(
            .server(host: host, port: port, authorization: .basic(username: user, password: url.password ?? "")))
    }

    private func fault(_ found: String) -> ProxyFault {
        ProxyFault(variable: variable, found: found)
    }

    private func isExcepted(_ host: String, _ port: Int?) -> Bool {
        if ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host) { return true }
        return exceptions.contains { exception in
            if exception == "*" { return true }
            var name = exception[...]
            if let colon = exception.lastIndex(of: ":"), let wanted = Int(exception[exception.index(after: colon)...]) {
                guard wanted == port ?? 443 else { return false }
                name = exception[..<colon]
            }
            while name.hasPrefix("*") || name.hasPrefix(".") { name = name.dropFirst() }
            return !name.isEmpty && (host == name || host.hasSuffix("." + name))
        }
    }
}
