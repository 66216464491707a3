import Chronology
import SchedulerCore

@testable import CampaignConfig

/// A faultless main file, and ways to load changes of it.
enum Sample {
    /// 2026-11-24T00:00:00Z.
    static let now = Instant(seconds: 1_795_478_400)

    static let main = """
        timezone = "Europe/Stockholm"
        [platform]
        organization = "5555467B5D8013E50A494220@AdobeOrg"
        sandbox = "prod"
        [platform.credentials]
        client_id = "0123456789abcdef"
        client_secret = { credential = "adobe-client-secret" }
        [dataflow]
        crm-sftp = "ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb"
        loyalty = { id = "b0780cb5-2bb7-4409-bf2c-c625ca818588", sandbox = "prod" }
        [audience]
        vip = "db8961e9-d52f-45bc-b3fb-76d0382a6851"
        lapsed = "7f04b2a6-5f7e-4e7f-9b3a-6d3c4e2a1b5c"

        """

    static let activate = "activate = [{ dataflow = \"crm-sftp\", audiences = [\"vip\"] }]"

    static func zone(_ name: String) -> Zone? {
        switch name {
        case "UTC": .utc
        case "Europe/Stockholm": stockholm
        default: nil
        }
    }

    /// 2026-12-25 and 2026-12-26 under `holidays.ics`, and faults of all kinds under other names.
    static func calendarFile(_ path: String) -> Result<[UInt8], ConfigurationFault> {
        switch path {
        case "holidays.ics": .success(Array(holidays.utf8))
        case "empty.ics": .success(Array("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n".utf8))
        case "nonsense.ics": .success(Array("<html>\n".utf8))
        default:
            .failure(
                .init(code: .fileUnreadable, file: path, found: "the file can not be opened", remedy: "Check the path.")
            )
        }
    }

    static let holidays = """
        BEGIN:VCALENDAR\r
        VERSION:2.0\r
        BEGIN:VEVENT\r
        UID:1\r
        DTSTART;VALUE=DATE:20261225\r
        DTEND;VALUE=DATE:20261227\r
        END:VEVENT\r
        END:VCALENDAR\r

        """

    static func load(_ files: [SourceFile]) throws(ConfigurationFaults) -> LoadedConfiguration {
        try ConfigurationLoader(zones: zone, calendarFile: calendarFile, now: now).load(files)
    }

    /// The main file with `spring.toml` beside it.
    static func load(campaigns: String) throws(ConfigurationFaults) -> LoadedConfiguration {
        try load([
            SourceFile(path: "activationd.toml", bytes: Array(main.utf8)),
            SourceFile(path: "campaigns.d/spring.toml", bytes: Array(campaigns.utf8)),
        ])
    }

    /// The main file with more of its own at the end.
    static func load(settings: String) throws(ConfigurationFaults) -> LoadedConfiguration {
        try load([SourceFile(path: "activationd.toml", bytes: Array((main + settings).utf8))])
    }

    /// What was wrong; nil when nothing was.
    static func faults(
        _ load: () throws(ConfigurationFaults) -> LoadedConfiguration
    ) -> ConfigurationFaults? {
        do throws(ConfigurationFaults) {
            _ = try load()
            return nil
        } catch {
            return error
        }
    }

    static func codes(campaigns: String) -> [ConfigurationFault.Code] {
        faults { () throws(ConfigurationFaults) in try load(campaigns: campaigns) }?.faults.map(\.code) ?? []
    }

    static func codes(settings: String) -> [ConfigurationFault.Code] {
        faults { () throws(ConfigurationFaults) in try load(settings: settings) }?.faults.map(\.code) ?? []
    }
}
/// Central European rules.
private let stockholm = Sample.zone("Europe/Stockholm", footer: "CET-1CEST,M3.5.0,M10.5.0/3")

extension Sample {
    /// A zone file of nothing but a footer, so that no test depends on the host's zones.
    static func zone(_ name: String, footer: String) -> Zone? {
        let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
        let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts
        let types: [UInt8] = [0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8)
        return try? Zone(name: name, tzif: header + types + header + types + Array("\n\(footer)\n".utf8))
    }
}
