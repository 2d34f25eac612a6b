//! Retention: each class goes when its time is over, and not before.

use super::given::{approved, count, held, pass};
use crate::support::TestApp;

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
