// What campaigns are read with, beside their own sections. Equal surroundings make the same campaign of the same section.

internal import Chronology
internal import SchedulerCore

struct Surroundings: Sendable {
    var names: KnownNames
    var defaults: CampaignDefaults
    var sandbox: SandboxName
    /// The main file's.
    var zone: Zone
    var calendars: CalendarTable

    /// Whether a section means the same in both. Where things are written does not matter.
    func mean(theSameAs other: Surroundings) -> Bool {
        sandbox == other.sandbox && zone == other.zone && defaults == other.defaults
            && names.mean(theSameAs: other.names) && calendars.hold(theSameAs: other.calendars)
    }
}
