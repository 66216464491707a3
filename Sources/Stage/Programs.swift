// Where the programs of this project are: beside the one that asks.

internal import Foundation

package enum Programs {
    /// The path of a program that was built together with this one.
    package static func path(_ name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let url = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw StageFailure("\(url.path) is missing; use make, which builds everything")
        }
        return url.path
    }
}
