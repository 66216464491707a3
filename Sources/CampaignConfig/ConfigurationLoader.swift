// Files → configuration, or everything that is wrong with them. Begin at `load`, which stands in the order of the work:
// every file to a tree, names of all files, settings of the main file, campaigns, then what holds between campaigns. Of a
// large file the campaigns come in pieces, each of which is a tree only while it is made use of; see CampaignParts.swift.
//
// Pure: bytes come in, zones are looked up through a function, and time is the `now` that was given.

package import Chronology
package import SchedulerCore

/// What is odd about a secret; nothing of it is repeated.
package struct SecretWarning: Equatable, Sendable {
    package var code: ConfigurationFault.Code
    package var found: String
    package var remedy: String

    package init(_ code: ConfigurationFault.Code, _ found: String, remedy: String) {
        self.code = code
        self.found = found
        self.remedy = remedy
    }
}

package typealias SecretWarningSource = @Sendable (SecretSource) -> SecretWarning?

package struct ConfigurationLoader {
    /// The tables of the main file. `campaigns.d` may hold those of `sharedKeys`.
    private static let mainKeys = [
        "timezone", "daemon", "platform", "guardrails", "polling", "limits", "defaults", "blackout", "notify",
        "dataflow", "audience", "calendar", "campaign",
    ]
    private static let sharedKeys = ["campaign", "audience", "dataflow", "calendar"]

    private let zones: ZoneSource
    private let calendarFile: CalendarFileSource
    private let now: Instant
    private let each: EachPart
    /// Bytes of all files together from which on even small ones are read in pieces.
    package var largeLength = 1 << 20
    /// Looks at the secrets themselves, for whoever can: what is odd about one is a warning.
    package var secretWarning: SecretWarningSource = { _ in nil }

    /// - Parameters:
    ///   - calendarFile: The contents of the files that calendars name.
    ///   - now: What "has passed" and "never comes" are measured against.
    ///   - each: Reads the parts of a large configuration; one after another where nothing else is given.
    package init(
        zones: @escaping ZoneSource, calendarFile: @escaping CalendarFileSource, now: Instant,
        each: @escaping EachPart = { count, body in (0..<count).forEach(body) }
    ) {
        self.zones = zones
        self.calendarFile = calendarFile
        self.now = now
        self.each = each
    }

    /// Reads and checks everything.
    ///
    /// - Parameters:
    ///   - files: `activationd.toml` first, then those of `campaigns.d`, in byte order of their names.
    ///   - kept: What the load before left, whatever its files were. It changes nothing but the time that this one takes.
    /// - Throws: Every fault of every file at once. The caller keeps what runs and shows them.
    package func load(
        _ files: [SourceFile], after kept: KeptCampaigns = .none
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        let files = files.isEmpty ? [SourceFile(path: "activationd.toml", bytes: [])] : files
        var broken: [Int: TOMLReader.Failure] = [:]
        while true {
            let findings = Findings(files: files, secretWarning: secretWarning)
            // What a file said before it turned out to be no TOML counts for nothing: once more without it.
            guard let loaded = read(files, kept, &broken, findings) else { continue }
            let (faults, warnings) = findings.report()
            if var faults {
                faults.warnings = warnings
                throw faults
            }
            return LoadedConfiguration(configuration: loaded.configuration, warnings: warnings, kept: loaded.kept)
        }
    }

    /// A file as far as it was read at once.
    private struct OpenFile {
        var section: Section
        var pieces: [TOMLPiece]
    }

    /// Without faults this is the configuration; with faults it is not used.
    ///
    /// - Parameter broken: Files that are no TOML. Those that turn out to be are added.
    /// - Returns: Nil where some were added.
    private func read(
        _ files: [SourceFile], _ kept: KeptCampaigns, _ broken: inout [Int: TOMLReader.Failure], _ findings: Findings
    ) -> (configuration: Configuration, kept: KeptCampaigns)? {
        let isLarge = files.reduce(0) { $0 + $1.bytes.count } >= largeLength
        let opened = files.indices.map { index in open(files[index], index, broken[index], isLarge, findings) }
        var names = KnownNames()
        for file in opened.compactMap(\.self) { NameReader(findings: findings).read(file.section, into: &names) }
        let calendars = Calendars(findings: findings, now: now)
        let calendarReader = CalendarReader(findings: findings, calendars: calendars, file: calendarFile)
        for file in opened.compactMap(\.self) { calendarReader.read(file.section) }

        var configuration = Configuration(
            platform: .init(organization: "", sandbox: "", clientID: "", clientSecret: .credential("")))
        configuration.files = files.map(\.path)
        configuration.digest = Digest.text(of: files + calendars.files)
        configuration.dataflowNames = names.dataflowNames
        configuration.audienceNames = names.audienceNames
        // A main file that is no TOML has one fault, not one more for each key that could not be seen.
        guard let main = opened[0]?.section else { return (configuration, .none) }
        let keptZones = kept.zones(beside: zones)
        let zones = keptZones ?? zones
        let settings = readMain(main, zones, calendars, into: &configuration, findings)
        let surroundings = Surroundings(
            names: names, defaults: settings.defaults, sandbox: configuration.platform.sandbox, zone: settings.zone,
            calendars: calendars.table)
        let usable = keptZones == nil ? nil : kept.lookup(in: surroundings)
        let parts = CampaignParts(
            files: files, surroundings: surroundings, zones: zones, now: now, kept: usable
        ).read(units(of: opened), each: each)
        let known = broken.count
        for part in parts { broken.merge(part.broken) { first, _ in first } }
        guard broken.count == known else { return nil }
        let drafts = Drafts(parts, findings: findings)
        for part in parts { calendars.take(users: part.calendarUsers) }
        configuration.campaigns = drafts.checked(now: now, audienceNames: configuration.audienceNames)
        calendars.reportUse()
        return (configuration, KeptCampaigns(parts, surroundings, files: files, after: usable?.all))
    }

    /// Campaigns in the order of the files; those of a file that are not in its pieces come first.
    private func units(of files: [OpenFile?]) -> [CampaignUnit] {
        files.enumerated().flatMap { index, file -> [CampaignUnit] in
            guard let file else { return [] }
            return [.entries(file.section.named("campaign"))] + file.pieces.map { .piece($0, file: index) }
        }
    }

    private func open(
        _ file: SourceFile, _ index: Int, _ failure: TOMLReader.Failure?, _ isLarge: Bool, _ findings: Findings
    ) -> OpenFile? {
        do throws(TOMLReader.Failure) {
            if let failure { throw failure }
            let document = try TOMLReader(file: index).open(
                file.bytes, table: "campaign", threshold: isLarge ? 0 : TOMLReader.splitThreshold)
            return OpenFile(section: section(document.entries, index, findings), pieces: document.pieces)
        } catch {
            findings.error(
                error.code, at: Place(file: index, line: error.line, column: error.column), error.found,
                accepted: error.accepted, remedy: error.remedy)
            return nil
        }
    }

    private func section(_ entries: [TOMLEntry], _ index: Int, _ findings: Findings) -> Section {
        let start = Place(file: index, line: 1, column: 1)
        guard index > 0 else {
            return Section(entries, title: "the main file", place: start, keys: Self.mainKeys, findings: findings)
        }
        let misplaced = entries.filter { Self.mainKeys.contains($0.key) && !Self.sharedKeys.contains($0.key) }
        for entry in misplaced {
            findings.error(
                .misplacedKey, at: entry.keyPlace, "\(entry.key) belongs in the main file",
                accepted: "[campaign.NAME], [audience], [dataflow] and [calendar.NAME] in campaigns.d",
                remedy: "Move it to activationd.toml.")
        }
        let rest = entries.filter { entry in !misplaced.contains { $0.key == entry.key } }
        return Section(rest, title: "a file of campaigns.d", place: start, keys: Self.sharedKeys, findings: findings)
    }

    // MARK: The main file

    private struct MainSettings {
        var defaults: CampaignDefaults
        var zone: Zone
    }

    private func readMain(
        _ main: Section, _ zones: @escaping ZoneSource, _ calendars: Calendars, into configuration: inout Configuration,
        _ findings: Findings
    ) -> MainSettings {
        let rules = DayRulesReader(findings: findings, calendars: calendars)
        let schedules = ScheduleReader(findings: findings, zones: zones, now: now)
        let zone = schedules.zone(main) ?? .utc
        let reader = SettingsReader(findings: findings, main: main)
        configuration.platform = PlatformReader(findings: findings, start: main.place).read(main)
        reader.readDaemon(into: &configuration)
        reader.readGuardrails(into: &configuration.guardrails)
        reader.readPolling(into: &configuration.polling)
        reader.readLimits(into: &configuration.limits)
        configuration.blackouts = BlackoutReader(
            findings: findings, main: main, zone: zone, schedules: schedules, calendars: calendars
        ).read()
        configuration.notifications = NotificationReader(findings: findings, main: main).read()
        return MainSettings(defaults: reader.readDefaults(rules), zone: zone)
    }
}

/// The campaigns of all files.
private struct Drafts {
    private let findings: Findings
    /// In the order of reading, each name once.
    private var drafts: [DraftCampaign] = []
    private var places: [CampaignName: Int] = [:]

    init(_ parts: [CampaignPart], findings: Findings) {
        self.findings = findings
        let count = parts.reduce(0) { $0 + $1.drafts.count }
        drafts.reserveCapacity(count)
        places.reserveCapacity(count)
        for part in parts {
            findings.take(part.findings)
            for draft in part.drafts { add(draft) }
        }
    }

    private mutating func add(_ draft: DraftCampaign) {
        let name = draft.campaign.name
        guard let first = places.updateValue(drafts.count, forKey: name) else {
            drafts.append(draft)
            return
        }
        places[name] = first
        findings.error(
            .duplicateName, at: draft.place,
            "campaign \(name.text.quoted) is also defined at \(findings.name(drafts[first].place))",
            remedy: "Rename one of them, or remove it.")
    }

    /// After what holds between campaigns was looked at.
    func checked(now: Instant, audienceNames: [AudienceID: String]) -> [CampaignName: Campaign] {
        CampaignGraph(findings: findings, drafts: drafts, places: places).check()
        SandboxCheck(findings: findings).check(drafts)
        CollisionCheck(findings: findings, now: now, audienceNames: audienceNames).check(drafts)
        return places.mapValues { drafts[$0].campaign }
    }
}
