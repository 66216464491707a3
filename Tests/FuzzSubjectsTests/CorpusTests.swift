import Foundation
import FuzzSubjects
import Testing

/// Goal: what the fuzzer has seen holds in every build, and each subject has something to begin with.
@Suite struct CorpusTests {
    private static let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzzing/Corpora")

    @Test(arguments: FuzzSubject.allCases)
    func `no rule is broken by what the fuzzer has seen`(subject: FuzzSubject) throws {
        let directory = Self.corpora.appendingPathComponent(subject.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        #expect(files.count >= 10)
        for file in files.sorted(by: { $0.path < $1.path }) {
            do {
                try subject.check(Array(try Data(contentsOf: file)))
            } catch {
                Issue.record("\(subject.rawValue)/\(file.lastPathComponent): \(error)")
            }
        }
    }
}
