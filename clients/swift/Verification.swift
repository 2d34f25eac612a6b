// The same way in an iOS app. Adapt it: where `capture` stands, the provider's SDK opens.

import Foundation
import GerbangClient

struct Verifier {
    let configuration: GerbangClientAPIConfiguration
    let capture: (StartedVerification) async throws -> CaptureOutcome

    init(baseURL: String, token: String, capture: @escaping (StartedVerification) async throws -> CaptureOutcome) {
        configuration = GerbangClientAPIConfiguration(
            basePath: baseURL,
            customHeaders: ["Authorization": "Bearer \(token)"]
        )
        self.capture = capture
    }

    func verify() async throws -> Verification {
        let started = try await VerificationsAPI.startVerification(
            startVerification: StartVerification(channel: .sdk),
            idempotencyKey: UUID().uuidString,
            apiConfiguration: configuration
        )
        if started.nextAction == .openSdk {
            let outcome = try await capture(started)
            _ = try await VerificationsAPI.reportCapture(
                verificationId: started.id,
                captureReport: CaptureReport(outcome: outcome),
                apiConfiguration: configuration
            )
        }
        return try await waitForVerdict(started.id)
    }

    // 304 comes as an error of that code: nothing new, ask again.
    private func waitForVerdict(_ id: String) async throws -> Verification {
        var etag: String?
        while true {
            do {
                let answer = try await VerificationsAPI.getVerificationWithRequestBuilder(
                    verificationId: id, wait: 25, ifNoneMatch: etag, apiConfiguration: configuration
                ).execute()
                if !waits(answer.body.nextAction) {
                    return answer.body
                }
                etag = answer.header["Etag"] ?? answer.header["ETag"]
            } catch ErrorResponse.error(304, _, _, _) {
                continue
            }
        }
    }

    // A value that came later than this app is one to wait at.
    private func waits(_ action: NextAction) -> Bool {
        action == .wait || action == .unknownDefaultOpenApi
    }
}

func problem(of error: ErrorResponse) -> Problem? {
    guard case .error(_, let data?, _, _) = error else { return nil }
    return try? JSONDecoder().decode(Problem.self, from: data)
}
