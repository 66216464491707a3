// Several cores for the parts of a large configuration.

package import CampaignConfig
internal import Dispatch

package enum Cores {
    /// Takes as many cores as there are, and returns once all parts are read.
    package static let each: EachPart = { count, body in
        DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
}
