// Who gives an order: the kernel's word for the other end, and where that is hidden, the client's own.
//
// `PrivateUsers=` of the unit maps everybody but root and the daemon itself to one number, so what somebody may do is decided
// by the socket they could open, and the name is for the history.

internal import Dispatch
internal import Glibc
internal import NIOCore

/// The other end of a connection.
struct ControlPeer: Equatable, Sendable {
    /// What the kernel says for a user that does not exist in the daemon's user namespace (`kernel.overflowuid`).
    static let hiddenUID: UInt32 = 65_534

    var uid: UInt32
    /// Nil where the host does not know it, or took too long to say.
    var name: String?

    var isHidden: Bool { uid == Self.hiddenUID }
}

enum ActorName {
    /// Characters of a name that a client claims. Longer ones, and ones that are no names of users, are not repeated.
    static let claimLimit = 64

    /// As it stands in the history: `anna (uid 1000)`, `root (uid 0) for anna`, `anna (by the client's word, through …)`.
    ///
    /// - Parameter own: The daemon's own user. One that the host has no name for was made for this service (`DynamicUser=`), and
    ///   nobody else is it: what asks is `ExecReload=`.
    static func of(
        _ peer: ControlPeer?, claim: String?, door: ControlDoor, own: UInt32 = geteuid()
    ) -> String {
        let claim = claim.flatMap { isName($0) ? $0 : nil }
        guard let peer, !peer.isHidden else {
            return claim.map { "\($0) (by the client's word, through \(door.path))" }
                ?? "somebody (through \(door.path))"
        }
        let user = peer.uid == own ? "systemctl reload (uid \(peer.uid))" : "uid \(peer.uid)"
        let known = peer.name.map { "\($0) (uid \(peer.uid))" } ?? user
        guard let claim, claim != peer.name else { return known }
        return "\(known) for \(claim)"
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= claimLimit
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "._-@".utf8.contains(byte)
            }
    }
}

enum Peer {
    /// The layout of Linux's `struct ucred`.
    private struct Credential {
        var pid: Int32 = 0
        var uid: UInt32 = .max
        var gid: UInt32 = .max
    }

    /// Whether the daemon itself is at the other end.
    static func isThisProcess(_ channel: any Channel) -> EventLoopFuture<Bool> {
        credential(of: channel)?.map { $0.pid == getpid() }.recover { _ in false }
            ?? channel.eventLoop.makeSucceededFuture(false)
    }

    private static func credential(of channel: any Channel) -> EventLoopFuture<Credential>? {
        (channel as? any SocketOptionProvider)?.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }

    /// Nil where the kernel does not say.
    static func look(at channel: any Channel) -> EventLoopFuture<ControlPeer?> {
        guard let credential = credential(of: channel) else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        let loop = channel.eventLoop
        return credential.flatMap { named($0.uid, on: loop) }
    }

    private static let lookups = DispatchQueue(label: "names of users")

    /// By a thread of its own: names may come from a directory in the network, and the event loop serves everything else.
    private static func named(_ uid: UInt32, on loop: any EventLoop) -> EventLoopFuture<ControlPeer?> {
        let promise = loop.makePromise(of: ControlPeer?.self)
        let timer = loop.scheduleTask(in: ControlBounds.nameTime) {
            promise.succeed(ControlPeer(uid: uid, name: nil))
        }
        lookups.async { promise.succeed(ControlPeer(uid: uid, name: userName(uid))) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    private static func userName(_ uid: UInt32) -> String? {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 4096)
        var result: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &result) == 0, result != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}
