import Chronology
import ControlProtocol
import FoundationEssentials
import SchedulerCore

@testable import Planning

func instant(_ text: String) -> Instant {
    Instant(rfc3339: text) ?? Instant(milliseconds: 0)
}

/// From this host's zone files.
func zone(_ name: String) throws -> Zone {
    let data = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
    return try Zone(name: name, tzif: Array(data))
}

func calendar(_ text: String, in zone: Zone = .utc) throws -> Trigger {
    .timetable(try calendarTimetable(text, in: zone))
}

func calendarTimetable(_ text: String, in zone: Zone) throws -> Timetable {
    Timetable(schedule: .calendar(try CalendarExpression(parsing: text)), zone: zone, text: text)
}

func campaign(
    _ name: CampaignName, _ trigger: Trigger, _ pairs: [Pair] = [Pair(dataflow: "crm", audience: "vip")],
    _ change: (inout Campaign) -> Void = { _ in }
) -> Campaign {
    var campaign = Campaign(name: name, sandbox: "prod", trigger: trigger, pairs: pairs)
    if case .timetable(let timetable) = trigger { campaign.zone = timetable.zone }
    change(&campaign)
    return campaign
}

func configuration(
    _ campaigns: [Campaign], _ change: (inout Configuration) -> Void = { _ in }
) -> Configuration {
    var configuration = Configuration(
        platform: PlatformSettings(
            organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
    for campaign in campaigns { configuration.campaigns[campaign.name] = campaign }
    change(&configuration)
    return configuration
}

/// Every day from two in the morning UTC: usually 40 minutes, at the latest 70.
let nightly: [SandboxName: ExportHabit] = [
    "prod": ExportHabit(
        spans: [
            ExportHabit.Span(
                start: .seconds(7200), usualLength: .seconds(2400), latestLength: .seconds(4200), count: 30)
        ], count: 30)
]

func plan(
    _ campaigns: [Campaign], from: String = "2026-11-23T00:00:00Z", days: Int = 7,
    habits: [SandboxName: ExportHabit] = [:], pauses: [Pause] = [], _ change: (inout Configuration) -> Void = { _ in }
) -> Plan {
    var planner = Planner(
        of: configuration(campaigns, change), from: instant(from), days: days, habits: habits, pauses: pauses)
    return planner.run()
}

extension Plan {
    func of(_ name: CampaignName) -> [PlannedOccurrence] { occurrences.filter { $0.campaign == name } }

    var warningCodes: [String] { document(at: now).warnings.map(\.code) }
}
