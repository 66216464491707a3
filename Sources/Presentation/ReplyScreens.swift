// What became of an order, of a reload, of a check.

package import ControlProtocol

extension Screen {
    package func lines(_ done: DoneDocument) -> [String] {
        wrapped(safe(done.message))
    }

    package func lines(_ reload: ReloadDocument) -> [String] {
        let head =
            "reloaded: configuration \(reload.generation) (\(counted(reload.campaigns, "campaign")), "
            + "\(counted(reload.files, "file")))"
        let isSame =
            reload.added.isEmpty && reload.changed.isEmpty && reload.removed.isEmpty && reload.changedSettings.isEmpty
        return [head] + reload.lines.map(safe) + (isSame ? ["  nothing has changed"] : []) + faults(reload.warnings)
    }

    /// A refusal, with the faults of a configuration where it was about one.
    package func lines(_ error: ErrorDocument) -> [String] {
        faults(error.error.faults ?? []) + wrapped(safe(error.error.message))
    }

    package func lines(_ check: CheckDocument) -> [String] {
        let tally =
            "\(counted(check.faults.count + check.omitted, "fault")), \(counted(check.warnings.count, "warning")) in "
            + "\(counted(check.files, "file"))."
        let end = check.faults.isEmpty ? " \(counted(check.campaigns, "campaign"))." : ""
        return faults(check.faults) + faults(check.warnings) + [tally + end]
    }

    /// Each with the line of the file and a caret.
    private func faults(_ faults: [FaultDocument]) -> [String] {
        faults.flatMap { fault in
            fault.text.split(separator: "\n", omittingEmptySubsequences: false).map { safe(String($0)) } + [""]
        }
    }
}
