// `activationctl plan --diff`: which coming occurrences an edited configuration would add, remove, move or change.

package import ControlProtocol

extension Screen {
    package func lines(_ difference: PlanDifferenceDocument) -> [String] {
        let stay =
            "\(counted(difference.unchanged, "occurrence")) stay\(difference.unchanged == 1 ? "s" : "") as planned."
        guard !difference.changes.isEmpty else {
            return wrapped("Nothing that is planned would change. \(stay)") + cut(difference)
                + warnings(difference.warnings)
        }
        let rows = difference.changes.map { change -> [String] in
            let before = change.before.map { time($0, change.zone) }
            let after = change.after.map { time($0, change.zone) }
            let times: String =
                switch (before, after) {
                case (let before?, let after?): before == after ? before : "\(before) -> \(after)"
                default: before ?? after ?? ""
                }
            return [mark(change.kind), safe(change.campaign), times, safe(change.detail)]
        }
        return table(rows, indent: 2) + [stay] + cut(difference) + warnings(difference.warnings)
    }

    private func mark(_ kind: String) -> String {
        switch kind {
        case "added": "+"
        case "removed": "-"
        case "moved", "changed": "~"
        default: "?"
        }
    }

    private func cut(_ difference: PlanDifferenceDocument) -> [String] {
        difference.cut.map { wrapped("Only the beginning is compared: \($0.sentence).") } ?? []
    }
}
