import Chronology
import SchedulerCore

/// One record of each case, and what format 1 made of it. Once it is released these texts are in journals out in the
/// world, and a line is never changed: a new format gets a list of its own beside this one.
enum Format1 {
    static let at = Instant(milliseconds: 1_795_514_400_123)
    static let activation = ActivationID(OccurrenceID(17), 3)
    static let pair = Pair(dataflow: "flow", audience: "vip")

    static let occurrence = Occurrence(
        id: OccurrenceID(17), campaign: "sale", sandbox: "prod", nominal: at, startsAt: at, expiresAt: at,
        admittedAt: at, origin: .timetable, generation: 2, isLate: true, onDoubt: .retry, startsAfter: OccurrenceID(16),
        pairs: [pair])

    static let call = Call(
        id: CallID(5), sandbox: "prod", activations: [activation], pairs: [pair],
        baselines: ["flow": Baseline(runs: ["a", "b"], horizon: at), "another": Baseline(runs: [], horizon: nil)],
        exportJob: "4711", at: at)

    static let skipped = SkippedOccurrences(
        id: OccurrenceID(18), campaign: "sale", first: at, last: at, count: 2, reason: .missed, detail: "down", at: at)

    static let outcome = ActivationOutcome(
        result: .partial, reason: "3 \"failed\"/\u{e9}\n", run: "run",
        metrics: RunMetrics(records: 3, bytes: 4, files: 5, skipped: 6, failed: 7, errors: ["e"], snapshot: "s"))

    static func admitted(_ origin: Origin) -> Record {
        var occurrence = occurrence
        occurrence.origin = origin
        occurrence.startsAfter = nil
        occurrence.pairs = []
        return .occurrenceAdmitted(occurrence)
    }

    static let pause = Pause(scope: .campaign("sale"), since: at, until: at, actor: "me", reason: "why")

    static let lines: [(record: Record, text: String)] =
        [
            (
                .generationLoaded(generation: 2, digest: "0123"),
                #"{"generationLoaded":{"digest":"0123","generation":2}}"#
            ),
            (
                .campaignAnchored(campaign: "sale", fingerprint: "f", from: at),
                #"{"campaignAnchored":{"campaign":"sale","fingerprint":"f","from":1795514400123}}"#
            ),
            (
                .campaignRemoved(campaign: "sale"),
                #"{"campaignRemoved":{"campaign":"sale"}}"#
            ),
            (
                .occurrenceAdmitted(occurrence),
                #"""
                {"occurrenceAdmitted":{"_0":{"admittedAt":1795514400123,"campaign":"sale",\#
                "expiresAt":1795514400123,"generation":2,"id":17,"isLate":true,"nominal":1795514400123,\#
                "onDoubt":"retry","origin":{"timetable":{}},"pairs":[{"audience":"vip",\#
                "dataflow":"flow"}],"sandbox":"prod","startsAfter":16,"startsAt":1795514400123}}}
                """#
            ),
            (
                admitted(.manual(actor: "me")),
                #"""
                {"occurrenceAdmitted":{"_0":{"admittedAt":1795514400123,"campaign":"sale",\#
                "expiresAt":1795514400123,"generation":2,"id":17,"isLate":true,"nominal":1795514400123,\#
                "onDoubt":"retry","origin":{"manual":{"actor":"me"}},"pairs":[],"sandbox":"prod",\#
                "startsAt":1795514400123}}}
                """#
            ),
            (
                admitted(.export(job: "4711")),
                #"""
                {"occurrenceAdmitted":{"_0":{"admittedAt":1795514400123,"campaign":"sale",\#
                "expiresAt":1795514400123,"generation":2,"id":17,"isLate":true,"nominal":1795514400123,\#
                "onDoubt":"retry","origin":{"export":{"job":"4711"}},"pairs":[],"sandbox":"prod",\#
                "startsAt":1795514400123}}}
                """#
            ),
            (
                admitted(.after(OccurrenceID(9))),
                #"""
                {"occurrenceAdmitted":{"_0":{"admittedAt":1795514400123,"campaign":"sale",\#
                "expiresAt":1795514400123,"generation":2,"id":17,"isLate":true,"nominal":1795514400123,\#
                "onDoubt":"retry","origin":{"after":{"_0":9}},"pairs":[],"sandbox":"prod",\#
                "startsAt":1795514400123}}}
                """#
            ),
            (
                .occurrencesSkipped(skipped),
                #"""
                {"occurrencesSkipped":{"_0":{"at":1795514400123,"campaign":"sale","count":2,\#
                "detail":"down","first":1795514400123,"id":18,"last":1795514400123,"reason":"missed"}}}
                """#
            ),
            (
                .occurrenceEnded(occurrence: OccurrenceID(17), outcome: .expired, at: at),
                #"{"occurrenceEnded":{"at":1795514400123,"occurrence":17,"outcome":"expired"}}"#
            ),
            (
                .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: at),
                #"{"exportFinished":{"at":1795514400123,"job":"4711","sandbox":"prod","succeeded":true}}"#
            ),
            (
                .callIntended(call),
                #"""
                {"callIntended":{"_0":{"activations":["17.3"],"at":1795514400123,\#
                "baselines":{"another":{"runs":[]},"flow":{"horizon":1795514400123,"runs":["a","b"]}},\#
                "exportJob":"4711","id":5,"pairs":[{"audience":"vip","dataflow":"flow"}],\#
                "sandbox":"prod"}}}
                """#
            ),
            (
                .callSending(call: CallID(5), at: at),
                #"{"callSending":{"at":1795514400123,"call":5}}"#
            ),
            (
                .callWithdrawn(call: CallID(5), reason: "stopping"),
                #"{"callWithdrawn":{"call":5,"reason":"stopping"}}"#
            ),
            (
                .callAnswered(call: CallID(5), outcome: "accepted", at: at),
                #"{"callAnswered":{"at":1795514400123,"call":5,"outcome":"accepted"}}"#
            ),
            (
                .activationReturned(
                    activation: activation, reason: "429", notBefore: at, attemptCounts: false, packLimit: 40),
                #"""
                {"activationReturned":{"activation":"17.3","attemptCounts":false,\#
                "notBefore":1795514400123,"packLimit":40,"reason":"429"}}
                """#
            ),
            (
                .activationReturned(
                    activation: activation, reason: "500", notBefore: nil, attemptCounts: true, packLimit: nil),
                #"{"activationReturned":{"activation":"17.3","attemptCounts":true,"reason":"500"}}"#
            ),
            (
                .activationInDoubt(activation: activation, call: CallID(5), reason: "timeout", at: at),
                #"{"activationInDoubt":{"activation":"17.3","at":1795514400123,"call":5,"reason":"timeout"}}"#
            ),
            (
                .doubtLookedUp(activation: activation, at: at),
                #"{"doubtLookedUp":{"activation":"17.3","at":1795514400123}}"#
            ),
            (
                .activationRunning(activation: activation, run: "run", adopted: true, at: at),
                #"{"activationRunning":{"activation":"17.3","adopted":true,"at":1795514400123,"run":"run"}}"#
            ),
            (
                .runEndUnknown(activation: activation, run: "run", reason: "gone", at: at),
                #"{"runEndUnknown":{"activation":"17.3","at":1795514400123,"reason":"gone","run":"run"}}"#
            ),
            (
                .runLate(activation: activation, run: "run", at: at),
                #"{"runLate":{"activation":"17.3","at":1795514400123,"run":"run"}}"#
            ),
            (
                .activationEnded(activation: activation, outcome: outcome, at: at),
                #"""
                {"activationEnded":{"activation":"17.3","at":1795514400123,\#
                "outcome":{"metrics":{"bytes":4,"errors":["e"],"failed":7,"files":5,"records":3,\#
                "skipped":6,"snapshot":"s"},"reason":"3 \"failed\"/é\n","result":"partial","run":"run"}}}
                """#
            ),
            (
                .activationQuarantined(activation: activation, reason: "why", holdsLane: true, at: at),
                #"""
                {"activationQuarantined":{"activation":"17.3","at":1795514400123,"holdsLane":true,\#
                "reason":"why"}}
                """#
            ),
            (
                .activationResolved(activation: activation, resolution: .adopt("run"), actor: "me", at: at),
                #"""
                {"activationResolved":{"activation":"17.3","actor":"me","at":1795514400123,\#
                "resolution":{"adopt":{"_0":"run"}}}}
                """#
            ),
            (
                .activationResolved(activation: activation, resolution: .retry, actor: "me", at: at),
                #"""
                {"activationResolved":{"activation":"17.3","actor":"me","at":1795514400123,\#
                "resolution":{"retry":{}}}}
                """#
            ),
            (
                .activationResolved(activation: activation, resolution: .abandon, actor: "me", at: at),
                #"""
                {"activationResolved":{"activation":"17.3","actor":"me","at":1795514400123,\#
                "resolution":{"abandon":{}}}}
                """#
            ),
            (
                .duplicateSeen(activation: activation, run: "run", at: at),
                #"{"duplicateSeen":{"activation":"17.3","at":1795514400123,"run":"run"}}"#
            ),
            (
                .paused(pause),
                #"""
                {"paused":{"_0":{"actor":"me","reason":"why","scope":{"campaign":{"_0":"sale"}},\#
                "since":1795514400123,"until":1795514400123}}}
                """#
            ),
            (
                .resumed(scope: .all, actor: "me", at: at),
                #"{"resumed":{"actor":"me","at":1795514400123,"scope":{"all":{}}}}"#
            ),
            (
                .cancelRequested(target: "17.3", actor: "me", at: at),
                #"{"cancelRequested":{"actor":"me","at":1795514400123,"target":"17.3"}}"#
            ),
            (
                .pairLimitLearned(sandbox: "prod", limit: 40, at: at),
                #"{"pairLimitLearned":{"at":1795514400123,"limit":40,"sandbox":"prod"}}"#
            ),
        ] + variants

    /// What may be absent, absent; and every word of a list of words.
    private static let variants: [(record: Record, text: String)] =
        [
            (
                .callIntended(
                    Call(
                        id: CallID(5), sandbox: "prod", activations: [], pairs: [], baselines: [:], exportJob: nil,
                        at: at)),
                #"""
                {"callIntended":{"_0":{"activations":[],"at":1795514400123,"baselines":{},"id":5,\#
                "pairs":[],"sandbox":"prod"}}}
                """#
            ),
            // Who asked for a reload was added; journals of before do not say.
            (
                .generationLoaded(generation: 3, digest: "0124", actor: "anna (uid 1000)"),
                #"{"generationLoaded":{"actor":"anna (uid 1000)","digest":"0124","generation":3}}"#
            ),
            // When it ended was added; journals of before do not say.
            (
                .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: at, endedAt: at),
                #"""
                {"exportFinished":{"at":1795514400123,"endedAt":1795514400123,"job":"4711","sandbox":"prod",\#
                "succeeded":true}}
                """#
            ),
            (
                .exportFinished(sandbox: "prod", job: "4711", succeeded: false, at: at),
                #"{"exportFinished":{"at":1795514400123,"job":"4711","sandbox":"prod","succeeded":false}}"#
            ),
            (
                .activationEnded(
                    activation: activation,
                    outcome: ActivationOutcome(result: .failed, metrics: RunMetrics()), at: at),
                #"""
                {"activationEnded":{"activation":"17.3","at":1795514400123,\#
                "outcome":{"metrics":{"errors":[]},"result":"failed"}}}
                """#
            ),
            (
                .paused(Pause(scope: .all, since: at, until: nil, actor: "me", reason: "")),
                #"{"paused":{"_0":{"actor":"me","reason":"","scope":{"all":{}},"since":1795514400123}}}"#
            ),
            (
                .resumed(scope: .campaign("sale"), actor: "me", at: at),
                #"{"resumed":{"actor":"me","at":1795514400123,"scope":{"campaign":{"_0":"sale"}}}}"#
            ),
        ]
        + ([.missed, .superseded, .overlap, .paused, .predecessor] as [SkippedOccurrences.Reason]).map { reason in
            var skipped = skipped
            skipped.reason = reason
            return (
                .occurrencesSkipped(skipped),
                #"""
                {"occurrencesSkipped":{"_0":{"at":1795514400123,"campaign":"sale","count":2,\#
                "detail":"down","first":1795514400123,"id":18,"last":1795514400123,"reason":"\#(word(reason))"}}}
                """#
            )
        }
        + ([.succeeded, .partial, .failed, .expired, .skipped, .cancelled] as [OccurrenceOutcome]).map { outcome in
            (
                .occurrenceEnded(occurrence: OccurrenceID(17), outcome: outcome, at: at),
                #"{"occurrenceEnded":{"at":1795514400123,"occurrence":17,"outcome":"\#(word(outcome))"}}"#
            )
        }
        + ([.succeeded, .partial, .failed, .expired, .cancelled] as [ActivationOutcome.Result]).map { result in
            (
                .activationEnded(activation: activation, outcome: ActivationOutcome(result: result), at: at),
                #"""
                {"activationEnded":{"activation":"17.3","at":1795514400123,\#
                "outcome":{"result":"\#(word(result))"}}}
                """#
            )
        }
        + ([.retry, .skip, .hold] as [DoubtPolicy]).map { policy in
            var occurrence = occurrence
            occurrence.onDoubt = policy
            return (
                .occurrenceAdmitted(occurrence),
                #"""
                {"occurrenceAdmitted":{"_0":{"admittedAt":1795514400123,"campaign":"sale",\#
                "expiresAt":1795514400123,"generation":2,"id":17,"isLate":true,"nominal":1795514400123,\#
                "onDoubt":"\#(word(policy))","origin":{"timetable":{}},"pairs":[{"audience":"vip",\#
                "dataflow":"flow"}],"sandbox":"prod","startsAfter":16,"startsAt":1795514400123}}}
                """#
            )
        }

    // The words, written down apart from the code: a case that is renamed is noticed, and a new one does not compile.

    private static func word(_ reason: SkippedOccurrences.Reason) -> String {
        switch reason {
        case .missed: "missed"
        case .superseded: "superseded"
        case .overlap: "overlap"
        case .paused: "paused"
        case .predecessor: "predecessor"
        case .oversized: "oversized"  // since format 2
        case .decided: "decided"  // since format 2
        }
    }

    private static func word(_ outcome: OccurrenceOutcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .partial: "partial"
        case .failed: "failed"
        case .expired: "expired"
        case .skipped: "skipped"
        case .cancelled: "cancelled"
        }
    }

    private static func word(_ result: ActivationOutcome.Result) -> String {
        switch result {
        case .succeeded: "succeeded"
        case .partial: "partial"
        case .failed: "failed"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    private static func word(_ policy: DoubtPolicy) -> String {
        switch policy {
        case .retry: "retry"
        case .skip: "skip"
        case .hold: "hold"
        }
    }
}
