// What the C library's allocator keeps, given back: a configuration of thousands of campaigns leaves many times its size in
// freed blocks when it has been read.

internal import CLinux

package enum Memory {
    /// Arenas beyond this many only spread the same memory over more threads. Call it before there are threads.
    package static func bound() {
        mallopt(M_ARENA_MAX, 2)
    }

    /// Costs a millisecond or so.
    package static func giveBack() {
        malloc_trim(0)
    }
}
