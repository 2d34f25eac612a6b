//! Whom our calls believe to be whom they meant: who has a certificate of an authority that is
//! trusted, for the name that was asked for, and still good.

use std::{net::SocketAddr, time::Duration};

use gerbang::{
    auth::install_crypto,
    config::{Directory as Settings, Egress, TextFile},
    domain::{Clock as _, UserId},
    upstream::{Directory as _, HttpClient, UpstreamError, UserService},
};

use super::authority::Authority;
use crate::support::ManualClock;

/// Asks the service that is reached by `name`, trusting `authority` beside the public ones.
async fn ask(
    name: &str,
    server: SocketAddr,
    authority: Option<&Authority>,
) -> Result<(), UpstreamError> {
    let ca = authority.map(|it| TextFile { path: "ca.pem".into(), text: it.pem() });
    let http = HttpClient::new(&Egress { proxy_url: None, ca }, Duration::from_secs(5)).unwrap();
    let settings = Settings {
        before: format!("https://{name}:{}/users/", server.port()),
        after: String::new(),
        header: None,
        timeout: Duration::from_secs(5),
    };
    let service = UserService::new(&settings, &http).unwrap();
    let user = UserId::parse("cust-1").unwrap();
    service.contacts(&user, ManualClock::new().now()).await.map(drop)
}

#[tokio::test]
async fn a_server_has_to_prove_its_name() {
    install_crypto();
    let (ours, other) = (Authority::new(), Authority::new());
    let (good, old) = (ours.serve("20990101000000Z"), ours.serve("20200201000000Z"));
    let refused = |outcome: Result<(), UpstreamError>| {
        matches!(outcome, Err(UpstreamError::Unreachable(_) | UpstreamError::Broken(_)))
    };

    assert!(ask("localhost", good, Some(&ours)).await.is_ok());
    assert!(refused(ask("localhost", good, None).await), "of nobody we know");
    assert!(refused(ask("localhost", good, Some(&other)).await), "of another authority");
    assert!(refused(ask("127.0.0.1", good, Some(&ours)).await), "of another name");
    assert!(refused(ask("localhost", old, Some(&ours)).await), "of the past");
}
