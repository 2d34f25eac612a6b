//! Retention: each class goes when its time is over, and not before.

use jiff::SignedDuration;

use super::given::{approved, count, held};
use crate::support::{PATIENCE, TestApp};

/// Moves the clock, and waits until the job that forgets has had its turn.
async fn pass(app: &TestApp, hours: i64) {
    app.idle().await;
    app.clock.wait_for_sleepers_until(app.now() + SignedDuration::from_mins(1), 2).await;
    app.clock.advance(SignedDuration::from_hours(hours));
    let minute = app.now() + SignedDuration::from_mins(1);
    // Those that forget callers, forget what is held, look after the keys and anchor the audit log.
    let slept = app.clock.wait_for_sleepers_until(minute, 4);
    tokio::time::timeout(PATIENCE, slept).await.expect("a job that has had its turn");
}

#[tokio::test]
async fn each_class_goes_when_its_time_is_over() {
    let periods = "[retention]\nsubmissions = \"48h\"\ncallbacks = \"96h\"\n\
                   verifications = \"200h\"";
    let app = TestApp::builder().settings(periods).start().await;
    let (token, id, _) = approved(&app, "cust-1").await;
    let callbacks = count(&app, "callbacks");
    assert!(callbacks > 0 && count(&app, "submission_bodies") == 1);

    pass(&app, 47).await;
    assert_eq!(count(&app, "submission_bodies"), 1);
    pass(&app, 2).await;
    assert_eq!((count(&app, "submission_bodies"), count(&app, "callbacks")), (0, callbacks));
    let fresh = app.token("cust-1", "01");
    assert_eq!(app.get_verification(&fresh, &id).await.text("/status"), "approved");
    pass(&app, 50).await;
    assert_eq!((count(&app, "callbacks"), count(&app, "verifications")), (0, 1));
    pass(&app, 102).await;

    assert_eq!(held(&app), []);
    drop(token);
    app.stop().await;
}

#[tokio::test]
async fn what_the_law_wants_outlives_its_period() {
    let periods = "[retention]\nsubmissions = \"48h\"\nverifications = \"200h\"\n\
                   hold = [\"submission\"]\nhold_for = \"500h\"";
    let app = TestApp::builder().settings(periods).start().await;
    approved(&app, "cust-1").await;

    pass(&app, 300).await;
    let kept = (count(&app, "submission_bodies"), count(&app, "verifications"));
    pass(&app, 300).await;

    assert_eq!(kept, (1, 1));
    assert_eq!((count(&app, "submission_bodies"), count(&app, "verifications")), (0, 0));
    app.stop().await;
}
