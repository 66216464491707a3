// Everything that the runtime needs of the world: clocks, one timer, and somebody who performs effects. The shell gives
// the real one; simulations give another, and run the same runtime.

package import Chronology
package import Journal
package import SchedulerCore

/// All calls come from the queue that owns the runtime, and return at once: what takes time is answered by an event that
/// is posted later.
package protocol Environment: AnyObject {
    /// One reading of both clocks.
    func now() -> Moment

    /// Arms the one timer, in place of what it was armed for. It posts `woke`. An early or an extra one does no harm. Nil:
    /// nothing waits for time.
    func arm(_ wake: Wake?, at now: Moment)

    /// Performs an effect whose records are on disk. Answers come as events, also when it fails.
    func perform(_ effect: Effect)

    /// Tells people of a step that was committed: log, metrics, status. Decides nothing. What a record is about is held
    /// `before`, or `after`, or both.
    func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment)

    /// The journal can not take records now. Nothing is decided or sent until it can; `nil` when it can again.
    func journalTrouble(_ error: JournalError?)

    /// Something was refused or left undone, and the journal is as it was; the process goes on. `what` says what, without a
    /// full stop.
    func journalRefused(_ what: String, _ error: JournalError)

    /// The journal can not be trusted any more: the process must end. A restart is the cure.
    func journalLost(_ error: JournalError)
}

extension Environment {
    /// A virtual world's journal has room for everything.
    package func journalRefused(_ what: String, _ error: JournalError) {}
}
