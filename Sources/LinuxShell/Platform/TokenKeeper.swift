// The token: fetched when it is first needed, kept until shortly before its end, and fetched once however many wait.

package import ActivationAPI
package import Chronology
package import NIOCore
package import SchedulerCore

package actor TokenKeeper {
    /// How long before its end a token is renewed; a tenth of its life where that is shorter.
    static let margin = Duration.seconds(500)
    /// A token that was renewed because of a 401, and is refused there with a 401 as well, is not renewed again for so long: a right
    /// is missing, and the token is good.
    static let rest = Duration.seconds(15 * 60)

    private struct Held {
        var text: String
        var renewAt: Monotonic
    }

    private var held: Held?
    private var fetching: Task<Result<String, AskFailure>, Never>?
    /// Counts what was dropped, so that a fetch that began before does not bring a refused token back.
    private var generation = 0
    /// When a token was dropped last for a 401 there, until one is accepted there.
    private var refusedAt: [String: Monotonic] = [:]
    private let loop: any EventLoop
    /// How long a fetch may take, for all that wait for it.
    private let limit: Duration
    private let fetch: @Sendable () async -> Result<TokenAnswer.Token, AskFailure>
    private let clock: @Sendable () -> Moment

    package init(
        loop: any EventLoop, limit: Duration, clock: @escaping @Sendable () -> Moment,
        fetch: @escaping @Sendable () async -> Result<TokenAnswer.Token, AskFailure>
    ) {
        self.loop = loop
        self.limit = limit
        self.clock = clock
        self.fetch = fetch
    }

    package func token() async -> Result<String, AskFailure> {
        if let held, clock().monotonic < held.renewAt { return .success(held.text) }
        if let fetching { return await fetching.value }
        let task = Task { await renew() }
        fetching = task
        let result = await task.value
        fetching = nil
        return result
    }

    private func renew() async -> Result<String, AskFailure> {
        let asked = clock().monotonic
        let before = generation
        let fetched = await loop.first(within: limit, fetch)
        switch fetched ?? .failure(.unavailable(detail: "the token service: nothing within \(limit.words)")) {
        case .failure(let failure):
            return .failure(failure)
        case .success(let token):
            let margin = min(Self.margin, token.lifetime / 10)
            if before == generation { held = Held(text: token.text, renewAt: asked + (token.lifetime - margin)) }
            return .success(token.text)
        }
    }

    /// The platform did not accept this token.
    ///
    /// - Parameters:
    ///   - place: What was asked for: one kind of request in one sandbox.
    ///   - isCertain: It was a 401. A 403 may be about a right that was granted meanwhile and that only a new token has.
    /// - Returns: Whether another try with another token is worth it.
    package func drop(_ token: String, at place: String, isCertain: Bool) -> Bool {
        guard held?.text == token else { return true }  // there is another one by now
        if isCertain {
            let now = clock().monotonic
            if let before = refusedAt[place], now - before < Self.rest { return false }
            refusedAt[place] = now
        }
        held = nil
        generation += 1
        return true
    }

    package func accept(at place: String) {
        refusedAt[place] = nil
    }
}
