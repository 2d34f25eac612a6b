//! What is printed of what is remembered: neither who nor what, whoever prints it by mistake.

use super::{
    bed::{at, callback, details, find, issued, open, record, report, valid, wanted},
    folder::Folder,
};

#[tokio::test]
async fn nothing_personal_shows_when_what_is_remembered_is_printed() {
    let folder = Folder::new();
    let store = folder.open().await;
    let (_, session) = issued(&*store, "cust-canary-1").await;
    let resumed = open(&*store, wanted("cust-canary-1"), 1).await;
    let said = report("sub-1", "cust-canary-1", Some(&session), valid());
    let new = callback(&said, 1);
    store.keep_callback(new.clone()).await.unwrap();
    let kept = store.due_callbacks(at(1), 10).await.unwrap();
    let wish = wanted("cust-canary-1");
    let verification = match &resumed {
        gerbang::storage::Opened::Resumed(verification, _) => verification.id,
        other => panic!("not resumed: {other:?}"),
    };
    let recorded = record(&*store, verification, details(said.clone()), 2).await;
    let read = find(&*store, verification).await;

    // Parts of what is printed short, too: another type may hold them tomorrow.
    let parts = (&wish.contact, &wish.redirects, &read.contact, &read.user);
    let printed =
        format!("{wish:?} {resumed:?} {new:?} {kept:?} {said:?} {recorded:?} {read:?} {parts:?}");

    assert_eq!((kept.len(), read.attempts.len()), (1, 1));
    assert!(printed.contains(&verification.to_string()), "{printed}");
    for canary in [
        "628127777",
        "cust-canary",
        "otp-canary",
        "canary-sdk-token",
        "canary-partner-reference",
        "canary-consent-reference",
        "app.example.com",
        "CANARY NAME",
        "9901015403920001",
    ] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}
