// What the loader takes in and gives back when all is well. Begin at `ConfigurationLoader.load`.

package import SchedulerCore

/// A configuration file as it was read: the path as people are to see it, and all its bytes.
package struct SourceFile: Sendable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// Gives the bytes of a file that a calendar names, or says why it can not be had. The path is as it was written: absolute, or
/// relative to the folder of the main file.
///
/// The fault is shown at the key that names the file, so that its own place does not matter.
package typealias CalendarFileSource = (String) -> Result<[UInt8], ConfigurationFault>

/// A configuration without faults, and what its writer may still want to know.
package struct LoadedConfiguration: Sendable {
    package var configuration: Configuration
    /// In the order of files and lines. They do not stop a start.
    package var warnings: [ConfigurationFault]
    /// For the next load of the same process.
    package var kept: KeptCampaigns

    package init(
        configuration: Configuration, warnings: [ConfigurationFault] = [], kept: KeptCampaigns = .none
    ) {
        self.configuration = configuration
        self.warnings = warnings
        self.kept = kept
    }
}
