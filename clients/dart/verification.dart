// The same way in a Flutter app. Adapt it: where `capture` stands, the provider's SDK opens.

import 'dart:convert';

import 'package:gerbang_client/api.dart';

class Verifier {
  Verifier(String baseUrl, String token, this.capture)
      : gateway = VerificationsApi(
          ApiClient(basePath: baseUrl, authentication: HttpBearerAuth()..accessToken = token),
        );

  final VerificationsApi gateway;
  final Future<CaptureOutcome> Function(StartedVerification) capture;

  /// `key` names this wish, the same for each time it is sent: a random UUID, say.
  Future<Verification> verify(String key) async {
    final started = await gateway.startVerification(
      StartVerification(channel: Channel.sdk),
      idempotencyKey: key,
    );
    if (started!.nextAction == NextAction.openSdk) {
      await gateway.reportCapture(started.id, CaptureReport(outcome: await capture(started)));
    }
    return waitForVerdict(started.id);
  }

  Future<Verification> waitForVerdict(String id) async {
    String? etag;
    while (true) {
      final answer = await gateway.getVerificationWithHttpInfo(id, wait: 25, ifNoneMatch: etag);
      if (answer.statusCode == 304) continue;
      if (answer.statusCode >= 400) throw ApiException(answer.statusCode, answer.body);
      final verification = Verification.fromJson(jsonDecode(answer.body))!;
      if (!waits(verification.nextAction)) return verification;
      etag = answer.headers['etag'];
    }
  }

  /// A value that came later than this app is one to wait at.
  bool waits(NextAction action) =>
      action == NextAction.wait || action == NextAction.unknownDefaultOpenApi;
}

Problem? problemOf(ApiException refused) {
  final body = refused.message;
  return body == null ? null : Problem.fromJson(jsonDecode(body));
}
