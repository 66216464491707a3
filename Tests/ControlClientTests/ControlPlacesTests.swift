import Testing

@testable import ControlClient

/// Goal: activationctl finds the daemon without being told where, and says what is closed to its user.
@Suite struct ControlPlacesTests {
    @Test func `a socket that is named is the only one that is tried`() {
        let places = ControlPlaces.all(socket: "/x.sock", instance: "acme", runtimeDirectory: "/run/activationd")
        #expect(places.map(\.path) == ["/x.sock"])
    }

    @Test func `the service itself uses its own socket`() {
        let places = ControlPlaces.all(socket: nil, instance: nil, runtimeDirectory: "/run/activationd@acme")
        #expect(places.map(\.path) == ["/run/activationd@acme/control.sock"])
    }

    @Test
    func `everybody else tries the sockets for groups first, and orders are never given where only questions are`() {
        let places = ControlPlaces.all(socket: nil, instance: nil, runtimeDirectory: nil)
        #expect(
            places.map(\.path) == [
                "/run/activationctl/control.sock", "/run/activationctl/status.sock", "/run/activationd/control.sock",
            ])
        #expect(places.map(\.isForQuestions) == [false, true, false])
        let instance = ControlPlaces.all(socket: nil, instance: "acme", runtimeDirectory: nil)
        #expect(
            instance.map(\.path) == [
                "/run/activationctl/acme/control.sock", "/run/activationctl/acme/status.sock",
                "/run/activationd@acme/control.sock",
            ])
    }

    @Test func `of several places that do not answer the last is told`() {
        let places = ["/nonexistent/a", "/nonexistent/b"].map { ControlPlace(path: $0, isForQuestions: false) }
        let error = #expect(throws: ControlError.self) {
            try ControlPlaces.request("GET", "/v1/health", body: nil, at: places, timeoutSeconds: 1, user: nil)
        }
        #expect(error?.kind == .unreachable && error?.message.contains("/nonexistent/b") == true)
    }
}
