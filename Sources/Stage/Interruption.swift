// Ctrl-C takes the processes and the directory of a stage away as well.

internal import Dispatch
internal import Foundation

enum Interruption {
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    static func clear(_ stage: Stage) {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stage.clear()
                exit(128 + number)
            }
            source.resume()
            sources.append(source)
        }
    }
}
