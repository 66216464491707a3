// Two plans compared: what a reload would change in what is expected to come.

/// What an edited configuration would change in a plan. Made by `activationctl plan --diff`.
package struct PlanDifferenceDocument: Codable, Equatable, Sendable {
    package struct Change: Codable, Equatable, Sendable {
        /// `added`, `removed`, `moved`, or `changed`: at the same time, with another outcome or other activations.
        package var kind: String
        package var campaign: String
        package var zone: String
        /// Nominal times.
        package var before: String?
        package var after: String?
        package var detail: String

        package init(
            kind: String, campaign: String, zone: String, before: String?, after: String?, detail: String
        ) {
            self.kind = kind
            self.campaign = campaign
            self.zone = zone
            self.before = before
            self.after = after
            self.detail = detail
        }
    }

    package var from: String
    package var until: String
    /// By campaign, then by time.
    package var changes: [Change]
    /// Occurrences that stay as they are.
    package var unchanged: Int
    /// Of the edited configuration, those that the present one does not have.
    package var warnings: [PlanWarningDocument]
    /// Where one of the plans had to end early: only what comes before is compared.
    package var cut: PlanCutDocument?

    package init(
        from: String, until: String, changes: [Change], unchanged: Int, warnings: [PlanWarningDocument],
        cut: PlanCutDocument?
    ) {
        self.from = from
        self.until = until
        self.changes = changes
        self.unchanged = unchanged
        self.warnings = warnings
        self.cut = cut
    }
}
