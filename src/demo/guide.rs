//! What the demo prints: where everything is, and a verification by hand, line by line.
//!
//! Every line runs as it stands in a POSIX shell with curl and sed.

use std::net::SocketAddr;

/// Where the parts answer.
pub(super) struct Places<'a> {
    pub(super) page: SocketAddr,
    pub(super) gateway: SocketAddr,
    pub(super) admin: SocketAddr,
    pub(super) sandbox: &'a str,
}

/// The whole text.
pub(super) fn text(places: &Places<'_>) -> String {
    let Places { page, gateway, admin, sandbox } = places;
    format!(
        r#"
Gerbang demo: everything runs on this machine and is gone when you stop it.

  Open this      http://{page}/
  Gateway        http://{gateway}   (its contract: /openapi.yaml)
  For operators  http://{admin}/readyz   /metrics
  Provider       {sandbox}   (a simulator; its outcomes: /sandbox/outcomes)

By hand, in another terminal. The last two digits of the contact choose the outcome:
00 approved, 14 rejected, 40 failed, 60 approved although no callback ever comes,
61 every callback comes five times, 63 the callbacks come in the wrong order.

  # Your own sign-in gives the user's app a token; the demo's believes you any contact.
  TOKEN=$(curl -s http://{page}/demo/token -d contact=6281200000060)

  # Start a verification. The app receives a token for the provider's SDK.
  STARTED=$(curl -s http://{gateway}/v1/verifications -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -d '{{"channel":"sdk"}}'); echo "$STARTED"
  ID=$(echo "$STARTED" | sed 's/.*"id":"\([^"]*\)".*/\1/')
  SDK_TOKEN=$(echo "$STARTED" | sed 's/.*"sdkToken":"\([^"]*\)".*/\1/')

  # Capture, as the SDK would; then the app says that it is done.
  curl -s {sandbox}/sandbox/session/capture -H "x-user-token: $SDK_TOKEN" \
    -H 'Content-Type: application/json' -d '{{}}'; echo
  curl -s http://{gateway}/v1/verifications/$ID/capture -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -d '{{"outcome":"completed"}}'; echo

  # Wait for the verdict: each call answers at the next change.
  until VIEW=$(curl -s "http://{gateway}/v1/verifications/$ID?wait=25" \
    -H "Authorization: Bearer $TOKEN"); echo "$VIEW"
    echo "$VIEW" | grep -Eq '"nextAction":"(none|retry|contact_support)"'; do :; done

  # What your back end sees, with a service token instead of the user's.
  SERVICE=$(curl -s -X POST http://{page}/demo/service-token)
  curl -s http://{gateway}/v1/backend/verifications/$ID -H "Authorization: Bearer $SERVICE"; echo

  # What your back end was told meanwhile: one signed webhook for each change.
  curl -s "http://{page}/demo/webhooks?verification=$ID"; echo

  # A stranger's callback, without the agreed header: refused.
  curl -si http://{gateway}/callbacks/provider -H 'Content-Type: application/json' \
    -d '{{"submissionId":"forged","status":"COMPLETED","result":"VALID"}}'; echo

Stop with Ctrl-C.
"#
    )
}
