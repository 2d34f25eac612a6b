//! What is sent, and what is made of the answers.

use gerbang::{
    config::DetailsSession,
    domain::{Channel, Credential, SessionId, Standing},
    sandbox::{Fault, FaultRule, Operation, Outcome, RecordedRequest},
    upstream::UpstreamError,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;

use super::rig::{Rig, USER, flow, query, web_flow};

fn only(requests: Vec<RecordedRequest>) -> RecordedRequest {
    assert_eq!(requests.len(), 1);
    requests.into_iter().next().unwrap()
}

#[tokio::test]
async fn an_sdk_start_sends_what_the_provider_documents() {
    let rig = Rig::start();
    let flow = flow();

    let issued = rig.provider.initiate(&flow).await.unwrap();

    let Credential::SdkToken(token) = &issued.credential else { panic!("{issued:?}") };
    assert!(!token.expose_secret().is_empty());
    let life = issued.expires_at.duration_since(gerbang::domain::Clock::now(&rig.clock));
    assert_eq!(life, SignedDuration::from_hours(60 * 24));
    let sent = only(rig.control().requests_of(Operation::Initiate));
    assert_eq!(sent.header("x-partner-user-id"), Some(USER));
    assert_eq!(sent.header("x-partner-user-id-type"), Some("EXAMPLE_APP_USER_ID"));
    assert_eq!(sent.header("x-partner-session-id"), Some(flow.session.as_str()));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(
        sent.header("x-esign-onboarding-partner"),
        Some("SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION")
    );
    assert_eq!(sent.header("x-onboarding-partner"), None);
    assert_eq!(
        sent.body,
        Some(json!({
            "flow": "STANDALONE_IDENTITY_VERIFICATION",
            "source": "SDK",
            "additionalDetails": {
                "phoneNumber": "6281234567800",
                "dataVerification": {
                    "phoneNumber": {"isVerified": true, "verificationReferenceId": "otp-7f31"},
                },
                "userLocale": "en_ID",
            },
        }))
    );
}

#[tokio::test]
async fn a_web_start_sends_what_the_provider_documents() {
    let rig = Rig::start();

    let issued = rig.provider.initiate(&web_flow()).await.unwrap();

    let Credential::LaunchUrl(url) = &issued.credential else { panic!("{issued:?}") };
    assert!(url.expose_secret().starts_with(rig.sandbox.base_url()));
    let sent = only(rig.control().requests_of(Operation::Initiate));
    assert_eq!(
        sent.body,
        Some(json!({
            "flow": "STANDALONE_IDENTITY_VERIFICATION",
            "source": "WEB_SDK",
            "successRedirectionUrl": "https://app.partner.example/kyc/ok",
            "failureRedirectionUrl": "https://app.partner.example/kyc/no",
            "additionalDetails": {
                "email": "wening@example.com",
                "dataVerification": {
                    "email": {"isVerified": true, "verificationReferenceId": "otp-7f31"},
                },
                "userLocale": "en_ID",
            },
        }))
    );
}

#[tokio::test]
async fn the_onboarding_partner_goes_out_under_every_configured_name() {
    let rig = Rig::with(
        |_| {},
        |provider| {
            provider.onboarding_header =
                vec!["x-esign-onboarding-partner".into(), "x-onboarding-partner".into()];
        },
    );

    rig.provider.initiate(&flow()).await.unwrap();

    let sent = only(rig.control().requests_of(Operation::Initiate));
    let code = Some("SANDBOX-SDK-STANDALONE_IDENTITY_VERIFICATION");
    assert_eq!(sent.header("x-esign-onboarding-partner"), code);
    assert_eq!(sent.header("x-onboarding-partner"), code);
}

#[tokio::test]
async fn a_channel_without_onboarding_partner_is_not_offered() {
    let rig = Rig::with(|_| {}, |provider| provider.onboarding_partner.web = None);

    let refused = rig.provider.initiate(&web_flow()).await.unwrap_err();

    assert!(rig.provider.offers(Channel::Sdk) && !rig.provider.offers(Channel::Web));
    assert!(matches!(refused, UpstreamError::Misconfigured(_)));
    assert_eq!(rig.control().calls(Operation::Initiate), 0);
}

#[tokio::test]
async fn every_shape_of_times_is_understood() {
    for (silent, numbers) in [(false, false), (true, false), (false, true), (true, true)] {
        let rig = Rig::with(
            |options| {
                options.token_without_expires_at = silent;
                options.times_as_numbers = numbers;
            },
            |_| {},
        );

        let issued = rig.provider.initiate(&flow()).await.unwrap();

        let life = issued.expires_at.duration_since(gerbang::domain::Clock::now(&rig.clock));
        assert_eq!(life, SignedDuration::from_hours(60 * 24));
        rig.clock.advance(SignedDuration::from_mins(24));
        rig.provider.initiate(&flow()).await.unwrap();
        assert_eq!(rig.control().calls(Operation::Token), 1);
    }
}

#[tokio::test]
async fn many_starts_at_once_share_one_partner_token() {
    let rig = Rig::with(|_| {}, |provider| provider.max_concurrent = 200);
    let flows: Vec<_> = (0..200).map(|_| flow()).collect();

    let issued =
        futures_util::future::join_all(flows.iter().map(|flow| rig.provider.initiate(flow))).await;

    assert!(issued.iter().all(Result::is_ok));
    assert_eq!(rig.control().calls(Operation::Token), 1);
}

#[tokio::test]
async fn nothing_captured_is_no_submission() {
    let rig = Rig::start();
    let flow = flow();
    rig.provider.initiate(&flow).await.unwrap();

    let found = rig.provider.submission(&query(&flow)).await.unwrap();

    assert!(found.is_none());
}

#[tokio::test]
async fn a_captured_submission_is_read_whole() {
    let rig = Rig::with(|options| options.outcome_delay = std::time::Duration::ZERO, |_| {});
    let flow = flow();
    rig.provider.initiate(&flow).await.unwrap();
    rig.control().finish_capture_as(flow.session.as_str(), Outcome::ApprovedAtOnce).unwrap();
    rig.control()
        .wait_until(|control| control.submissions().iter().any(|it| it.status == "COMPLETED"))
        .await;

    let report = rig.provider.submission(&query(&flow)).await.unwrap().unwrap();

    assert_eq!(report.standing(), Standing::Approved);
    assert_eq!(report.names(&flow.user), Some(true));
    assert_eq!(report.session, Some(flow.session));
    assert!(std::str::from_utf8(report.body.expose()).unwrap().contains("ktpData"));
    let sent = only(rig.control().requests_of(Operation::Details));
    assert_eq!(sent.header("x-esign-onboarding-partner"), None);
}

#[tokio::test]
async fn a_details_read_sends_the_session_id_it_is_told_to() {
    let flow = flow();
    for (session, same) in [(DetailsSession::Attempt, true), (DetailsSession::Fresh, false)] {
        let rig = Rig::with(|_| {}, |provider| provider.details_session = session);

        rig.provider.submission(&query(&flow)).await.unwrap();

        let sent = only(rig.control().requests_of(Operation::Details));
        let named = sent.header("x-partner-session-id").unwrap();
        assert_eq!(named == flow.session.as_str(), same);
        assert!(SessionId::parse(named).is_ok());
    }
}

#[tokio::test]
async fn a_revoked_partner_token_is_replaced_once_under_the_same_session_id() {
    let rig = Rig::start();
    rig.provider.initiate(&flow()).await.unwrap();
    rig.clock.advance(SignedDuration::from_mins(1));
    rig.control().revoke_partner_tokens();
    let flow = flow();

    rig.provider.initiate(&flow).await.unwrap();

    let sent = rig.control().requests_of(Operation::Initiate);
    let sessions: Vec<_> = sent.iter().map(|it| it.header("x-partner-session-id")).collect();
    assert_eq!(sessions[1..], [Some(flow.session.as_str()); 2]);
    assert_eq!(rig.control().calls(Operation::Token), 2);
}

#[tokio::test]
async fn a_revoked_partner_token_is_replaced_though_the_call_may_not_be_repeated() {
    let rig = Rig::with(|_| {}, |provider| provider.max_concurrent = 1);
    let revoke = || {
        rig.clock.advance(SignedDuration::from_mins(1));
        rig.control().revoke_partner_tokens();
    };
    rig.provider.initiate(&flow()).await.unwrap();
    revoke();
    // Takes the one repetition that there is in reserve.
    rig.provider.initiate(&flow()).await.unwrap();
    revoke();

    let refused = rig.provider.initiate(&flow()).await.unwrap_err();
    let next = rig.provider.initiate(&flow()).await;

    assert!(matches!(refused, UpstreamError::Unauthorized));
    assert!(next.is_ok(), "{next:?}");
    assert_eq!(rig.control().calls(Operation::Token), 3);
}

#[tokio::test]
async fn a_client_whose_fresh_token_is_refused_as_well_gives_up() {
    let rig = Rig::start();
    rig.provider.initiate(&flow()).await.unwrap();
    rig.clock.advance(SignedDuration::from_mins(1));
    rig.control().push_fault(FaultRule::always(Operation::Initiate, Fault::RevokeTokens));

    let refused = rig.provider.initiate(&flow()).await.unwrap_err();

    assert!(matches!(refused, UpstreamError::Unauthorized));
    assert_eq!(rig.control().calls(Operation::Token), 2);
    assert_eq!(rig.control().calls(Operation::Initiate), 3);

    // Nobody is sent with that one, either.
    rig.control().clear_faults();
    rig.clock.advance(SignedDuration::from_mins(1));
    rig.provider.initiate(&flow()).await.unwrap();
    assert_eq!(rig.control().calls(Operation::Token), 3);
    assert_eq!(rig.control().calls(Operation::Initiate), 4);
}

#[tokio::test]
async fn wrong_credentials_are_our_fault_and_cost_no_data_call() {
    let rig = Rig::with(|_| {}, |provider| provider.client_id = "somebody-else".into());

    let refused = rig.provider.initiate(&flow()).await.unwrap_err();

    assert!(matches!(refused, UpstreamError::Unauthorized));
    assert_eq!(rig.control().calls(Operation::Initiate), 0);
}

#[tokio::test]
async fn a_used_session_id_is_told_apart() {
    let rig = Rig::start();
    let flow = flow();
    rig.provider.initiate(&flow).await.unwrap();

    let refused = rig.provider.initiate(&flow).await.unwrap_err();

    assert!(matches!(refused, UpstreamError::DuplicateSession));
}

#[tokio::test]
async fn an_onboarding_partner_of_somebody_else_is_our_fault() {
    let rig = Rig::with(
        |_| {},
        |provider| provider.onboarding_partner.sdk = Some("SOMEBODY-ELSE".into()),
    );

    let refused = rig.provider.initiate(&flow()).await.unwrap_err();

    let cause = "ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT";
    assert!(matches!(refused, UpstreamError::Misconfigured(it) if it == cause));
}

#[tokio::test]
async fn a_launch_url_to_a_host_that_is_not_listed_is_refused() {
    let rig = Rig::with(|_| {}, |provider| provider.launch_hosts = vec!["web.example.com".into()]);

    let refused = rig.provider.initiate(&web_flow()).await.unwrap_err();

    assert!(matches!(refused, UpstreamError::Garbled(_)));
}

#[tokio::test]
async fn a_callback_is_read_with_the_configured_user_id_type() {
    let rig = Rig::start();
    let body = br#"{"submissionId":"a","userId":"u","userIdType":"OTHER","status":"COMPLETED",
        "result":"VALID","processedAt":"2026-06-01T03:15:42Z"}"#;

    let report = rig.provider.read_callback(body).unwrap();

    assert_eq!(report.user_type_fits, Some(false));
    assert_eq!(report.submission.processed_at, Timestamp::from_second(1_780_283_742).ok());
    assert!(rig.provider.read_callback(b"\xff").is_err());
    assert!(rig.provider.read_callback(b"").is_err());
}
