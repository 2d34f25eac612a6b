//! A provider that is slow, broken or lying, and one that is not there.

use std::fmt::Write as _;

use std::{error::Error, net::TcpListener, time::Duration};

use gerbang::{
    sandbox::{Fault, FaultBody, FaultRule, Operation},
    upstream::UpstreamError,
};
use jiff::SignedDuration;

use super::rig::{self, Rig, flow, query};
use crate::support::ManualClock;

/// Deadlines that a test can wait for.
fn hasty() -> Rig {
    Rig::with(
        |_| {},
        |provider| {
            provider.initiate_timeout = Duration::from_millis(200);
            provider.details_timeout = Duration::from_millis(200);
            provider.token_timeout = Duration::from_millis(200);
        },
    )
}

/// Everything an operator could come to read about a failure.
fn whole(failure: &UpstreamError) -> String {
    let mut text = format!("{failure:?} {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        write!(text, " {error:?} {error}").unwrap();
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn each_misbehaviour_of_initiate_flow_is_told_apart() {
    let status = |status, body, retry_after| Fault::Status { status, body, retry_after };
    let elsewhere = Fault::Redirect { location: "http://127.0.0.1:9/elsewhere".into() };
    for (fault, expected) in [
        (Fault::Hang, "TimedOut"),
        (Fault::Drip { bytes: 1, millis: 50 }, "TimedOut"),
        (Fault::Close, "Broken("),
        (Fault::CutBody, "Broken("),
        (Fault::Garbage, "Garbled("),
        (Fault::HugeBody { bytes: 10_000_000 }, "Garbled(\"the answer is too large\")"),
        (elsewhere, "Refused { status: 302 }"),
        (status(500, FaultBody::Json, None), "Unavailable { status: 500, retry_after: None }"),
        (status(502, FaultBody::Html, None), "Unavailable { status: 502, retry_after: None }"),
        (status(503, FaultBody::Empty, None), "Unavailable { status: 503, retry_after: None }"),
        (
            status(429, FaultBody::Html, Some(7)),
            "Unavailable { status: 429, retry_after: Some(7s) }",
        ),
        (status(403, FaultBody::Html, None), "Misconfigured(\"403 without a documented cause\")"),
        (status(404, FaultBody::Html, None), "Refused { status: 404 }"),
        (status(418, FaultBody::Json, None), "Refused { status: 418 }"),
    ] {
        let rig = hasty();
        rig.control().push_fault(FaultRule::always(Operation::Initiate, fault.clone()));

        let failure = rig.provider.initiate(&flow()).await.unwrap_err();

        let shown = format!("{failure:?}");
        assert!(shown.starts_with(expected), "{fault:?}: {shown}");
        assert_eq!(rig.control().calls(Operation::Initiate), 1, "{fault:?} was asked again");
        let whole = whole(&failure);
        assert!(!whole.contains("http:") && !whole.contains("esign"), "{whole}");
        rig.control().clear_faults();
    }
}

#[tokio::test]
async fn a_wrong_content_type_is_no_reason_to_refuse_a_good_answer() {
    let rig = Rig::start();
    let fault = FaultRule::once(Operation::Initiate, Fault::WrongContentType);
    rig.control().push_fault(fault);

    assert!(rig.provider.initiate(&flow()).await.is_ok());
}

#[tokio::test]
async fn a_404_that_is_not_the_providers_own_is_not_read_as_absence() {
    let rig = Rig::start();
    let page = Fault::Status { status: 404, body: FaultBody::Html, retry_after: None };
    rig.control().push_fault(FaultRule::once(Operation::Details, page));

    let failure = rig.provider.submission(&query(&flow())).await.unwrap_err();

    assert!(matches!(failure, UpstreamError::Refused { status: 404 }));
}

#[tokio::test]
async fn a_provider_that_is_not_there_was_not_reached() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    gerbang::auth::install_crypto();
    let provider = rig::client(&rig::settings(&format!("http://{free}")), &ManualClock::new());

    let failure = provider.initiate(&flow()).await.unwrap_err();

    assert!(matches!(failure, UpstreamError::Unreachable(_)), "{failure:?}");
    assert!(!whole(&failure).contains("http://"), "{failure:?}");
}

#[tokio::test]
async fn a_hanging_issuer_means_that_the_call_was_never_made() {
    let rig = hasty();
    rig.control().push_fault(FaultRule::always(Operation::Token, Fault::Hang));

    let failure = rig.provider.initiate(&flow()).await.unwrap_err();

    assert!(matches!(failure, UpstreamError::Unreachable(_)), "{failure:?}");
    assert_eq!(rig.control().calls(Operation::Initiate), 0);
    rig.control().clear_faults();
}

#[tokio::test]
async fn a_garbled_token_answer_is_not_sent_on() {
    for fault in [Fault::Garbage, Fault::CutBody, Fault::HugeBody { bytes: 10_000_000 }] {
        let rig = hasty();
        rig.control().push_fault(FaultRule::once(Operation::Token, fault));

        let failure = rig.provider.initiate(&flow()).await.unwrap_err();

        assert!(matches!(failure, UpstreamError::Unreachable(_)), "{failure:?}");
        rig.clock.advance(SignedDuration::from_secs(1));
        assert!(rig.provider.initiate(&flow()).await.is_ok());
    }
}

#[tokio::test]
async fn an_issuer_outage_harms_nobody_while_the_token_lives() {
    let rig = Rig::start();
    rig.provider.initiate(&flow()).await.unwrap();
    let down = Fault::Status { status: 503, body: FaultBody::Html, retry_after: None };
    rig.control().push_fault(FaultRule::always(Operation::Token, down));

    rig.clock.advance(SignedDuration::from_mins(26));
    rig.control().wait_for_calls(Operation::Token, 2).await;

    assert!(rig.provider.initiate(&flow()).await.is_ok());
    rig.control().clear_faults();
    rig.clock.advance(SignedDuration::from_secs(40));
    rig.control().wait_for_calls(Operation::Token, 3).await;
    rig.clock.advance(SignedDuration::from_mins(4));
    assert!(rig.provider.initiate(&flow()).await.is_ok());
}

#[tokio::test]
async fn a_hanging_operation_takes_no_place_from_another() {
    let rig = Rig::with(|_| {}, |provider| provider.max_concurrent = 1);
    rig.control().push_fault(FaultRule::always(Operation::Initiate, Fault::Hang));
    let (hanging, refused) = (flow(), flow());
    let hang = rig.provider.initiate(&hanging);
    let meanwhile = async {
        rig.control().wait_for_calls(Operation::Initiate, 1).await;
        let refused = rig.provider.initiate(&refused).await;
        let read = rig.provider.submission(&query(&flow())).await;
        rig.control().clear_faults();
        (refused, read)
    };

    let (issued, (refused, read)) = tokio::join!(hang, meanwhile);

    assert!(matches!(refused, Err(UpstreamError::Saturated)));
    assert!(read.is_ok_and(|found| found.is_none()));
    assert!(issued.is_ok());
}
