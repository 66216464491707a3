// A campaign as the core reads it. What the admin wrote stands in one block of memory that copies share: there may be 100,000 of
// them, in tables that leave a third of their places empty, and they are handed on more often than they are looked into.

package import Chronology

package struct Campaign: Equatable, Sendable {
    private struct Fields: Equatable, Sendable {
        var name: CampaignName
        var description: String
        var sandbox: SandboxName
        var trigger: Trigger
        var zone: Zone
        var isEnabled: Bool
        var pairs: [Pair]
        var startWithin: Duration
        var catchUp: Duration
        var overlap: OverlapPolicy
        var onDoubt: DoubtPolicy
        var jitter: Duration
        var maximumOccurrences: Int?
    }

    /// Changed only while one campaign holds it.
    private final class Block: @unchecked Sendable {
        var fields: Fields

        init(_ fields: Fields) {
            self.fields = fields
        }
    }

    private var block: Block

    private var fields: Fields {
        get { block.fields }
        set {
            if isKnownUniquelyReferenced(&block) {
                block.fields = newValue
            } else {
                block = Block(newValue)
            }
        }
    }

    package init(
        name: CampaignName, description: String = "", sandbox: SandboxName, trigger: Trigger,
        zone: Zone = .utc,
        isEnabled: Bool = true, pairs: [Pair], startWithin: Duration = .seconds(4 * 3600),
        catchUp: Duration = .seconds(3600), overlap: OverlapPolicy = .skip,
        onDoubt: DoubtPolicy = .retry,
        jitter: Duration = .zero, maximumOccurrences: Int? = nil
    ) {
        block = Block(
            Fields(
                name: name, description: description, sandbox: sandbox, trigger: trigger, zone: zone,
                isEnabled: isEnabled, pairs: pairs, startWithin: startWithin, catchUp: catchUp,
                overlap: overlap, onDoubt: onDoubt, jitter: jitter, maximumOccurrences: maximumOccurrences))
    }

    package static func == (left: Campaign, right: Campaign) -> Bool {
        left.isSame(as: right) || left.fields == right.fields
    }

    /// Whether they stand in one block of memory: then they are equal, and it takes no time to say so.
    package func isSame(as other: Campaign) -> Bool { block === other.block }
}

extension Campaign {
    package var name: CampaignName {
        get { block.fields.name }
        set { fields.name = newValue }
    }
    package var description: String {
        get { block.fields.description }
        set { fields.description = newValue }
    }
    package var sandbox: SandboxName {
        get { block.fields.sandbox }
        set { fields.sandbox = newValue }
    }
    package var trigger: Trigger {
        get { block.fields.trigger }
        set { fields.trigger = newValue }
    }
    /// The zone in which people are shown this campaign's times, and in which its schedule counts.
    package var zone: Zone {
        get { block.fields.zone }
        set { fields.zone = newValue }
    }
    package var isEnabled: Bool {
        get { block.fields.isEnabled }
        set { fields.isEnabled = newValue }
    }
    /// In the order of the file, each pair once.
    package var pairs: [Pair] {
        get { block.fields.pairs }
        set { fields.pairs = newValue }
    }
    /// Give up when the gates stay closed for longer than this after the nominal time.
    package var startWithin: Duration {
        get { block.fields.startWithin }
        set { fields.startWithin = newValue }
    }
    /// An occurrence missed while down is still fired within this.
    package var catchUp: Duration {
        get { block.fields.catchUp }
        set { fields.catchUp = newValue }
    }
    package var overlap: OverlapPolicy {
        get { block.fields.overlap }
        set { fields.overlap = newValue }
    }
    package var onDoubt: DoubtPolicy {
        get { block.fields.onDoubt }
        set { fields.onDoubt = newValue }
    }
    /// Occurrences are spread by up to this; the same for each occurrence every time.
    package var jitter: Duration {
        get { block.fields.jitter }
        set { fields.jitter = newValue }
    }
    /// How many occurrences are admitted, those by hand not counted; 1 or more, nil for no end.
    package var maximumOccurrences: Int? {
        get { block.fields.maximumOccurrences }
        set { fields.maximumOccurrences = newValue }
    }
}
