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

/// A configuration without faults, and what its writer may still want to know.
package struct LoadedConfiguration: Sendable {
    package var configuration: Configuration
    /// In the order of files and lines. They do not stop a start.
    package var warnings: [ConfigurationFault]

    package init(configuration: Configuration, warnings: [ConfigurationFault] = []) {
        self.configuration = configuration
        self.warnings = warnings
    }
}
