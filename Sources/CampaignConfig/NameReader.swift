// [dataflow] and [audience]: names for ids. Names may come from every file, and each once.

internal import SchedulerCore

/// What the files call things. Names are looked up by campaigns of every file.
struct KnownNames: Sendable {
    struct Dataflow: Sendable {
        var id: DataflowID
        /// The sandbox that the dataflow is in, where the file says so.
        var sandbox: SandboxName?
        var place: Place
    }

    struct Audience: Sendable {
        var id: AudienceID
        var place: Place
    }

    var dataflows: [String: Dataflow] = [:]
    var audiences: [String: Audience] = [:]

    /// Whether names stand for the same in both, wherever they are written.
    func mean(theSameAs other: KnownNames) -> Bool {
        dataflows.mapValues(\.id) == other.dataflows.mapValues(\.id)
            && dataflows.mapValues(\.sandbox) == other.dataflows.mapValues(\.sandbox)
            && audiences.mapValues(\.id) == other.audiences.mapValues(\.id)
    }

    /// Ids to names, for showing. Of several names of one id the first in the files.
    var dataflowNames: [DataflowID: String] {
        let inOrder = dataflows.sorted { $0.value.place < $1.value.place }
        return Dictionary(inOrder.map { ($0.value.id, $0.key) }) { first, _ in first }
    }

    var audienceNames: [AudienceID: String] {
        let inOrder = audiences.sorted { $0.value.place < $1.value.place }
        return Dictionary(inOrder.map { ($0.value.id, $0.key) }) { first, _ in first }
    }
}

struct NameReader {
    static let idRule = "an id such as \"db8961e9-d52f-45bc-b3fb-76d0382a6851\""

    let findings: Findings

    func read(_ file: Section, into names: inout KnownNames) {
        for entry in file.named("dataflow") where isNew(entry, "dataflow", names.dataflows[entry.key]?.place) {
            if let dataflow = dataflow(entry) { names.dataflows[entry.key] = dataflow }
        }
        for entry in file.named("audience") where isNew(entry, "audience", names.audiences[entry.key]?.place) {
            guard let id = id(entry) else { continue }
            names.audiences[entry.key] = .init(id: AudienceID(id), place: entry.keyPlace)
        }
    }

    private func isNew(_ entry: TOMLEntry, _ noun: String, _ first: Place?) -> Bool {
        guard Shape.isLabel(entry.key) else {
            findings.error(
                .badName, at: entry.keyPlace, "\(entry.key.quoted) is not a name for a \(noun)",
                accepted: Shape.labelRule, remedy: "Choose another.")
            return false
        }
        guard let first else { return true }
        findings.error(
            .duplicateName, at: entry.keyPlace,
            "\(noun) \(entry.key.quoted) is also defined at \(findings.name(first))",
            remedy: "Keep one of them, or rename one.")
        return false
    }

    private func dataflow(_ entry: TOMLEntry) -> KnownNames.Dataflow? {
        guard case .table(let inner) = entry.value.content else {
            return id(entry).map { .init(id: DataflowID($0), place: entry.keyPlace) }
        }
        let section = Section(
            inner, title: "dataflow \(entry.key.quoted)", place: entry.keyPlace, keys: ["id", "sandbox"],
            findings: findings)
        let sandbox = SandboxReader(findings: findings).read(section)
        guard let idEntry = section.entry("id") else {
            section.reportMissing("id", example: "id = \"…\"")
            return nil
        }
        return id(idEntry).map {
            .init(id: DataflowID($0), sandbox: sandbox.map { SandboxName($0.text) }, place: entry.keyPlace)
        }
    }

    /// The platform writes ids in small letters; people copy them from anywhere.
    private func id(_ entry: TOMLEntry) -> String? {
        guard case .string(let text) = entry.value.content else {
            findings.error(
                .wrongType, at: entry.value.place, "\(entry.key) is \(entry.value.kind)", accepted: Self.idRule,
                remedy: "Copy the id from the platform, in quotes.")
            return nil
        }
        guard Shape.isUUID(text) else {
            findings.error(
                .badValue, at: entry.value.place, "\(text.quoted) is not an id", accepted: Self.idRule,
                remedy: "Copy the id from the platform.")
            return nil
        }
        return text.lowercased()
    }
}
