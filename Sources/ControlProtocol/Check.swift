// `activationctl check`: what is wrong with configuration files. Made without the daemon.

package struct CheckDocument: Codable, Equatable, Sendable {
    package var faults: [FaultDocument]
    package var warnings: [FaultDocument]
    /// Faults beyond the limit of those that are kept.
    package var omitted: Int
    package var files: Int
    package var campaigns: Int

    package init(faults: [FaultDocument], warnings: [FaultDocument], omitted: Int, files: Int, campaigns: Int) {
        self.faults = faults
        self.warnings = warnings
        self.omitted = omitted
        self.files = files
        self.campaigns = campaigns
    }
}
