// The files that calendars name under `file`, read as carefully as those of the configuration itself. Begin at `read`.

package import CampaignConfig
internal import Chronology

/// Reads each file once. Make a new one for each load of the configuration, so that a file that was changed is seen.
package final class CalendarFiles {
    /// Bytes of one file.
    package static let byteLimit = CalendarFile.byteLimit
    /// Bytes of all of them.
    package static let totalByteLimit = 64 * 1024 * 1024

    private let folder: String
    private var total = 0
    private var known: [String: Result<[UInt8], ConfigurationFault>] = [:]

    /// - Parameter main: The main file; paths that do not begin with `/` are beside it.
    package init(main: String) {
        folder = main.lastIndex(of: "/").map { String(main[...$0]) } ?? ""
    }

    /// The contents of a regular file, or why they can not be had: for the loader, which shows it at the key.
    package func read(_ path: String) -> Result<[UInt8], ConfigurationFault> {
        let whole = path.utf8.first == UInt8(ascii: "/") ? path : folder + path
        if let known = known[whole] { return known }
        let result = load(whole)
        known[whole] = result
        return result
    }

    private func load(_ path: String) -> Result<[UInt8], ConfigurationFault> {
        do throws(ConfigurationFault) {
            let bytes = try ConfigurationFiles().read(path, atMost: min(Self.byteLimit, Self.totalByteLimit - total))
            total += bytes.count
            return .success(bytes)
        } catch {
            var fault = error
            switch fault.code {
            case .fileTooLarge:
                fault.accepted =
                    "up to \(Self.byteLimit) bytes, and \(Self.totalByteLimit) in the files of all calendars"
                fault.remedy = "Remove what is long past."
            case .notARegularFile: fault.remedy = "Name an .ics file."
            default: fault.remedy = "Check the path, which is absolute or beside the main file, and its permissions."
            }
            return .failure(fault)
        }
    }
}
