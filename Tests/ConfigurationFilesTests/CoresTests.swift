import ConfigurationFiles
import Synchronization
import Testing

/// Goal: parts are read on all cores, each once.
@Suite struct CoresTests {
    @Test(arguments: [0, 1, 2, 16, 500])
    func `each part is read once, and all are read on return`(count: Int) {
        let times = Mutex([Int](repeating: 0, count: count))
        Cores.each(count) { part in times.withLock { $0[part] += 1 } }
        #expect(times.withLock { $0 } == [Int](repeating: 1, count: count))
    }
}
