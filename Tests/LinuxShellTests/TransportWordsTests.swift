import Testing

@testable import LinuxShell

/// Goal: what an admin reads about a failure is about the failure.
@Suite struct TransportWordsTests {
    @Test func `the place in a library's source where an error was noticed is left out`() {
        let error =
            "sslError([Error: 268435581 error:1000007d:SSL routines::CERTIFICATE_VERIFY_FAILED at /a/b/handshake.cc:320])"
        #expect(
            Transport.withoutPlaces(error)
                == "sslError([Error: 268435581 error:1000007d:SSL routines::CERTIFICATE_VERIFY_FAILED])")
    }

    @Test func `a path that is no such place stays`() {
        let error = "the authorities of /etc/ca.pem can not be read at /etc/ca.pem"
        #expect(Transport.withoutPlaces(error) == error)
    }
}
