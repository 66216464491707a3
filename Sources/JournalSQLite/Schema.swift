// The tables, by version; docs/journal.md says what each is for. A released migration is never edited: add the next.

internal import GRDB
internal import Journal

enum Schema {
    /// In the file's header, where `file` and others look: "ACTV".
    static let applicationID = 0x4143_5456

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: version1)
        }
        return migrator
    }()

    /// A subject of occurrence 0 stands for a record that names a campaign only.
    private static let version1 = """
        PRAGMA application_id = \(applicationID);
        CREATE TABLE records (
          sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, format INTEGER NOT NULL, call INTEGER,
          is_passing INTEGER NOT NULL, checksum INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
        CREATE INDEX records_by_time ON records (at);
        CREATE INDEX records_passing ON records (at) WHERE is_passing;
        CREATE INDEX records_by_call ON records (call, sequence) WHERE call IS NOT NULL;
        CREATE TABLE subjects (
          sequence INTEGER NOT NULL REFERENCES records (sequence) ON DELETE CASCADE, occurrence INTEGER NOT NULL,
          campaign TEXT, PRIMARY KEY (sequence, occurrence)) STRICT, WITHOUT ROWID;
        CREATE INDEX subjects_by_occurrence ON subjects (occurrence, sequence);
        CREATE INDEX subjects_by_campaign ON subjects (campaign, sequence);
        CREATE TABLE occurrences (
          id INTEGER PRIMARY KEY, campaign TEXT NOT NULL, key TEXT UNIQUE, raises_mark INTEGER NOT NULL,
          ended_at INTEGER) STRICT;
        CREATE INDEX occurrences_by_campaign ON occurrences (campaign, raises_mark, id);
        CREATE INDEX occurrences_by_end ON occurrences (ended_at) WHERE ended_at IS NOT NULL;
        CREATE TABLE snapshot (
          id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, checksum INTEGER NOT NULL,
          body BLOB NOT NULL) STRICT;
        CREATE TABLE status (
          id INTEGER PRIMARY KEY CHECK (id = 1), is_clean INTEGER NOT NULL, beats INTEGER NOT NULL) STRICT;
        INSERT INTO status (id, is_clean, beats) VALUES (1, 0, 0);
        """
}
