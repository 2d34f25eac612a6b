//! Receivers that are down, slow, gone or lead elsewhere.

use std::time::Duration;

use gerbang::{
    config,
    domain::{
        DeliveryId, DeliveryOutcome, DeliveryState, DueDelivery, EndpointId, Status,
        VerificationId, WebhookEvent,
    },
    upstream::{Courier as _, HttpClient, SignedPost},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

use super::{
    delivering::expire,
    receiver::{Receiver, SECRET},
};
use crate::{
    contacts::user_service::Mood,
    support::{PATIENCE, TestApp},
};

async fn told_by(settings: &str) -> TestApp {
    TestApp::builder().settings(settings).start().await
}

#[tokio::test]
async fn a_receiver_that_is_down_is_told_when_it_is_up_again() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::says("503 Later", "canary answer"));
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;
    let first = receiver.received(1).await;
    let waiting = app.deliveries_until("", |items| items[0]["tries"] == 1).await;

    receiver.accept();
    app.advance(SignedDuration::from_secs(7)).await;
    let hooks = receiver.received(2).await;
    let done = app.deliveries_until("", |items| items[0]["state"] == "delivered").await;

    assert_eq!(waiting[0]["state"], "pending");
    assert_eq!(waiting[0]["lastTry"]["outcome"], "refused");
    assert_eq!(waiting[0]["lastTry"]["httpStatus"], 503);
    assert_eq!(hooks.len(), 2);
    assert_eq!(hooks[1].id(), first[0].id());
    assert_ne!(hooks[1].headers["webhook-timestamp"], first[0].headers["webhook-timestamp"]);
    assert_eq!(hooks[1].signed_by(SECRET), (1, vec![0]));
    assert_eq!(done[0]["tries"], 2);
    app.stop().await;
}

#[tokio::test]
async fn a_webhook_whose_arrival_cannot_be_written_down_is_not_sent_again_and_again() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::says("503 Later", ""));
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;
    app.deliveries_until("", |items| items[0]["tries"] == 1).await;
    let is_ready = async || {
        let answer = app.http.get(format!("{}/readyz", app.admin_url)).send().await.unwrap();
        answer.status().as_u16() == 200
    };
    app.idle().await;
    let other = Connection::open(app.directory.path().join("gerbang.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    receiver.accept();
    app.clock.advance(SignedDuration::from_secs(7));
    let sent_at = app.now();
    receiver.received(2).await;
    // Whether it is ready is found out by a write, behind that of the arrival.
    for _ in 0..2 {
        assert!(!is_ready().await);
        app.clock.advance(SignedDuration::from_secs(1));
    }
    other.execute_batch("ROLLBACK").unwrap();
    let done = async {
        loop {
            // It may begin its pause at any of these moments.
            app.clock.advance(SignedDuration::from_secs(1));
            let items = app.deliveries("").await.json()["items"].as_array().unwrap().clone();
            if items[0]["state"] == "delivered" {
                return items;
            }
        }
    };
    let done = tokio::time::timeout(PATIENCE, done).await.unwrap();

    assert_eq!(receiver.received(2).await.len(), 2);
    assert_eq!(done[0]["tries"], 2);
    let tried_at: Timestamp = done[0]["lastTry"]["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(tried_at, sent_at, "and not when it could be written down");
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_may_say_when_to_come_again() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::Raw(
        "HTTP/1.1 429 Slowly\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n".to_owned(),
    ));
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;

    let waiting = app.deliveries_until("", |items| items[0]["tries"] == 1).await;

    let next: Timestamp = waiting[0]["nextTryAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(next.duration_since(app.now()).as_secs(), 600);
    app.stop().await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let app = told_by(&receiver.settings("ledger")).await;
    for (count, status) in (1..).zip(["301 Moved", "302 Found", "307 There", "308 There"]) {
        receiver.set(Mood::Raw(format!(
            "HTTP/1.1 {status}\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url()
        )));
        expire(&app, &format!("cust-{count}")).await;

        let seen = app.deliveries_until("", |items| items[0]["tries"] == 1).await;

        assert_eq!(seen[0]["lastTry"]["outcome"], "refused", "{status}");
        // One failure after the other would have the endpoint left alone.
        receiver.accept();
        app.advance(SignedDuration::from_secs(10)).await;
        app.deliveries_until("", |items| items[0]["state"] == "delivered").await;
    }
    assert_eq!(elsewhere.hooks().len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_no_other_up_and_is_left_alone() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.set(Mood::Hang);
    let both = slow.settings("slow") + "timeout = \"100ms\"\n" + &quick.settings("quick");
    let app = told_by(&both).await;
    for user in 0..20 {
        let token = app.token(&format!("cust-{user}"), "00");
        app.start_verification(&token, serde_json::json!({ "channel": "sdk" })).await;
    }

    app.advance(SignedDuration::from_hours(25)).await;
    quick.received(20).await;
    slow.received(5).await;
    app.idle().await;
    let seen = app.deliveries("?endpoint=slow&limit=100").await.json();

    // Eight at once, and after five failures in a row none for now.
    let seen = seen["items"].as_array().unwrap();
    let tried: Vec<_> = seen.iter().filter(|it| it["tries"] != 0).collect();
    assert!((5..20).contains(&tried.len()), "{}", tried.len());
    assert!(tried.iter().all(|it| it["lastTry"]["outcome"] == "timed_out"), "{tried:?}");
    assert!(slow.hooks().len() < 20);
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_until_somebody_means_it() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::says("410 Gone", ""));
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;
    let gone = app.deliveries_until("", |items| items[0]["tries"] == 1).await;
    receiver.accept();
    let app = app.restart().await;
    expire(&app, "cust-2").await;
    app.idle().await;
    let silent = receiver.hooks().len();

    let answer = app.redeliver(gone[0]["id"].as_str().unwrap()).await;
    receiver.received(3).await;
    let done = |items: &[Value]| items.iter().all(|it| it["state"] == "delivered");
    app.deliveries_until("", done).await;

    assert_eq!(gone[0]["lastTry"]["outcome"], "gone");
    assert_eq!(gone[0]["state"], "pending");
    assert_eq!(silent, 1, "a disabled endpoint is told nothing, also after a restart");
    assert_eq!((answer.status, answer.text("/state").as_str()), (202, "pending"));
    let metrics = app.http.get(format!("{}/metrics", app.admin_url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("gerbang_alarms_total{alarm=\"webhook_endpoint_gone\"}"), "{metrics}");
    assert!(metrics.contains("gerbang_webhook_deliveries_total{outcome=\"gone\"}"), "{metrics}");
    app.stop().await;
}

#[tokio::test]
async fn another_address_enables_an_endpoint_and_the_same_one_does_not() {
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    old.set(Mood::says("410 Gone", ""));
    let app = told_by(&old.settings("ledger")).await;
    expire(&app, "cust-1").await;
    app.deliveries_until("", |items| items[0]["tries"] == 1).await;
    let file = app.directory.path().join("gerbang.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace(&old.url(), &new.url())).unwrap();

    let app = app.restart().await;
    let hooks = new.received(1).await;

    assert_eq!(hooks[0].id(), old.hooks()[0].id());
    app.stop().await;
}

#[tokio::test]
async fn after_three_days_a_webhook_is_given_up_and_can_be_set_going_again() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::Close);
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;
    for tries in 1..=12 {
        app.deliveries_until("", |items| items[0]["tries"] == tries).await;
        // Longer than any pause; the next try may begin at once.
        app.advance(SignedDuration::from_hours(30)).await;
    }
    let dead = app.deliveries_until("?state=dead", |items| items.len() == 1).await;
    app.idle().await;
    let tries = receiver.hooks().len();

    receiver.accept();
    let answer = app.redeliver(dead[0]["id"].as_str().unwrap()).await;
    let done = app.deliveries_until("", |items| items[0]["state"] == "delivered").await;

    assert_eq!((tries, dead[0]["lastTry"]["outcome"].as_str()), (12, Some("broken")));
    assert!(dead[0].get("nextTryAt").is_none());
    assert_eq!(answer.status, 202);
    assert_eq!(done[0]["id"], dead[0]["id"]);
    let hooks = receiver.received(13).await;
    assert!(hooks.iter().all(|hook| hook.id() == hooks[0].id()));
    app.stop().await;
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_taken_out_is_given_up() {
    let receiver = Receiver::start().await;
    receiver.set(Mood::says("500 Oh", ""));
    let app = told_by(&receiver.settings("ledger")).await;
    expire(&app, "cust-1").await;
    app.deliveries_until("", |items| items[0]["tries"] == 1).await;
    let file = app.directory.path().join("gerbang.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace(&receiver.settings("ledger"), "")).unwrap();

    let app = app.restart().await;
    let dead = app.deliveries_until("", |items| items[0]["state"] == "dead").await;
    let answer = app.redeliver(dead[0]["id"].as_str().unwrap()).await;

    assert_eq!(dead[0]["lastTry"]["outcome"], "endpoint_removed");
    assert_eq!((answer.status, answer.problem().as_str()), (409, "conflict"));
    app.stop().await;
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
    gerbang::auth::install_crypto();
    let receiver = Receiver::start().await;
    let egress = config::Egress { proxy_url: None, ca: None };
    let http = HttpClient::new(&egress, Duration::from_secs(1)).unwrap();
    let try_at = async |host: &str, local: bool| {
        let url = format!("http://{host}:{}/", receiver.port());
        let courier = SignedPost::new(&webhook(&url), &http, local).unwrap();
        courier.take(&due(), Timestamp::UNIX_EPOCH).await.outcome
    };

    for host in ["localhost", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        assert_eq!(try_at(host, false).await, DeliveryOutcome::ForbiddenAddress, "{host}");
    }
    assert_eq!(receiver.hooks().len(), 0);
    assert_eq!(try_at("localhost", true).await, DeliveryOutcome::Delivered);
    assert_eq!(try_at("169.254.169.254", true).await, DeliveryOutcome::ForbiddenAddress);
}

fn webhook(url: &str) -> config::Webhook {
    config::Webhook {
        id: EndpointId::parse("ledger").unwrap(),
        url: url.parse().unwrap(),
        keys: vec![vec![7; 32].into()],
        events: vec![WebhookEvent::VerificationUpdated],
        allow_networks: Vec::new(),
        timeout: Duration::from_secs(5),
    }
}

fn due() -> DueDelivery {
    let at = Timestamp::UNIX_EPOCH;
    DueDelivery {
        delivery: gerbang::domain::Delivery {
            id: DeliveryId::new(at),
            endpoint: EndpointId::parse("ledger").unwrap(),
            event: WebhookEvent::VerificationUpdated,
            verification: VerificationId::new(at),
            status: Status::Approved,
            reason: None,
            revision: 4,
            created_at: at,
            occurred_at: at,
            state: DeliveryState::Pending,
            tries: 0,
            next_at: None,
            last: None,
        },
        reference: None,
    }
}
