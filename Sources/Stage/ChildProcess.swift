// A program that is started, signalled and waited for, with nothing between it and the kernel: it inherits no descriptor
// and no signal mask of this program, and its PID is that of the program itself.

internal import CLinux
internal import Glibc

package final class ChildProcess: @unchecked Sendable {
    // Used by one thread at a time.

    package enum Ending: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(Int32)

        package var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let number): "signal \(number)"
            }
        }
    }

    private static let pollMicroseconds: UInt32 = 2000

    package let pid: Int32
    private var ended: Ending?

    /// - Parameters:
    ///   - command: The program's path, and its arguments.
    ///   - log: A file that standard output and standard error are added to.
    package init(_ command: [String], environment: [String: String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.clearSignals(&attributes)

        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid = pid_t()
        let result = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw StageFailure("\(command[0]): \(String(cString: strerror(result)))") }
        self.pid = pid
    }

    private static func clearSignals(_ attributes: inout posix_spawnattr_t) {
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    /// Nil while it runs.
    package var ending: Ending? {
        if let ended { return ended }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let number = status & 0x7f
        ended = number == 0 ? .exited((status >> 8) & 0xff) : .killed(number)
        return ended
    }

    package func signal(_ number: Int32) {
        if ended == nil { kill(pid, number) }
    }

    /// Nil when it still runs after the time.
    package func waitUntilEnd(seconds: Double) -> Ending? {
        var left = Int(seconds * 1_000_000)
        while ending == nil, left > 0 {
            usleep(Self.pollMicroseconds)
            left -= Int(Self.pollMicroseconds)
        }
        return ending
    }

    deinit {
        guard ending == nil else { return }
        kill(pid, SIGKILL)
        _ = waitUntilEnd(seconds: 10)
    }
}
