// Configuration files: any bytes are a configuration, or faults that stand inside of the files and can be shown.

internal import CampaignConfig
internal import Chronology
internal import Reports
internal import SchedulerCore

enum TOMLSubject {
    /// Parts the main file from one of `campaigns.d`.
    static let divider = Array("# campaigns.d/more.toml\n".utf8)

    /// 2026-11-24T00:00:00Z.
    static let now = Instant(seconds: 1_795_478_400)

    /// One calendar that is there, and one that is none.
    private static func calendarFile(_ path: String) -> Result<[UInt8], ConfigurationFault> {
        switch path {
        case "a.ics":
            .success(
                Array(
                    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
                        .utf8))
        case "b.ics": .success([0xFF, 0x00])
        default: .failure(.init(code: .fileUnreadable, file: path, found: "there is no such file", remedy: ""))
        }
    }

    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        let files = files(of: bytes)
        var loader = ConfigurationLoader(zones: Zones.named, calendarFile: calendarFile, now: now)
        loader.largeLength = 0  // in pieces, as a large one
        let load = { (kept: KeptCampaigns) -> Result<LoadedConfiguration, ConfigurationFaults> in
            Result { () throws(ConfigurationFaults) in try loader.load(files, after: kept) }
        }
        let first = load(.none)
        switch (first, load((try? first.get().kept) ?? .none)) {
        case (.success(let loaded), .success(let again)): try judge(loaded, again, files)
        case (.failure(let faults), .failure(let again)):
            try require(again == faults, "the same files have other faults the second time")
            try judge(faults, files)
        default: throw BrokenRule("the same files are accepted only once")
        }
    }

    private static func files(of bytes: [UInt8]) -> [SourceFile] {
        guard let cut = bytes.firstRange(of: divider) else {
            return [SourceFile(path: "activationd.toml", bytes: bytes)]
        }
        return [
            SourceFile(path: "activationd.toml", bytes: Array(bytes[..<cut.lowerBound])),
            SourceFile(path: "campaigns.d/more.toml", bytes: Array(bytes[cut.upperBound...])),
        ]
    }

    // MARK: Faults

    private static func judge(_ faults: ConfigurationFaults, _ files: [SourceFile]) throws(BrokenRule) {
        try require(!faults.faults.isEmpty, "refused without a fault")
        try require(faults.faults.allSatisfy { $0.severity == .error }, "a warning among the faults")
        let most = ConfigurationFaults.faultLimit
        try require(faults.faults.count <= most && faults.warnings.count <= most, "more faults than are kept")
        try Shown.requireOneLine(faults.summary, "the summary")
        for fault in faults.faults + faults.warnings { try judge(fault, files) }
    }

    private static func judge(_ fault: ConfigurationFault, _ files: [SourceFile]) throws(BrokenRule) {
        guard let file = files.first(where: { $0.path == fault.file }) else {
            throw BrokenRule("a fault in a file that is not there: \(fault.sentence)")
        }
        try Shown.requireOneLine(fault.sentence, "a fault")
        for line in fault.description.split(separator: "\n") {
            try Shown.requireOneLine(String(line), "a fault's line")
        }
        try require(fault.sentence.utf8.count <= 20_000, "a fault of \(fault.sentence.utf8.count) bytes")
        try require(fault.length >= 1 && !fault.found.isEmpty, "a fault without length or words: \(fault.sentence)")
        if fault.line == 0 { return try require(fault.column == 0, "a column without a line: \(fault.sentence)") }
        try requireInside(fault, file)
    }

    private static func requireInside(_ fault: ConfigurationFault, _ file: SourceFile) throws(BrokenRule) {
        let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        try require((1...lines.count).contains(fault.line), "outside of \(lines.count) lines: \(fault.sentence)")
        // One more than there is: what is missing at the end of a line is missed there. What is not UTF-8 is counted in
        // pieces that are not ours to define.
        let length = lines[fault.line - 1].count { $0 & 0xC0 != 0x80 }
        let isText = String(validating: file.bytes, as: UTF8.self) != nil
        try require(
            fault.column >= 1 && (fault.column <= length + 1 || !isText),
            "outside of a line of \(length): \(fault.sentence)")
    }

    // MARK: Accepted

    private static func judge(
        _ loaded: LoadedConfiguration, _ again: LoadedConfiguration, _ files: [SourceFile]
    ) throws(BrokenRule) {
        let configuration = loaded.configuration
        try require(
            again.configuration == configuration && again.warnings == loaded.warnings,
            "the same files are another configuration the second time")
        for warning in loaded.warnings { try judge(warning, files) }
        try require(
            ConfigurationDifference(from: configuration, to: configuration).isEmpty,
            "a configuration differs from itself")
        for line in ConfigurationDifference(from: nil, to: configuration).lines {
            try Shown.requireOneLine(line, "a line of the difference")
        }
        for (name, campaign) in configuration.campaigns {
            try require(
                name == campaign.name && !campaign.pairs.isEmpty, "a campaign without pairs, or of another name")
            try Shown.requireOneLine(name.text, "a campaign's name")
        }
        try use(configuration)
    }

    /// Whatever was accepted can be run: the first times come, and are told.
    private static func use(_ configuration: Configuration) throws(BrokenRule) {
        var scheduler = Scheduler(configuration: configuration)
        var moment = Moment(wall: now, monotonic: Monotonic(milliseconds: 1_000_000))
        _ = scheduler.handle(.started(configuration), at: moment)
        for _ in 0..<3 {
            guard let delay = scheduler.wake.delay(from: moment) else { break }
            let next = max(delay, .milliseconds(1))
            moment = Moment(wall: moment.wall + next, monotonic: moment.monotonic + next)
            _ = scheduler.handle(.woke, at: moment)
        }
        _ = scheduler.campaignsReport(at: moment.wall)
        for name in configuration.campaigns.keys.sorted().prefix(3) {
            try require(
                scheduler.campaignReport(name, at: moment) != nil && scheduler.explainReport(name, at: moment) != nil,
                "a campaign that can not be told: \(name)")
        }
    }
}
