import Foundation
import Testing

@testable import LinuxShell

/// Goal: a machine that gives too little is refused at the start, in words that say what to raise. Each case is a process of its
/// own, since limits are the process's.
@Suite(.timeLimit(.minutes(1))) struct ProcessLimitsTests {
    /// Ends the process: with 0 if the trouble begins so.
    private static func judge(_ expected: String?) -> Never {
        let trouble = ProcessLimits.trouble()
        guard let expected else { exit(trouble == nil ? 0 : 1) }
        exit(trouble?.hasPrefix(expected) == true ? 0 : 1)
    }

    private static func setDescriptors(_ soft: rlim_t, _ hard: rlim_t) {
        var files = rlimit(rlim_cur: soft, rlim_max: hard)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) != 0 { exit(2) }
    }

    @Test func `as the tests run, there is no trouble`() async {
        await #expect(processExitsWith: .success) { ProcessLimitsTests.judge(nil) }
    }

    @Test func `a soft limit of descriptors is raised to 64 where the hard one is that high`() async {
        await #expect(processExitsWith: .success) {
            ProcessLimitsTests.setDescriptors(63, 64)
            if ProcessLimits.trouble() != nil { exit(1) }
            var files = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
            exit(files.rlim_cur == 64 && files.rlim_max == 64 ? 0 : 1)
        }
        await #expect(processExitsWith: .success) {
            ProcessLimitsTests.setDescriptors(65, 65)
            ProcessLimitsTests.judge(nil)
        }
    }

    @Test func `fewer than 64 descriptors are too few`() async {
        await #expect(processExitsWith: .success) {
            ProcessLimitsTests.setDescriptors(63, 63)
            ProcessLimitsTests.judge(
                "this process may open 63 files; at least 64 are needed. Raise the limit: LimitNOFILE=")
        }
    }

    @Test(.enabled(if: getenv("ACTIVATIOND_THREAD") == nil, "the thread sanitizer needs more for itself"))
    func `less than 512 MiB of address space is too little`() async {
        await #expect(processExitsWith: .success) {
            var space = rlimit(rlim_cur: (512 << 20) - 1, rlim_max: (512 << 20) - 1)
            if setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) != 0 { exit(2) }
            ProcessLimitsTests.judge(
                "this process may use 511 MiB of address space; at least 512 MiB are needed. Raise the limit: LimitAS=")
        }
    }
}
