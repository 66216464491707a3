// Where the sockets of a daemon are, in the order in which they are tried.

internal import ControlProtocol

/// One socket that may lead to the daemon.
package struct ControlPlace: Equatable, Sendable {
    package var path: String
    /// Only questions are answered there.
    package var isForQuestions: Bool
}

package enum ControlPlaces {
    /// Made by the socket units, for groups of users.
    private static let shared = "/run/activationctl"

    /// - Parameters:
    ///   - socket: Named by the user: then nothing else is tried.
    ///   - instance: Of `activationd@NAME.service`.
    ///   - runtimeDirectory: What systemd passes to the service itself.
    package static func all(socket: String?, instance: String?, runtimeDirectory: String?) -> [ControlPlace] {
        if let socket { return [ControlPlace(path: socket, isForQuestions: false)] }
        if let instance { return served("\(shared)/\(instance)") + [own("/run/activationd@\(instance)")] }
        if let runtimeDirectory { return [own(runtimeDirectory)] }
        return served(shared) + [own("/run/activationd")]
    }

    private static func own(_ directory: String) -> ControlPlace {
        ControlPlace(path: "\(directory)/\(ControlProtocol.socketName)", isForQuestions: false)
    }

    private static func served(_ directory: String) -> [ControlPlace] {
        [
            own(directory),
            ControlPlace(path: "\(directory)/\(ControlProtocol.questionSocketName)", isForQuestions: true),
        ]
    }

    /// Asks at one place after the other, until one answers, or fails in another way than by being closed to this user or by
    /// not being there.
    ///
    /// - Throws: ``ControlError``: that a place is closed to this user, where there is one, or else what the last one met.
    package static func request(
        _ method: String, _ target: String, body: [UInt8]?, at places: [ControlPlace], timeoutSeconds: Int,
        user: String?
    ) throws(ControlError) -> ControlAnswer {
        var met: ControlError?
        for place in places where method == "GET" || !place.isForQuestions {
            do throws(ControlError) {
                let connection = ControlConnection(path: place.path, timeoutSeconds: timeoutSeconds, user: user)
                return try connection.request(method, target, body: body)
            } catch {
                guard error.kind == .unreachable || error.kind == .notPermitted else { throw error }
                if met?.kind != .notPermitted { met = error }
            }
        }
        throw met ?? ControlError(.unreachable, "there is no socket for orders here")
    }
}
