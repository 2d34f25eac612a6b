//! Webhooks: written with the change they tell of, kept until they have arrived or were given up.

use std::time::Duration;

use gerbang::{
    domain::{
        CaptureOutcome, Delivery, DeliveryOutcome, DeliveryState, Endpoint, EndpointId, News,
        NextStep, Status, Tried, WebhookEvent,
    },
    storage::{DeliveryFilter, Redelivered, Store},
};
use rusqlite::Connection;

use super::{
    bed::{at, details, issued, record, report, started, valid},
    folder::Folder,
};

fn endpoint(id: &str, url: &str) -> Endpoint {
    Endpoint {
        id: EndpointId::parse(id).unwrap(),
        url: url.into(),
        events: WebhookEvent::ALL.to_vec(),
    }
}

async fn set(store: &dyn Store, endpoints: &[(&str, &str)], minutes: i64) {
    let endpoints = endpoints.iter().map(|(id, url)| endpoint(id, url)).collect();
    store.set_endpoints(endpoints, at(minutes)).await.unwrap();
}

async fn due(store: &dyn Store, id: &str, minutes: i64) -> Vec<Delivery> {
    let id = EndpointId::parse(id).unwrap();
    let due = store.due_deliveries(id, at(minutes), 100).await.unwrap();
    due.into_iter().map(|due| due.delivery).collect()
}

async fn all(store: &dyn Store) -> Vec<Delivery> {
    store.deliveries(DeliveryFilter::default(), None, 100).await.unwrap().items
}

async fn tried(store: &dyn Store, delivery: &Delivery, outcome: DeliveryOutcome, next: NextStep) {
    let tried = Tried { outcome, status: Some(500), retry_after: None };
    store.record_try(delivery.id, tried, next, at(10)).await.unwrap();
}

async fn lets_expire(store: &dyn Store, name: &str) {
    let (verification, _) = issued(store, name).await;
    record(store, verification.id, News::TimePassed, 25 * 60).await;
}

pub(super) async fn a_new_status_leaves_a_webhook_for_each_endpoint(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/"), ("ledger", "https://b.example/")], 0).await;
    let mut posts = store.posts().subscribe();
    let (verification, session) = issued(store, "cust-1").await;
    record(store, verification.id, News::Captured(CaptureOutcome::Completed), 1).await;
    assert_eq!(all(store).await.len(), 0, "neither a start nor a hint is a new status");

    let said = report("sub-1", "cust-1", Some(&session), valid());
    let approved = record(store, verification.id, details(said.clone()), 2).await.verification;
    record(store, verification.id, details(said), 3).await;

    tokio::time::timeout(Duration::from_secs(10), posts.changed()).await.unwrap();
    for id in ["crm", "ledger"] {
        let [webhook] = due(store, id, 2).await.try_into().unwrap();
        assert_eq!((webhook.status, webhook.reason), (Status::Approved, None));
        assert_eq!(webhook.revision, approved.revision);
        assert_eq!(webhook.verification, verification.id);
        assert_eq!((webhook.created_at, webhook.occurred_at), (at(0), at(2)));
        assert_eq!(due(store, id, 1).await.len(), 0);
    }
    assert_eq!(all(store).await.len(), 2);
}

pub(super) async fn without_endpoints_nothing_is_written(store: &dyn Store) {
    lets_expire(store, "cust-1").await;

    assert_eq!(all(store).await.len(), 0);
}

pub(super) async fn the_reference_comes_with_what_is_due(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/")], 0).await;
    lets_expire(store, "cust-1").await;

    let crm = EndpointId::parse("crm").unwrap();
    let due = store.due_deliveries(crm, at(25 * 60), 1).await.unwrap();

    assert_eq!(due[0].reference.as_deref(), Some("canary-partner-reference"));
}

pub(super) async fn what_has_arrived_stays_arrived(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/")], 0).await;
    lets_expire(store, "cust-1").await;
    let [webhook] = due(store, "crm", 9000).await.try_into().unwrap();

    tried(store, &webhook, DeliveryOutcome::Delivered, NextStep::Done).await;
    tried(store, &webhook, DeliveryOutcome::Refused, NextStep::GiveUp).await;

    let [kept] = all(store).await.try_into().unwrap();
    assert_eq!((kept.state, kept.tries, kept.next_at), (DeliveryState::Delivered, 1, None));
    assert_eq!(due(store, "crm", 9000).await.len(), 0);
}

pub(super) async fn a_disabled_endpoint_keeps_what_waits_for_it(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/"), ("ledger", "https://b.example/")], 0).await;
    lets_expire(store, "cust-1").await;
    let [webhook] = due(store, "crm", 9000).await.try_into().unwrap();

    tried(store, &webhook, DeliveryOutcome::Gone, NextStep::Disable).await;
    set(store, &[("crm", "https://a.example/"), ("ledger", "https://b.example/")], 11).await;
    lets_expire(store, "cust-2").await;

    assert_eq!(due(store, "crm", 9000).await.len(), 0);
    assert_eq!(due(store, "ledger", 9000).await.len(), 2);
    let standings = store.endpoints().await.unwrap();
    assert_eq!((standings[0].disabled_at, standings[0].pending), (Some(at(10)), 2));
    set(store, &[("crm", "https://c.example/"), ("ledger", "https://b.example/")], 12).await;
    assert_eq!(due(store, "crm", 9000).await.len(), 2);
    assert_eq!(store.endpoints().await.unwrap()[0].disabled_at, None);
}

pub(super) async fn an_endpoint_taken_out_is_told_nothing_more(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/")], 0).await;
    lets_expire(store, "cust-1").await;

    set(store, &[], 1).await;
    lets_expire(store, "cust-2").await;

    let [webhook] = all(store).await.try_into().unwrap();
    assert_eq!(webhook.state, DeliveryState::Dead);
    let again = store.redeliver(webhook.id, at(2)).await.unwrap();
    assert!(matches!(again, Redelivered::NoEndpoint), "{again:?}");
}

pub(super) async fn old_deliveries_are_forgotten_in_batches(store: &dyn Store) {
    set(store, &[("crm", "https://a.example/")], 0).await;
    for name in ["cust-1", "cust-2", "cust-3"] {
        lets_expire(store, name).await;
    }

    let early = store.forget_deliveries(at(25 * 60), 2).await.unwrap();
    let first = store.forget_deliveries(at(25 * 60 + 1), 2).await.unwrap();
    let second = store.forget_deliveries(at(25 * 60 + 1), 2).await.unwrap();

    assert_eq!((early, first, second, all(store).await.len()), (0, 2, 1, 0));
}

#[tokio::test]
async fn a_damaged_webhook_is_given_up_and_the_others_are_due() {
    let folder = Folder::new();
    let store = folder.open().await;
    set(&*store, &[("crm", "https://a.example/")], 0).await;
    for name in ["cust-1", "cust-2", "cust-3"] {
        lets_expire(&*store, name).await;
    }
    store.close().await;
    let conn = Connection::open(folder.database()).unwrap();
    let first = "(SELECT min(number) FROM webhook_deliveries)";
    let damage = format!("UPDATE webhook_deliveries SET status = 'elated' WHERE number = {first}");
    assert_eq!(conn.execute(&damage, []).unwrap(), 1);
    // The second one's verification is damaged, where its reference stands.
    let damage = "UPDATE verifications SET identity = x'01' WHERE number = 2";
    assert_eq!(conn.execute(damage, []).unwrap(), 1);
    drop(conn);
    let store = folder.open().await;

    let seen = due(&*store, "crm", 9000).await.len();
    let again = due(&*store, "crm", 9000).await.len();

    assert_eq!((seen, again), (2, 2));
    let standing = store.endpoints().await.unwrap().remove(0);
    assert_eq!((standing.pending, standing.dead), (2, 1));
    store.close().await;
}

#[tokio::test]
async fn of_an_address_no_byte_is_in_the_file() {
    let folder = Folder::new();
    let store = folder.open().await;
    set(&*store, &[("crm", "https://a.example/canary-path-99")], 0).await;
    started(&*store, "cust-1").await;
    store.close().await;

    for file in folder.files() {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("canary-path-99"), "{file:?}");
    }
}
