import Chronology
import SchedulerCore

/// Format 2: the kinds that format 1 does not have. Like `Format1`, this is the format's definition: once it was released a
/// line is never changed; more lines may be added.
enum Format2 {
    private static let at = Instant(milliseconds: 1_795_514_400_123)

    static let lines: [(record: Record, text: String)] = [
        (
            .exportObserved(sandbox: "prod", job: "4711", startedAt: at, endedAt: at + .seconds(2700)),
            #"{"exportObserved":{"endedAt":1795517100123,"job":"4711","sandbox":"prod","startedAt":1795514400123}}"#
        ),
        (
            .signLearned(sandbox: "prod", sign: .clientOfOurs("client"), at: at),
            #"{"signLearned":{"at":1795514400123,"sandbox":"prod","sign":{"clientOfOurs":{"_0":"client"}}}}"#
        ),
        (
            .signLearned(sandbox: "prod", sign: .clientOfOthers("client"), at: at),
            #"{"signLearned":{"at":1795514400123,"sandbox":"prod","sign":{"clientOfOthers":{"_0":"client"}}}}"#
        ),
        (
            .signLearned(sandbox: "prod", sign: .exportDataset("5f00"), at: at),
            #"{"signLearned":{"at":1795514400123,"sandbox":"prod","sign":{"exportDataset":{"_0":"5f00"}}}}"#
        ),
        (
            .runDisregarded(run: "run-9", actor: "me", at: at),
            #"{"runDisregarded":{"actor":"me","at":1795514400123,"run":"run-9"}}"#
        ),
        (
            .campaignFinished(campaign: "sale", fired: 2, at: at),
            #"{"campaignFinished":{"at":1795514400123,"campaign":"sale","fired":2}}"#
        ),
        (
            .audiencesResolved(sandbox: "prod", aliases: [AudienceAlias("CRM-4711", system: "vip")]),
            #"{"audiencesResolved":{"aliases":[{"id":"CRM-4711","system":"vip"}],"sandbox":"prod"}}"#
        ),
        (
            .marksSetBack(scope: .all, actor: "me", at: at),
            #"{"marksSetBack":{"actor":"me","at":1795514400123,"scope":{"all":{}}}}"#
        ),
        (
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: OccurrenceID(17), campaign: "sale", first: at, last: at, count: 1, reason: .oversized,
                    detail: "d",
                    at: at)),
            #"{"occurrencesSkipped":{"_0":{"at":1795514400123,"campaign":"sale","count":1,"detail":"d","first":1795514400123,"id":17,"last":1795514400123,"reason":"oversized"}}}"#
        ),
        (
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: OccurrenceID(17), campaign: "sale", first: at, last: at, count: 1, reason: .decided,
                    detail: "d",
                    at: at)),
            #"{"occurrencesSkipped":{"_0":{"at":1795514400123,"campaign":"sale","count":1,"detail":"d","first":1795514400123,"id":17,"last":1795514400123,"reason":"decided"}}}"#
        ),
        (
            .activationReturned(
                activation: ActivationID(OccurrenceID(17), 3), reason: "absent", notBefore: nil, attemptCounts: true,
                packLimit: nil, doubtful: CallID(5)),
            #"{"activationReturned":{"activation":"17.3","attemptCounts":true,"doubtful":5,"reason":"absent"}}"#
        ),
        (
            .activationReturned(
                activation: ActivationID(OccurrenceID(17), 3), reason: "busy", notBefore: nil, attemptCounts: false,
                packLimit: nil, named: "run-9"),
            #"{"activationReturned":{"activation":"17.3","attemptCounts":false,"named":"run-9","reason":"busy"}}"#
        ),
        (
            .activationQuarantined(
                activation: ActivationID(OccurrenceID(17), 3), reason: "absent", holdsLane: false, at: at,
                doubtful: CallID(5)),
            #"{"activationQuarantined":{"activation":"17.3","at":1795514400123,"doubtful":5,"holdsLane":false,"reason":"absent"}}"#
        ),
        (
            .exportFinished(
                sandbox: "prod", job: "4711", succeeded: true, at: at, endedAt: at + .seconds(1), isOthers: true),
            #"{"exportFinished":{"at":1795514400123,"endedAt":1795514401123,"isOthers":true,"job":"4711","sandbox":"prod","succeeded":true}}"#
        ),
        (
            .exportFinished(
                sandbox: "prod", job: "4711", succeeded: true, at: at, endedAt: at + .seconds(1), countedFrom: at),
            #"{"exportFinished":{"at":1795514400123,"countedFrom":1795514400123,"endedAt":1795514401123,"job":"4711","sandbox":"prod","succeeded":true}}"#
        ),
        (
            .runNamed(activation: ActivationID(OccurrenceID(17), 3), run: "run", leftAt: at, at: at + .seconds(1)),
            #"{"runNamed":{"activation":"17.3","at":1795514401123,"leftAt":1795514400123,"run":"run"}}"#
        ),
        (
            .candidateSeen(activation: ActivationID(OccurrenceID(17), 3), run: "run", at: at),
            #"{"candidateSeen":{"activation":"17.3","at":1795514400123,"run":"run"}}"#
        ),
        (
            .runFound(activation: ActivationID(OccurrenceID(17), 3), run: "run", at: at),
            #"{"runFound":{"activation":"17.3","at":1795514400123,"run":"run"}}"#
        ),
        (
            .occurrenceMoved(campaign: "sale", zone: "Europe/Stockholm", from: at, to: nil, mark: at),
            #"{"occurrenceMoved":{"campaign":"sale","from":1795514400123,"mark":1795514400123,"zone":"Europe/Stockholm"}}"#
        ),
        (
            .zonesKept(zones: [
                ZoneExcerpt(
                    name: "Europe/Stockholm", from: at, until: at + .seconds(1), offset: 3600,
                    changes: [.init(at: at, offset: 7200)])
            ]),
            #"{"zonesKept":{"zones":[{"changes":[{"at":1795514400123,"offset":7200}],"from":1795514400123,"name":"Europe/Stockholm","offset":3600,"until":1795514401123}]}}"#
        ),
        (
            .campaignsAnchored(
                CampaignAnchors([
                    .init(campaign: "news", fingerprint: "manual", from: at),
                    .init(campaign: "sale", fingerprint: "manual", from: at + .seconds(1)),
                ])),
            #"{"campaignsAnchored":{"_0":{"fingerprints":["manual"],"marks":"1795514400123 1795514401123","names":"news sale","uses":"0 0"}}}"#
        ),
        (
            .followersCounted(CampaignAnchors([.init(campaign: "sale", fingerprint: "after export", from: at)])),
            #"{"followersCounted":{"_0":{"fingerprints":["after export"],"marks":"1795514400123","names":"sale","uses":"0"}}}"#
        ),
    ]
}
