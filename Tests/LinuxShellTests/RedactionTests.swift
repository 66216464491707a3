import ActivationAPI
import LinuxShell
import Testing

/// Goal: a token or a secret that a failing answer repeats is gone before the answer is read.
@Suite struct RedactionTests {
    private let redaction = Redaction("eyJhbGciOi.s/+=cr et.0123456789")

    private func applied(_ text: String, status: Int = 400) -> String {
        let response = PlatformResponse(status: status, body: Array(text.utf8))
        return String(decoding: redaction.applied(to: response).body, as: UTF8.self)
    }

    @Test func `what is repeated is taken out, wherever it stands`() {
        #expect(applied("Bearer eyJhbGciOi.s/+=cr et.0123456789") == "Bearer [removed]")
        #expect(
            applied(#"{"a":"eyJhbGciOi.s/+=cr et.0123456789","b":"eyJhbGciOi.s/+=cr et.0123456789"}"#)
                == #"{"a":"[removed]","b":"[removed]"}"#)
    }

    @Test func `in the form that a form's body has as well`() {
        #expect(applied("secret=eyJhbGciOi.s%2F%2B%3Dcr%20et.0123456789&scope=a") == "secret=[removed]&scope=a")
    }

    @Test func `a part of it is enough`() {
        #expect(applied("Bearer eyJhbGciOi.…") == "Bearer [removed]…")
        #expect(applied("eyJhbGci, 23456789") == "[removed], [removed]")
    }

    @Test(arguments: ["", "HTTP 400: invalid client_secret parameter", "eyJhbGc", "0123456"])
    func `everything else stays`(_ text: String) {
        #expect(applied(text) == text)
    }

    @Test func `a success is not changed`() {
        #expect(applied("eyJhbGciOi.s/+=cr et.0123456789", status: 200) == "eyJhbGciOi.s/+=cr et.0123456789")
    }

    @Test func `an error body beyond all measure is not read`() {
        #expect(applied(String(repeating: "a", count: 2 << 20)) == "")
    }
}
