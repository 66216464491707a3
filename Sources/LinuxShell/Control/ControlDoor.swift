// Which sockets lead to the control desk, and what may be asked through each.

/// What a client may do, by the socket that it could open.
package enum ControlRights: String, Equatable, Sendable {
    /// Questions and orders.
    case all
    /// Questions only.
    case questions
}

/// A bound Unix socket on which clients come.
package struct ControlDoor: Equatable, Sendable {
    package var descriptor: Int32
    /// Where clients find it.
    package var path: String
    package var rights: ControlRights

    package init(descriptor: Int32, path: String, rights: ControlRights) {
        self.descriptor = descriptor
        self.path = path
        self.rights = rights
    }

    /// `FileDescriptorName=` of the socket units, and what each lets its clients do.
    ///
    /// - Returns: Nil for a name that is not known: such a socket is not served, since nobody said for what.
    package static func rights(named name: String) -> ControlRights? {
        switch name {
        case "control": .all
        case "status": .questions
        default: nil
        }
    }
}
