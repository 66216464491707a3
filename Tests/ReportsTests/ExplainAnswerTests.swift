import Chronology
import ControlProtocol
import Reports
import SchedulerCore
import Testing

/// Goal: `explain` answers in one sentence, names each gate once, and says what a person can do.
@Suite struct ExplainAnswerTests {
    private let at = Standing.at
    private let now = Standing.now
    private let sale = Standing.sale

    private func explain(_ campaigns: [Campaign], _ records: [Record] = []) -> ExplainDocument? {
        Standing.scheduler(campaigns, records).explainReport("sale", at: now)
    }

    // MARK: The answer

    @Test func `a running occurrence is told with how many activations are in each state`() throws {
        let told = try #require(explain([Standing.campaign("sale", pairs: 10)], Standing.everyState))
        #expect(
            told.sentence
                == "sale is running. It was due Tue 10:00 +00:00 (1 h ago); 1 succeeded, 1 partial, 1 failed, 1 expired, "
                + "1 cancelled, 1 quarantined, 1 in doubt, 1 calling, 1 running, 1 waiting of 10.")
        #expect(told.state == "running")
        #expect(
            told.advice
                == "Activation 17.6 is set aside (odd): activationctl resolve 17.6 --adopt RUN, --retry or --abandon.")
        // Gates are those of the one that waits.
        #expect(told.occurrences.map { $0.gates.first { $0.gate == "export" }?.state } == ["unknown"])
        #expect(told.occurrences.map { $0.gates.first { $0.gate == "export" }?.activations } == [1])
    }

    @Test func `one that waits is told with when it gives up, and one that has ended with how`() throws {
        let waiting = try #require(
            explain([Standing.campaign("sale")], [.occurrenceAdmitted(Standing.occurrence())]))
        #expect(
            waiting.sentence
                == "sale waits. It was due Tue 10:00 +00:00 (1 h ago) and gives up at Tue 14:00 +00:00 (start_within).")
        #expect(waiting.state == "waiting" && waiting.advice == "Nothing for you to do.")
        let records: [Record] = [
            .occurrenceAdmitted(Standing.occurrence(pairs: 2)), Standing.ended(ActivationID(sale, 1), .succeeded),
            Standing.setAside(ActivationID(sale, 2)),
            .occurrenceEnded(occurrence: sale, outcome: .partial, at: at),
        ]
        let ended = try #require(explain([Standing.campaign("sale")], records))
        #expect(
            ended.sentence
                == "sale was due Tue 10:00 +00:00 (1 h ago); occurrence 17 ended as partial: 1 succeeded, 1 quarantined "
                + "of 2.")
        #expect(ended.state == "idle")
        // A campaign that was removed is told as long as it holds something, and no longer.
        #expect(explain([], records)?.sentence == ended.sentence && explain([], records)?.state == "partial")
        #expect(explain([]) == nil)
    }

    @Test func `a campaign without anything due says why`() throws {
        func sentence(
            _ trigger: Trigger = .manual, _ records: [Record] = [], _ change: (inout Campaign) -> Void = { _ in }
        ) -> String? {
            explain([Standing.campaign("sale", trigger, pairs: 1, change)], records)?.sentence
        }
        func pause(_ until: Instant?) -> Record {
            .paused(Pause(scope: .all, since: at, until: until, actor: "anna", reason: "freeze"))
        }
        #expect(sentence() == "sale is fired by hand only.")
        #expect(sentence(.afterExport) == "sale is not due. It fires when the next scheduled export has finished.")
        #expect(
            sentence(.after("other", delay: .zero))
                == "sale is not due. It fires after an occurrence of other has succeeded.")
        let noon = try Standing.daily("12:00")
        #expect(sentence(noon) == "sale is not due, and its schedule has no more times.")
        #expect(sentence { $0.isEnabled = false } == "sale is disabled in the configuration (enabled = false).")
        #expect(
            sentence(.manual, [pause(nil)])
                == "sale is paused since Tue 10:00 +00:00 until somebody resumes it, by anna: freeze. What falls due "
                + "meanwhile is skipped.")
        #expect(
            sentence(.manual, [pause(at + .seconds(7200))])
                == "sale is paused since Tue 10:00 +00:00 until Tue 12:00 +00:00, by anna: freeze. What falls due "
                + "meanwhile is skipped.")
        // A pause ends at its end.
        #expect(sentence(.manual, [pause(now.wall)]) == "sale is fired by hand only.")
        let twice: [Record] = [
            .campaignAnchored(campaign: "sale", fingerprint: "f", from: at),
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: sale, campaign: "sale", first: at, last: at, count: 1, reason: .missed, detail: "down", at: at,
                    fired: 2)),
        ]
        #expect(
            sentence(.manual, twice) { $0.maximumOccurrences = 2 }
                == "sale has fired 2 times, and max_occurrences is 2: nothing comes any more. Raise it and reload to go "
                + "on.")
        #expect(sentence(.manual, twice) { $0.maximumOccurrences = 3 } == "sale is fired by hand only.")
    }

    @Test func `a campaign that comes is told with when`() throws {
        let scheduler = Standing.started([Standing.campaign("sale", try Standing.daily("12:00"))])
        let told = try #require(scheduler.explainReport("sale", at: now))
        #expect(told.sentence == "sale is not due. Next: Tue 12:00 +00:00 (in 1 h).")
        #expect(told.next == "2026-11-24T12:00:00.000Z" && told.advice == "Nothing for you to do.")
    }

    // MARK: Gates

    /// So many activations that wait for a minute each longer than the one before, for reasons of their own.
    private func held(_ count: Int) -> [Record] {
        var records: [Record] = [.occurrenceAdmitted(Standing.occurrence(pairs: count))]
        for index in 1...count {
            records.append(
                .activationReturned(
                    activation: ActivationID(sale, index), reason: "r\(index)",
                    notBefore: now.wall + .seconds(index * 60), attemptCounts: true, packLimit: nil))
        }
        return records
    }

    @Test func `ten rows of a gate are shown, and the rest are one more`() throws {
        func rows(_ count: Int) throws -> [GateDocument] {
            let told = try #require(explain([Standing.campaign("sale")], held(count)))
            return told.occurrences[0].gates.filter { $0.gate == "throttled" }
        }
        let ten = (1...10).map { "r\($0)" }
        #expect(try rows(10).map(\.evidence) == ten)
        #expect(try rows(11).map(\.evidence) == ten + ["and 1 more of this kind"])
        let twelve = try rows(12)
        #expect(twelve.map(\.evidence) == ten + ["and 2 more of this kind"])
        #expect(twelve.map(\.activations) == Array(repeating: 1, count: 10) + [2])
        // Those that are counted have no beginning of their own, and are over with the last of them.
        #expect(twelve[10].since == nil && twelve[10].until == "2026-11-24T11:12:00.000Z")
        #expect(twelve[0].state == "closed" && twelve[0].until == "2026-11-24T11:01:00.000Z")
    }

    @Test func `the earliest start is the last end of what is closed, where each has one`() {
        let campaigns = [Standing.campaign("sale")]
        func earliest(_ records: [Record]) -> String? {
            explain(campaigns, records)?.occurrences.first?.earliestStart
        }
        #expect(earliest(held(2)) == "2026-11-24T11:02:00.000Z")
        #expect(earliest([.occurrenceAdmitted(Standing.occurrence())]) == nil, "what is unknown has no end")
        func pause(_ until: Instant?) -> Record {
            .paused(Pause(scope: .campaign("sale"), since: at, until: until, actor: "anna", reason: "freeze"))
        }
        #expect(earliest(held(2) + [pause(at + .seconds(7200))]) == "2026-11-24T12:00:00.000Z")
        #expect(earliest(held(2) + [pause(nil)]) == nil)
    }

    // MARK: What to do

    @Test func `ten things to do are named, and the rest are counted`() {
        func advice(_ count: Int) -> String? {
            var records: [Record] = [.occurrenceAdmitted(Standing.occurrence(pairs: count))]
            for index in 1...count { records.append(Standing.setAside(ActivationID(sale, index))) }
            return explain([Standing.campaign("sale")], records)?.advice
        }
        let ten = (1...10).map { index in
            "Activation 17.\(index) is set aside (odd): activationctl resolve 17.\(index) --adopt RUN, --retry or "
                + "--abandon."
        }.joined(separator: " ")
        #expect(advice(10) == ten)
        #expect(advice(11) == ten + " And 1 more.")
        #expect(advice(12) == ten + " And 2 more.")
    }

    @Test func `a gate that only a person opens, and a run whose end is not known, are things to do`() {
        let admitted = Record.occurrenceAdmitted(Standing.occurrence())
        let pause = Record.paused(Pause(scope: .all, since: at, until: nil, actor: "anna", reason: "freeze"))
        #expect(
            explain([Standing.campaign("sale")], [admitted, pause])?.advice
                == "The paused gate opens when somebody resumes it.")
        let first = ActivationID(sale, 1)
        let lost: [Record] = [
            admitted, .activationRunning(activation: first, run: "run-1", adopted: false, at: at),
            .runEndUnknown(activation: first, run: "run-1", reason: "gone", at: at),
        ]
        #expect(
            explain([Standing.campaign("sale")], lost)?.advice
                == "The end of run run-1 is not known: look at it on the platform, then activationctl resolve 17.1 "
                + "--abandon if it is over.")
    }

    @Test func `a campaign whose times are decided beyond the clock says how that is undone, and no other does`() throws
    {
        let trigger = try Standing.daily("12:00")
        let ahead = now.wall + .seconds(2 * 86_400)
        let scheduler = Standing.started(
            [Standing.campaign("sale", trigger), Standing.campaign("loyalty", trigger)],
            [
                .campaignAnchored(campaign: "sale", fingerprint: trigger.fingerprint, from: ahead),
                .campaignAnchored(campaign: "loyalty", fingerprint: trigger.fingerprint, from: now.wall),
            ])
        #expect(
            scheduler.explainReport("sale", at: now)?.advice
                == "sale is decided up to 2026-11-26T11:00:00.000Z, which the clock has not come to: activationctl recount "
                + "sale, once the clock is right.")
        #expect(scheduler.explainReport("loyalty", at: now)?.advice == "Nothing for you to do.")
        // Once the clock has come to it, there is nothing to undo.
        let later = Moment(wall: ahead, monotonic: now.monotonic + .seconds(2 * 86_400))
        #expect(scheduler.explainReport("sale", at: later)?.advice == "Nothing for you to do.")
    }
}
