// The control protocol: HTTP/1.1 with JSON on the daemon's Unix socket, version 1. Begin here; the documents are in the
// files beside this one, and docs/control-api.md describes them for programs.
//
// Pure values: the daemon fills them, `activationctl` shows them, scripts read them. Member names are in snake case,
// times are RFC 3339 in UTC with milliseconds, words are those of the design. Within version 1 members may be added and
// none is removed or changes its meaning; readers ignore what they do not know.

internal import FoundationEssentials

package enum ControlProtocol {
    /// The first component of every path.
    package static let version = "v1"
    package static let socketName = "control.sock"
    /// Beside it, for those who may only ask.
    package static let questionSocketName = "status.sock"
    /// A header with the name of the user who asks, by the client's own word: for the history, where the kernel's word is
    /// hidden from the daemon. It decides nothing.
    package static let userHeader = "X-Activationd-User"
    /// Of a request. What people order fits many times.
    package static let requestByteLimit = 64 * 1024
    /// Of an answer. A listing of 100,000 campaigns fits.
    package static let answerByteLimit = 64 * 1024 * 1024

    package static func encode(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(document)) + Array("\n".utf8)
    }

    /// - Throws: `DecodingError` for anything else than that document.
    package static func decode<Document: Decodable>(_ type: Document.Type, from bytes: [UInt8]) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes))
    }
}

/// `GET /v1/health`: the queue that owns everything turned, and the socket was served.
package struct HealthDocument: Codable, Equatable, Sendable {
    /// `ok`.
    package var status: String

    package init(status: String) {
        self.status = status
    }
}

/// What every answer that is not 200 holds.
///
/// 400 `bad-request`, 403 `not-permitted`, 404 `unknown`, 405 `bad-method`, 409 `refused`, 413 `too-large`, 422 `configuration`
/// (with `faults`), 503 `stopping` or `journal`.
package struct ErrorDocument: Codable, Equatable, Sendable {
    package enum Code: String, Codable, Sendable {
        case badRequest = "bad-request"
        case notPermitted = "not-permitted"
        case unknown
        case badMethod = "bad-method"
        case refused
        case tooLarge = "too-large"
        case configuration
        case stopping
        case journal
        /// Told by `activationctl` itself: nobody listens, or whoever does gives no answer.
        case unreachable
    }

    package struct Detail: Codable, Equatable, Sendable {
        package var code: Code
        /// What was wrong and what to do, for people.
        package var message: String
        /// Of a configuration that was not taken into use.
        package var faults: [FaultDocument]?
    }

    package var error: Detail

    package init(_ code: Code, _ message: String, faults: [FaultDocument]? = nil) {
        error = Detail(code: code, message: message, faults: faults)
    }
}

/// One fault or warning of a configuration file.
package struct FaultDocument: Codable, Equatable, Sendable {
    /// Stable, such as `unknown-audience`.
    package var code: String
    /// `error` or `warning`.
    package var severity: String
    package var file: String
    /// From 1; 0 for the file as a whole.
    package var line: Int
    package var column: Int
    /// `file:line:column: what is wrong; what is accepted. What to do [code]`.
    package var sentence: String
    /// The sentence with the line of the file and a caret under it.
    package var text: String

    package init(
        code: String, severity: String, file: String, line: Int, column: Int, sentence: String, text: String
    ) {
        self.code = code
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.sentence = sentence
        self.text = text
    }
}
