import Testing

@testable import LinuxShell

/// Goal: systemd hears from us only when every part has worked since it last did.
@Suite struct LifeSignTests {
    @Test func `a ping is due when all four have come, and then all are wanted anew`() {
        var signs = LifeSigns()
        for round in 1...3 {
            let due = LifeSign.allCases.map { signs.take($0) }
            #expect(due == [false, false, false, true], "round \(round)")
        }
    }

    @Test(arguments: LifeSign.allCases)
    func `one part that is silent withholds the ping, however often the others work`(_ silent: LifeSign) {
        var signs = LifeSigns()
        for _ in 1...10 {
            let due = LifeSign.allCases.filter { $0 != silent }.map { signs.take($0) }
            #expect(due == [false, false, false])
        }
        #expect(signs.cause == silent)
    }

    @Test func `a part that could not work once is asked again, and one that hangs is not`() {
        var signs = LifeSigns()
        let asked = LifeSign.allCases.map { signs.ask($0) }
        #expect(asked == [true, true, true, true])
        let due = LifeSign.allCases.filter { $0 != .journal }.map { signs.take($0, isAlive: $0 != .control) }
        #expect(due == [false, false, false])
        let again = [signs.ask(.control), signs.ask(.journal)]
        #expect(again == [true, false])
        #expect(signs.cause == .journal)
        let ends = [signs.take(.journal), signs.take(.control)]
        #expect(ends == [false, true])
    }

    @Test func `of parts that depend on each other the cause is told`() {
        var signs = LifeSigns()
        // The queue hangs: neither the journal nor the control socket can work.
        _ = signs.take(.client)
        #expect(signs.cause == .queue)
    }
}
