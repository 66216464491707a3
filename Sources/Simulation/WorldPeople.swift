// Whoever else is there: the schedule of the platform, people who export beside us or edit dataflows, admins who reload and
// give orders, and somebody who settles what needs a person, after a look at the platform as the manual says.

internal import Chronology
internal import PlatformModel
internal import Runtime
internal import SchedulerCore

extension World {
    // MARK: On the platform

    func startExport(_ stroke: Stroke) {
        let manner = plan.platform.exports
        let sandbox = plan.sandboxes[Int(stroke.size / 7 % UInt64(plan.sandboxes.count))].text
        // The platform's own schedule: one at a time, and pauses between them, where this one keeps to it.
        guard manner.overlap || model.runningExport(at: trueTime, in: sandbox) == nil else { return }
        let lasting = 120_000 + stroke.below(5_400_000)
        let fails = !isHealed && dice.strikes(.failingExport) != nil
        var chance = SplitMix(seed: stroke.size)
        let isFromAPI = chance.hits(percent: manner.fromAPIPercent)
        let isNameless = chance.hits(percent: manner.namelessPercent)
        let new = chance.hits(percent: manner.newPercent) ? Int64(chance.below(UInt64(lasting))) : 0
        let isOther = chance.hits(percent: manner.otherPercent)
        let id = model.startExport(at: trueTime, lasting: lasting, fails: fails) { export in
            export.sandbox = sandbox
            export.isFromAPI = isFromAPI
            export.newMilliseconds = new
            if isNameless { export.schema = "" }
            if isOther { export.schema = "_xdm.context.experienceevent" }
        }
        guard !isOther else { return trace("export \(id) begins in \(sandbox), of another schema") }
        trace("export \(id) begins in \(sandbox), for \(lasting / 1000) s\(isFromAPI ? ", by a person" : "")")
        // Whether a campaign follows one that somebody made, or one that does not say what it is, is not told apart here.
        checker.truth.began(
            export: id, at: trueTime, until: trueTime + .milliseconds(lasting), fails: fails,
            isOwed: !isFromAPI && !isNameless, sandbox: sandbox)
    }

    func startForeignRun(_ stroke: Stroke) {
        let pair = plan.pair(stroke.size)
        let lasting = 60_000 + stroke.below(1_800_000)
        // The platform refuses a second run of an audience, whoever asks.
        guard !model.isBusy(pair.audience.text, inSandboxOf: pair.dataflow.text, at: trueTime) else { return }
        let id = model.startForeignRun(pair.dataflow.text, pair.audience.text, at: trueTime, lasting: lasting)
        trace("somebody exports \(pair.audience) to \(pair.dataflow): \(id), for \(lasting / 1000) s")
        checker.truth.began(
            foreignRun: id, on: pair.dataflow.text, at: trueTime, until: trueTime + .milliseconds(lasting))
    }

    /// One that has ended by the time that anything is due.
    func startEarlyRun(on flow: Scenario.Flow) {
        guard let audience = flow.audiences.first else { return }
        let lasting: Int64 = 5000
        let id = model.startForeignRun(flow.id, audience.id, at: trueTime, lasting: lasting)
        checker.truth.began(
            foreignRun: id, on: flow.id, at: trueTime, until: trueTime + .milliseconds(lasting))
    }

    func editFlow(_ stroke: Stroke) {
        guard !plan.platform.isLeftAlone else { return }
        let pair = plan.pair(stroke.size)
        var edit = FlowEdit(flow: pair.dataflow.text)
        switch stroke.size / 1024 % 4 {
        case 0: edit.state = "disabled"
        case 1: edit.unmap = pair.audience.text
        default:
            let flow = model.scenario.flows.first { $0.id == edit.flow }
            let isThere = flow?.audiences.contains { $0.id == pair.audience.text } ?? false
            if plan.platform.movesStarts, isThere {
                edit.move = pair.audience.text
                edit.startDate = DrawnPlatform.start(stroke.size / 4096, at: trueTime)
            } else {
                edit.map = pair.audience.text
            }
        }
        // What was disabled or taken away comes back with the next edit of the dataflow.
        let flow = model.scenario.flows.first { $0.id == edit.flow }
        if let flow, flow.state != "enabled" { edit = FlowEdit(flow: flow.id, state: "enabled") }
        apply(edit)
    }

    /// Dataflows are enabled, and every audience is mapped.
    func restoreFlows() {
        for flow in model.scenario.flows {
            if flow.state != "enabled" { apply(FlowEdit(flow: flow.id, state: "enabled")) }
            for audience in flow.audiences where audience.startDate != nil {
                apply(FlowEdit(flow: flow.id, move: audience.id))
            }
            let mapped = Set(flow.audiences.map(\.id))
            for audience in plan.scenario.flows.first?.audiences ?? [] where !mapped.contains(audience.id) {
                apply(FlowEdit(flow: flow.id, map: audience.id))
            }
        }
    }

    private func apply(_ edit: FlowEdit) {
        var edit = edit
        if let audience = edit.map {
            edit.externalID = plan.platform.systemIDs.first { $0.value.text == audience }?.key.text
        }
        let words =
            edit.state ?? edit.map.map { "maps \($0)" } ?? edit.unmap.map { "takes away \($0)" }
            ?? "\(edit.move ?? "") begins on \(edit.startDate ?? "a day long ago")"
        trace("somebody edits \(edit.flow): \(words)")
        model.edit(edit, at: trueTime)
        checker.truth.edited(edit.flow, at: trueTime)
    }

    // MARK: Admins

    func reload(_ stroke: Stroke) {
        // The file changes whether or not the daemon is there to read it.
        let words = plan.edit(stroke.size)
        reread(words, isRead: stroke.size % 16 != 0)
    }

    /// The daemon reads the file as it is, if it is there and somebody asks it to.
    private func reread(_ words: String, isRead: Bool = true) {
        guard runtime != nil, !isStopping, isRead else { return trace("the file changes: \(words)") }
        trace("a reload: \(words)")
        if !isHealed, disk == nil, let stroke = dice.strikes(.fullDiskAtReload) {
            fillDisk(stroke)
        }
        inUse = plan
        checker.plans.mayUse(plan)
        handle(.reloaded(plan.configuration), takes: true)
    }

    /// A campaign is taken out of the file for a while; in some cases the clock is wrong when that happens, and is set back
    /// before it returns.
    func planAbsence(_ stroke: Stroke) {
        guard let name = plan.someUnfollowed(stroke.size) else { return }
        var chance = SplitMix(seed: stroke.size)
        let isLong = chance.hits(percent: 30)
        let (before, absent) = (
            Int64(chance.below(isLong ? 7_200_000 : 600_000)), Int64(chance.below(isLong ? 14_400_000 : 600_000))
        )
        schedule(.leavesFile(name, for: absent), after: before)
        guard chance.hits(percent: 40), clockError == 0 else { return }
        clockError = Int64(1 + chance.below(72)) * 3_600_000
        wallOffset += clockError
        trace("the clock is wrong by hours: \(wall.rfc3339)")
        // Before it returns in most cases.
        schedule(.clockIsRight, after: Int64(chance.below(UInt64(before + absent) * 5 / 4 + 1)))
        handle(.woke)
    }

    func takeOut(_ name: CampaignName, for span: Int64) {
        guard !isHealed, plan.takeOut(name) else { return }
        reread("\(name) is taken out")
        schedule(.returnsToFile(name), after: span)
    }

    func putBack(_ name: CampaignName) {
        guard plan.putBack(name) else { return }
        reread("\(name) is back")
    }

    func giveOrder() {
        guard runtime != nil else { return }
        handle(.command(nextCommandID(), someOrder(), actor: "anna"))
    }

    private func nextCommandID() -> CommandID {
        nextCommand += 1
        return CommandID(nextCommand)
    }

    private func someOrder() -> Command {
        let held = checker.folded.occurrences.values.sorted { $0.id < $1.id }
        switch dice.people.below(12) {
        case 0: return .pause(.all, until: somePauseEnd(), reason: "a try")
        case 1: return .pause(.campaign(plan.name(&dice.people)), until: somePauseEnd(), reason: "a try")
        case 2, 3:
            if let pause = checker.folded.pauses.first { return .resume(pause.scope) }
        case 4, 5:
            if !held.isEmpty { return .cancelOccurrence(some(held).id) }
        case 6:
            if !held.isEmpty {
                let occurrence = some(held)
                let position = Int(dice.people.below(UInt64(occurrence.activations.count)))
                return .cancelActivation(occurrence.activationID(at: position))
            }
        case 7:
            if let order = settlement() { return order }
        default: break
        }
        return .fire(plan.name(&dice.people), forceOverlap: dice.people.hits(percent: 30))
    }

    private func some(_ held: [OccurrenceState]) -> OccurrenceState {
        held[Int(dice.people.below(UInt64(held.count)))]
    }

    private func somePauseEnd() -> Instant? {
        dice.people.hits(percent: 50) ? wall + .seconds(60 + Int64(dice.people.below(7200))) : nil
    }

    // MARK: Somebody who settles

    /// What needs a person, one thing after the other. While faults last, nobody hurries.
    func lookForTrouble() {
        guard runtime != nil, !isStopping, isHealed || dice.people.hits(percent: 10) else { return }
        if isHealed, let pause = checker.folded.pauses.first {
            handle(.command(nextCommandID(), .resume(pause.scope), actor: "otto"))
        }
        for _ in 0..<20 {
            guard runtime != nil, let order = settlement() else { return }
            handle(.command(nextCommandID(), order, actor: "otto"))
            lookAtSettlement(order)
        }
    }

    /// What a person may settle is settled, unless the disk or a death came between.
    private func lookAtSettlement(_ order: Command) {
        guard case .resolve(let id, .abandon) = order, let runtime, runtime.trouble == nil, disk == nil, !isDying,
            case .running(let run)? = checker.folded[id]?.phase
        else { return }
        checker.report("what needs a person can be settled", "activation \(id) still has run \(run)", at: wall)
    }

    /// The right order for something that waits for a person: by what the platform's own ledger knows.
    private func settlement() -> Command? {
        for occurrence in checker.folded.occurrences.values.sorted(by: { $0.id < $1.id }) {
            for (position, activation) in occurrence.activations.enumerated() {
                let id = occurrence.activationID(at: position)
                let pair = plan.platform.meant(occurrence.occurrence.pairs[position])
                switch activation.phase {
                case .quarantined(let call):
                    // Of any of its calls, and something of one may still be on its way.
                    let calls = [call, activation.doubtfulCall].compactMap { $0 } + (activation.laterCalls ?? [])
                    guard calls.allSatisfy({ underway[$0, default: 0] == 0 }) else { continue }
                    if let run = run(of: id, pair) { return .resolve(id, .adopt(run)) }
                    return .resolve(id, dice.people.hits(percent: 50) ? .abandon : .retry)
                case .running(let run) where activation.endIsUnknown:
                    guard let real = model.run(named: run.text), trueTime >= real.endsAt else {
                        continue
                    }
                    return .resolve(id, .abandon)
                case .running(let run) where activation.isLate:
                    // It never ends, and its audience is wanted: some give it up, once they were told.
                    guard let real = model.run(named: run.text), real.endsAt > Rhythm.never,
                        real.createdAt.milliseconds % 2 == 0
                    else { continue }
                    return .resolve(id, .abandon)
                case .waiting, .calling, .inDoubt, .running, .ended: continue
                }
            }
        }
        return nil
    }

    /// The run as which a call for an activation was taken in, and that nobody owns.
    private func run(of id: ActivationID, _ pair: Pair) -> RunID? {
        checker.acceptances.runs(of: id).first { run in
            guard !checker.isOwned(run, pair), let real = model.run(named: run.text) else {
                return false
            }
            return real.vanishesAt.map { trueTime < $0 } ?? true
        }
    }
}
