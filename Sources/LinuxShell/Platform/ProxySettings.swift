// Proxies as the environment names them: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case. The HTTP client reads
// none of these by itself.

internal import AsyncHTTPClient
internal import Foundation

struct ProxySettings: Sendable {
    private let https: String?
    private let http: String?
    private let exceptions: [String]

    init(_ environment: [String: String]) {
        func value(_ name: String) -> String? {
            [environment[name.lowercased()], environment[name.uppercased()]].compactMap { $0 }.first { !$0.isEmpty }
        }
        https = value("https_proxy")
        http = value("http_proxy")
        exceptions = (value("no_proxy") ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
    }

    /// The proxy for an origin (`https://host[:port]`), or nil to connect directly. Loopback is never proxied.
    func proxy(for origin: String) -> HTTPClient.Configuration.Proxy? {
        guard let url = URLComponents(string: origin), let host = url.host?.lowercased() else { return nil }
        guard let text = url.scheme == "https" ? https : http, !isExcepted(host, url.port) else { return nil }
        guard let proxy = URLComponents(string: text.contains("://") ? text : "http://" + text),
            let proxyHost = proxy.host, !proxyHost.isEmpty
        else { return nil }
        let port = proxy.port ?? 3128
        if let user = proxy.user {
            return .server(
                host: proxyHost, port: port,
                authorization: .basic(username: user, password: proxy.password ?? ""))
        }
        return .server(host: proxyHost, port: port)
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
