// Sockets that systemd bound for us (socket activation): by their names, of the kind that we serve, and each once.

internal import CSystemd
internal import Glibc

package enum PassedSockets {
    /// What was passed, for the control server. Call it once, before anything else is opened: it takes `LISTEN_FDS` out of
    /// the environment.
    ///
    /// - Returns: The sockets, and in words which were not understood; those are closed.
    package static func take() -> (doors: [ControlDoor], warnings: [String]) {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &list)
        guard count > 0 else { return ([], []) }
        var doors: [ControlDoor] = []
        var warnings: [String] = []
        for index in 0..<Int(count) {
            let descriptor = SD_LISTEN_FDS_START + Int32(index)
            let name = list?[index].map { String(cString: $0) } ?? ""
            free(list?[index])
            if let rights = ControlDoor.rights(named: name), let path = path(of: descriptor) {
                doors.append(ControlDoor(descriptor: descriptor, path: path, rights: rights))
            } else {
                warnings.append(
                    "systemd passed a socket called \"\(LogText.escaped(name))\", which is not served; accepted: listening "
                        + "Unix stream sockets with FileDescriptorName=control or status")
                close(descriptor)
            }
        }
        free(list)
        return (doors, warnings)
    }

    /// Nil for anything but a listening stream socket with a path.
    private static func path(of descriptor: Int32) -> String? {
        guard sd_is_socket(descriptor, AF_UNIX, Int32(SOCK_STREAM.rawValue), 1) > 0 else { return nil }
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        let path = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix { $0 != 0 }) }
        // An abstract name has no mode: everybody could connect.
        return path.isEmpty ? nil : String(decoding: path, as: UTF8.self)
    }
}
