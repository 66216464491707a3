// What people order: the bodies of POST requests, and what became of the order. Orders change what is wanted; no order
// breaks a rule of the platform.

/// `POST /v1/campaigns/NAME/fire`.
package struct FireOrder: Codable, Equatable, Sendable {
    /// Fires although an occurrence has not ended and the overlap policy is `skip`.
    package var forceOverlap: Bool

    package init(forceOverlap: Bool) {
        self.forceOverlap = forceOverlap
    }
}

/// `POST /v1/cancel`.
package struct CancelOrder: Codable, Equatable, Sendable {
    /// An occurrence (`17`) or an activation (`17.3`).
    package var id: String

    package init(id: String) {
        self.id = id
    }
}

/// `POST /v1/pause`.
package struct PauseOrder: Codable, Equatable, Sendable {
    /// Absent: everything.
    package var campaign: String?
    /// RFC 3339; absent: until resumed.
    package var until: String?
    /// At most ``reasonLimit`` characters.
    package var reason: String?

    package static let reasonLimit = 500

    package init(campaign: String?, until: String?, reason: String?) {
        self.campaign = campaign
        self.until = until
        self.reason = reason
    }
}

/// `POST /v1/resume`.
package struct ResumeOrder: Codable, Equatable, Sendable {
    /// Absent: the pause of everything. A campaign's own pause is a pause apart.
    package var campaign: String?

    package init(campaign: String?) {
        self.campaign = campaign
    }
}

/// `POST /v1/recount`.
package struct RecountOrder: Codable, Equatable, Sendable {
    /// Absent: every campaign.
    package var campaign: String?

    package init(campaign: String?) {
        self.campaign = campaign
    }
}

/// `POST /v1/resolve`.
package struct ResolveOrder: Codable, Equatable, Sendable {
    package enum Resolution: String, Codable, Sendable {
        case adopt, retry, abandon
    }

    /// Such as `17.3`.
    package var activation: String
    package var resolution: Resolution
    /// With `adopt`.
    package var run: String?

    package init(activation: String, resolution: Resolution, run: String?) {
        self.activation = activation
        self.resolution = resolution
        self.run = run
    }
}

/// `POST /v1/disregard`.
package struct DisregardOrder: Codable, Equatable, Sendable {
    /// The id of a run of others that holds something back, at most 200 characters.
    package var run: String

    package init(run: String) {
        self.run = run
    }
}

/// What an order did. A refusal is a 409 with an ``ErrorDocument``.
package struct DoneDocument: Codable, Equatable, Sendable {
    package var message: String
    /// Of `fire`: the occurrence that was made, or the one that an order was about.
    package var occurrence: String?

    package init(message: String, occurrence: String?) {
        self.message = message
        self.occurrence = occurrence
    }
}

/// `POST /v1/reload`, once the reload is over. A refused configuration is a 422 with an ``ErrorDocument`` and all faults.
package struct ReloadDocument: Codable, Equatable, Sendable {
    package struct Change: Codable, Equatable, Sendable {
        package var key: String
        package var before: String
        package var after: String

        package init(key: String, before: String, after: String) {
            self.key = key
            self.before = before
            self.after = after
        }
    }

    package struct Changed: Codable, Equatable, Sendable {
        package var name: String
        package var changes: [Change]

        package init(name: String, changes: [Change]) {
            self.name = name
            self.changes = changes
        }
    }

    package var generation: Int
    package var campaigns: Int
    package var files: Int
    /// All by name.
    package var added: [String]
    package var changed: [Changed]
    package var removed: [String]
    package var unchanged: Int
    /// Tables of the main file that differ.
    package var changedSettings: [String]
    /// `+` new, `~` changed, `-` removed, `=` unchanged, for people.
    package var lines: [String]
    package var warnings: [FaultDocument]

    package init(
        generation: Int, campaigns: Int, files: Int, added: [String], changed: [Changed], removed: [String],
        unchanged: Int, changedSettings: [String], lines: [String], warnings: [FaultDocument]
    ) {
        self.generation = generation
        self.campaigns = campaigns
        self.files = files
        self.added = added
        self.changed = changed
        self.removed = removed
        self.unchanged = unchanged
        self.changedSettings = changedSettings
        self.lines = lines
        self.warnings = warnings
    }
}
