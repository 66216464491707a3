import ControlProtocol
import Testing

/// Goal: programs read the same names, words and bounds from release to release: docs/control-api.md.
@Suite struct ControlProtocolTests {
    @Test func `names and bounds of the protocol are these`() {
        #expect(ControlProtocol.version == "v1")
        #expect(ControlProtocol.socketName == "control.sock" && ControlProtocol.questionSocketName == "status.sock")
        #expect(ControlProtocol.userHeader == "X-Activationd-User")
        #expect(ControlProtocol.requestByteLimit == 65_536 && ControlProtocol.answerByteLimit == 67_108_864)
        #expect(HistoryDocument.usualLimit == 200 && HistoryDocument.greatestLimit == 1000)
        #expect(PauseOrder.reasonLimit == 500 && CampaignDocument.comingLimit == 5)
        #expect(PlanDocument.usualDays == 7 && PlanDocument.greatestDays == 366)
        #expect(PlanDocument.occurrenceLimit == 10_000 && PlanDocument.exportLimit == 5_000)
        #expect(PlanDocument.blackoutLimit == 2_000)
        #expect(StatusDocument.nextLimit == 5 && StatusDocument.occurrenceLimit == 100)
    }

    private func text(_ document: some Encodable) throws -> String {
        String(decoding: try ControlProtocol.encode(document), as: UTF8.self)
    }

    @Test func `a document is JSON with sorted names in snake case, and ends its last line`() throws {
        let document = ErrorDocument(
            .configuration, "a/b",
            faults: [
                FaultDocument(
                    code: "c", severity: "error", file: "f", line: 1, column: 2, sentence: "s", text: "t")
            ])
        #expect(
            try text(document) == """
                {
                  "error" : {
                    "code" : "configuration",
                    "faults" : [
                      {
                        "code" : "c",
                        "column" : 2,
                        "file" : "f",
                        "line" : 1,
                        "sentence" : "s",
                        "severity" : "error",
                        "text" : "t"
                      }
                    ],
                    "message" : "a/b"
                  }
                }

                """)
        #expect(try text(FireOrder(forceOverlap: true)).contains("\"force_overlap\" : true"))
    }

    @Test func `what a reader does not know is passed over, and what it needs is not`() throws {
        let order = try ControlProtocol.decode(
            FireOrder.self, from: Array(#"{"force_overlap":true,"more":{"a":[1]}}"#.utf8))
        #expect(order == FireOrder(forceOverlap: true))
        #expect(throws: DecodingError.self) { try ControlProtocol.decode(FireOrder.self, from: Array("{}".utf8)) }
        let pause = try ControlProtocol.decode(PauseOrder.self, from: Array("{}".utf8))
        #expect(pause == PauseOrder(campaign: nil, until: nil, reason: nil))
    }

    @Test(
        arguments: zip(
            ["adopt", "retry", "abandon"], [.adopt, .retry, .abandon] as [ResolveOrder.Resolution]))
    func `what becomes of an activation is ordered by these words`(word: String, resolution: ResolveOrder.Resolution)
        throws
    {
        let body = #"{"activation":"17.3","resolution":"\#(word)","run":"r"}"#
        #expect(
            try ControlProtocol.decode(ResolveOrder.self, from: Array(body.utf8))
                == ResolveOrder(activation: "17.3", resolution: resolution, run: "r"))
    }
}
