//! The periods one by one: each does what it says, to what it is about, and to nothing else.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::given::{approved, count, erase, export, gone_soon, look, pass, sealed};
use crate::{support::TestApp, webhooks::receiver::Receiver};

async fn with(periods: &str) -> TestApp {
    TestApp::builder().settings(&format!("[retention]\n{periods}")).start().await
}

/// The first verification of an export.
async fn exported(app: &TestApp, user: &str) -> Value {
    export(app, user).await.json()["verifications"][0].clone()
}

/// A callback for nobody of ours.
fn stray(session: &str) -> Value {
    json!({
        "submissionId": "sub-of-nobody", "userId": "cust-9", "status": "IN_PROGRESS",
        "userIdType": "EXAMPLE_APP_USER_ID", "partnerSessionId": session,
    })
}

#[tokio::test]
async fn the_value_of_a_contact_goes_and_the_rest_stays() {
    let app = with("contacts = \"48h\"").await;
    let (_, id, _) = approved(&app, "cust-1").await;
    let start = json!({ "channel": "sdk" });
    let open = app.start_verification(&app.token("cust-2", "00"), start).await.text("/id");
    let sealed =
        sealed(&app, &["SELECT substr(identity, -40) FROM verifications WHERE closed > 0"]);

    pass(&app, 47).await;
    let before = exported(&app, "cust-1").await;
    pass(&app, 2).await;
    let after = exported(&app, "cust-1").await;

    assert_eq!(before["contact"]["value"], "6281234560001");
    let mut expected = before.clone();
    expected["contact"].as_object_mut().unwrap().remove("value");
    // The other class whose time came on the way.
    expected["attempts"].clone_from(&after["attempts"]);
    assert_eq!(after, expected);
    gone_soon(&app, &sealed).await;
    let seen = app.inspect(&app.service_token("verification:read"), &id).await.json();
    assert_eq!(seen["contact"]["kind"], "phone");
    assert_eq!(seen["contact"]["verificationReferenceId"], "otp-0001");
    // The other one was closed a day later than the first.
    let other = exported(&app, "cust-2").await;
    assert_eq!((&other["id"], &other["contact"]["value"]), (&json!(open), &json!("6281234560000")));
    app.stop().await;
}

#[tokio::test]
async fn a_contact_that_the_law_wants_outlives_its_period() {
    let app = with("contacts = \"48h\"\nhold = [\"contact\"]\nhold_for = \"500h\"").await;
    approved(&app, "cust-1").await;

    pass(&app, 300).await;
    let kept = exported(&app, "cust-1").await["contact"]["value"].clone();
    pass(&app, 201).await;

    assert_eq!(kept, "6281234560001");
    assert_eq!(exported(&app, "cust-1").await["contact"]["value"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn what_is_kept_after_an_erasure_says_which_contact_was_gone() {
    let app = with("contacts = \"24h\"\nhold = [\"contact\"]\nhold_for = \"24h\"").await;
    approved(&app, "cust-1").await;
    pass(&app, 25).await;

    erase(&app, "cust-1").await;

    let held = export(&app, "cust-1").await.json()["heldByLaw"][0]["data"].clone();
    assert_eq!(held["contact"]["kind"], "phone");
    assert_eq!(held["contact"]["verificationReferenceId"], "otp-0001");
    assert_eq!(held["contact"]["value"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn a_credential_goes_some_time_after_its_end() {
    let app = with("credentials = \"2h\"").await;
    let token = app.token("cust-1", "00");
    let started = app.start_verification(&token, json!({ "channel": "sdk" })).await;
    let end: Timestamp = started.text("/tokenExpiresAt").parse().unwrap();
    let life = end.duration_since(app.now()).as_hours();
    let sealed = sealed(&app, &["SELECT substr(attempts, -40) FROM verifications"]);

    pass(&app, life + 1).await;
    let before = exported(&app, "cust-1").await;
    pass(&app, 2).await;
    let after = exported(&app, "cust-1").await;

    let credential = |held: bool| json!({ "kind": "sdk_token", "held": held, "expiresAt": end });
    assert_eq!(before["attempts"][0]["credential"], credential(true));
    assert_eq!(after["attempts"][0]["credential"], credential(false));
    let mut expected = before.clone();
    expected["attempts"][0]["credential"]["held"] = json!(false);
    assert_eq!(after, expected, "nothing else is another");
    gone_soon(&app, &sealed).await;
    let again =
        app.start_verification(&app.token("cust-1", "00"), json!({ "channel": "sdk" })).await;
    assert_eq!(again.status, 201);
    app.stop().await;
}

#[tokio::test]
async fn callbacks_of_nobody_have_a_period_of_their_own() {
    let app = with("orphans = \"10h\"").await;
    approved(&app, "cust-1").await;
    let tied = count(&app, "callbacks");
    app.call_back(stray("session-of-nobody")).await;
    app.idle().await;

    pass(&app, 9).await;
    app.idle().await;
    let early = count(&app, "callbacks");
    // One that waits is tried again each hour.
    pass(&app, 2).await;
    app.idle().await;

    assert_eq!((early, count(&app, "callbacks")), (tied + 1, tied));
    app.stop().await;
}

#[tokio::test]
async fn callbacks_set_aside_have_a_period_of_their_own() {
    let app = with("callbacks = \"24h\"\ncallbacks_aside = \"96h\"").await;
    approved(&app, "cust-1").await;
    app.call_back(json!({ "hello": "there" })).await;
    app.idle().await;

    pass(&app, 25).await;
    let (aside, all) = (
        look(&app).query_row("SELECT count(*) FROM callbacks WHERE state = 'aside'", [], |row| {
            row.get(0)
        }),
        count(&app, "callbacks"),
    );
    pass(&app, 70).await;
    let early = count(&app, "callbacks");
    pass(&app, 2).await;

    assert_eq!((aside, all, early), (Ok(1), 1, 1));
    assert_eq!((count(&app, "callbacks"), count(&app, "callback_bodies")), (0, 0));
    app.stop().await;
}

#[tokio::test]
async fn webhooks_have_a_period_of_their_own() {
    let receiver = Receiver::start().await;
    let settings = format!("{}[retention]\nwebhooks = \"96h\"", receiver.settings("ledger"));
    let app = TestApp::builder().settings(&settings).start().await;
    approved(&app, "cust-1").await;
    let sent = usize::try_from(count(&app, "webhook_deliveries")).unwrap();
    receiver.received(sent).await;

    pass(&app, 95).await;
    let early = count(&app, "webhook_deliveries");
    pass(&app, 2).await;

    assert_eq!((sent > 0, usize::try_from(early).unwrap()), (true, sent));
    assert_eq!((count(&app, "webhook_deliveries"), count(&app, "verifications")), (0, 1));
    app.stop().await;
}

#[tokio::test]
async fn entries_of_the_audit_log_have_a_period_of_their_own() {
    let app = with("audit = \"720h\"").await;
    export(&app, "cust-1").await;
    let entries = count(&app, "audit");
    pass(&app, 360).await;
    export(&app, "cust-1").await;

    pass(&app, 359).await;
    let early = count(&app, "audit");
    pass(&app, 2).await;

    assert_eq!((entries > 0, early), (true, entries + 1));
    let mut actions: Vec<String> = Vec::new();
    let beside = look(&app);
    let mut statement = beside.prepare("SELECT action FROM audit ORDER BY sequence").unwrap();
    actions.extend(statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap));
    assert_eq!(actions, ["subject_exported", "audit_pruned"]);
    drop(statement);
    // The chain goes on from where it was cut.
    let again = app.restart().await;
    let page = again.audit(&again.service_token("audit:read"), "?userId=cust-1").await.json();
    let listed: Vec<_> = page["items"].as_array().unwrap().iter().map(|it| &it["action"]).collect();
    assert_eq!(listed, ["audit_read", "subject_exported"]);
    again.stop().await;
}

#[tokio::test]
async fn marks_of_erasures_have_a_period_of_their_own() {
    let app = with("tombstones = \"720h\"").await;
    let (_, _, session) = approved(&app, "cust-1").await;
    erase(&app, "cust-1").await;
    app.call_back(stray(&session)).await;
    let marks = || (count(&app, "tombstones"), count(&app, "late_callbacks"));
    let (left, late) = marks();

    pass(&app, 719).await;
    let early = marks();
    pass(&app, 2).await;

    assert_eq!((left > 0, late, early), (true, 1, (left, 1)));
    assert_eq!(marks(), (0, 0));
    // From now on it is one that names nothing of ours.
    app.advance(SignedDuration::from_secs(1)).await;
    app.call_back(stray(&session)).await;
    assert_eq!(count(&app, "callbacks"), 1);
    app.stop().await;
}
