import AsyncHTTPClient
import Testing

@testable import LinuxShell

/// Goal: the way to an origin is the one that the environment names, or none.
@Suite struct ProxySettingsTests {
    private func way(_ environment: [String: String], _ origin: String = "https://platform.test") throws -> ProxyWay {
        try ProxySettings(environment).way(to: origin)
    }

    @Test(arguments: ["unix:/run/way/proxy.sock", "unix:///run/way/proxy.sock", "UNIX:/run/way/proxy.sock"])
    func `a proxy can be a socket in the file system`(value: String) throws {
        #expect(try way(["HTTPS_PROXY": value]) == .socket(path: "/run/way/proxy.sock"))
        #expect(try way(["https_proxy": value]) == .socket(path: "/run/way/proxy.sock"))
    }

    @Test func `a proxy on the network is a host, with a port or without`() throws {
        for value in ["http://proxy.test:3128/", "proxy.test:3128", "proxy.test", "HTTP://proxy.test"] {
            #expect(try way(["HTTPS_PROXY": value]) == .server(.server(host: "proxy.test", port: 3128)), "\(value)")
        }
        let known = HTTPClient.Configuration.Proxy.server(
            host: "proxy.test", port: 8080, authorization: .basic(username: "anna", password: "pass"))
        #expect(try way(["HTTPS_PROXY": "http://anna:pass@proxy.test:8080"]) == .server(known))
    }

    @Test(arguments: [
        "unix:", "unix:proxy.sock", "unix:/", "unix:/run/way/", "unix://run/way/proxy.sock", "unix:3128",
        "unix:/" + String(repeating: "x", count: 107), "http://", "http://:3128", "http://proxy.test:port",
        "http://proxy.test:0", "http://proxy.test:70000", "https://proxy.test:3128", "socks5://proxy.test", "a b", "%",
        "http://anna:pass@", "https://anna:pass@proxy.test", "http://anna:pass@proxy.test:port",
    ])
    func `a proxy that can not be understood is a fault, and never the direct way`(value: String) throws {
        let fault = try #require(throws: ProxyFault.self) { try way(["HTTPS_PROXY": value]) }
        #expect(fault.variable == "HTTPS_PROXY")
        #expect("\(fault)".hasPrefix("HTTPS_PROXY ") && "\(fault)".hasSuffix("[bad-proxy]"))
        #expect(!"\(fault)".contains("anna") && !"\(fault)".contains(":pass@"))
        let lower = try #require(throws: ProxyFault.self) { try way(["https_proxy": value]) }
        #expect(lower.variable == "https_proxy")
    }

    @Test func `loopback, plain HTTP and what NO_PROXY names are reached directly, whatever the proxy is`() throws {
        for proxy in ["unix:/run/way/proxy.sock", "http://proxy.test", "not a proxy"] {
            let environment = ["HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "other.example, .test"]
            for origin in [
                "https://localhost:8443", "https://127.0.0.1", "http://127.0.0.2:80", "https://platform.test",
            ] {
                #expect(try way(environment, origin) == .direct, "\(origin)")
            }
        }
        #expect(try way([:]) == .direct)
        #expect(try way(["HTTPS_PROXY": ""]) == .direct)
    }
}
