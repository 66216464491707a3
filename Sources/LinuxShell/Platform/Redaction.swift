// What was told in confidence, taken out of failing answers before anybody reads them: gateways and debugging proxies show a
// request to whoever made it, and the sentences of an error body go to the log, the journal and the control socket.

package import ActivationAPI
internal import Foundation

package struct Redaction {
    /// So many bytes of a secret in a row are taken out even where the rest is missing, since texts are cut.
    private static let partLength = 8
    /// Of a longer error body nothing is read.
    private static let bodyLimit = 1 << 20
    private static let mark = Array("[removed]".utf8)

    private let confidential: String

    /// - Parameter confidential: A token, or a secret; also found in the form that it has in a form's body.
    package init(_ confidential: String) {
        self.confidential = confidential
    }

    /// Answers that succeed are not repeated in words, and stay as they are.
    package func applied(to response: PlatformResponse) -> PlatformResponse {
        guard response.status != 200 else { return response }
        var response = response
        response.body = response.body.count <= Self.bodyLimit ? applied(to: response.body) : []
        return response
    }

    private func applied(to body: [UInt8]) -> [UInt8] {
        let parts = parts()
        var isOut = [Bool](repeating: false, count: body.count)
        Self.forEachPart(of: body) { start, part in
            if parts.contains(part) { for index in start..<(start + Self.partLength) { isOut[index] = true } }
        }
        guard isOut.contains(true) else { return body }
        var kept: [UInt8] = []
        for (index, byte) in body.enumerated() {
            if !isOut[index] {
                kept.append(byte)
            } else if index == 0 || !isOut[index - 1] {
                kept += Self.mark
            }
        }
        return kept
    }

    /// Every part of every form, as a number.
    private func parts() -> Set<UInt64> {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        let encoded = confidential.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        var parts: Set<UInt64> = []
        for form in [confidential, encoded] { Self.forEachPart(of: Array(form.utf8)) { parts.insert($1) } }
        return parts
    }

    private static func forEachPart(of bytes: [UInt8], _ body: (_ start: Int, _ part: UInt64) -> Void) {
        var part: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            part = part << 8 | UInt64(byte)
            if index >= partLength - 1 { body(index - partLength + 1, part) }
        }
    }
}
