// Whether a file system can hold a journal: it must keep locks and syncs, and best outlive a reboot.

/// What the number that `statfs` gives for a file system means for a journal.
enum FilesystemKind: Equatable, Sendable {
    case suitable
    /// Works, with something that the admin should know.
    case doubtful(String)
    /// Over a network SQLite's write-ahead log does not work, and syncs and locks are promises of others.
    case network(String)

    /// - Source: linux/magic.h, and statfs(2) for those that are not in it.
    static func of(magic: UInt32) -> FilesystemKind {
        switch magic {
        case 0x0000_6969: .network("NFS")
        case 0x0000_517B, 0xFE53_4D42, 0xFF53_4D42: .network("SMB")
        case 0x0102_1997: .network("9p")
        case 0x5346_414F, 0x6B41_4653: .network("AFS")
        case 0x00C3_6400: .network("Ceph")
        case 0x7375_7245: .network("Coda")
        case 0x0000_564C: .network("NCP")
        case 0x0BD0_0BD0: .network("Lustre")
        case 0x6573_5546: .doubtful("it is a FUSE file system: make sure that it is local and keeps fsync and flock")
        case 0x0102_1994, 0x8584_58F6: .doubtful("it is in memory: what was sent is forgotten at the next boot")
        default: .suitable
        }
    }
}
