// Faults of the configuration in the log: one entry for each, its lines kept together, with its place as fields.

package import CampaignConfig
package import Logging

package struct FaultLog: Sendable {
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    /// Every fault and every warning of a configuration that is not taken into use.
    package func tell(_ faults: ConfigurationFaults) {
        for fault in faults.faults + faults.warnings { tell(fault) }
    }

    package func tell(_ fault: ConfigurationFault) {
        var fields: Logger.Metadata = [
            "event": "configuration-fault", "fault_code": "\(fault.code.rawValue)", "config_file": "\(fault.file)",
        ]
        if fault.line > 0 {
            fields["config_line"] = "\(fault.line)"
            fields["config_column"] = "\(fault.column)"
        }
        switch fault.severity {
        case .warning:
            fields["event"] = "configuration-warning"
            logger.warning("\(fault)", metadata: fields)
        case .error:
            fields["\(MessageID.key)"] = "\(MessageID.configurationFault.rawValue)"
            logger.error("\(fault)", metadata: fields)
        }
    }
}
