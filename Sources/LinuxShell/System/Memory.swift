// What a start, a reload and a delivery leave behind, given back: freed blocks that the allocator keeps (a configuration of
// thousands of campaigns leaves many times its size), and code that is not needed while nothing is due.

internal import CMemory

package enum Memory {
    /// Arenas beyond this many only spread the same memory over more threads. Call it before there are threads.
    package static func bound() {
        activationd_bound_arenas(2)
    }

    /// Costs a few milliseconds now, and some minor faults for the code that is needed next.
    package static func giveBack() {
        activationd_trim()
        activationd_forget_code()
    }
}
