import Testing

@testable import LinuxShell

/// Goal: the history says who gave an order, by the kernel's word where there is one, and never lets a client forge that.
@Suite struct ControlPeerTests {
    private let door = ControlDoor(descriptor: -1, path: "/run/activationctl/control.sock", rights: .all)

    private func name(_ uid: UInt32?, _ known: String? = nil, claim: String? = nil) -> String {
        ActorName.of(uid.map { ControlPeer(uid: $0, name: known) }, claim: claim, door: door, own: 61_184)
    }

    @Test func `the kernel's word comes first`() {
        #expect(name(1000, "anna") == "anna (uid 1000)")
        #expect(name(1000, "anna", claim: "anna") == "anna (uid 1000)")
        #expect(name(1000) == "uid 1000")
    }

    @Test func `the service's own user without a name is what systemctl reload starts`() {
        #expect(name(61_184) == "systemctl reload (uid 61184)")
        #expect(name(61_184, "activationd") == "activationd (uid 61184)")
    }

    @Test func `who works as somebody else is named beside the kernel's word`() {
        #expect(name(0, "root", claim: "anna") == "root (uid 0) for anna")
    }

    @Test func `where the kernel hides users the client's word is marked as such`() {
        #expect(
            name(65_534, "nobody", claim: "anna")
                == "anna (by the client's word, through /run/activationctl/control.sock)")
        #expect(name(65_534, "nobody") == "somebody (through /run/activationctl/control.sock)")
        #expect(name(nil) == "somebody (through /run/activationctl/control.sock)")
    }

    @Test(arguments: ["anna (uid 0)", "a\nb", "", "root; x", "ann\u{e4}", String(repeating: "a", count: 65)])
    func `a claim that is no name of a user is not repeated`(_ claim: String) {
        #expect(name(1000, "bob", claim: claim) == "bob (uid 1000)")
        #expect(name(65_534, claim: claim) == "somebody (through /run/activationctl/control.sock)")
    }
}
