// The fuzzer: libFuzzer's driver around the subject that the environment names. `make fuzz` runs it; docs/fuzzing.md says
// how to look at what it finds.

internal import CFuzzer
internal import FuzzSubjects
internal import Glibc

enum Chosen {
    static let subject: FuzzSubject = {
        let name = getenv("FUZZ_SUBJECT").map { String(cString: $0) } ?? ""
        guard let subject = FuzzSubject(rawValue: name) else {
            complain("FUZZ_SUBJECT is one of \(FuzzSubject.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(64)
        }
        return subject
    }()
}

func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

func tryOne(_ start: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
    do throws(BrokenRule) {
        try Chosen.subject.check(Array(UnsafeBufferPointer(start: start, count: length)))
    } catch {
        complain("\(Chosen.subject.rawValue): \(error)")
        abort()  // which libFuzzer takes for a crash, and keeps the input
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = Chosen.subject
exit(LLVMFuzzerRunDriver(&count, &arguments) { tryOne($0, $1) })
