//! The commands of the quick start and of the page on repeating.

use std::path::Path;

use super::bed::{demo, here, pieces, run};

const QUICK_START: &str = include_str!("../../../docs/quick-start.md");
const REPEATING: &str = include_str!("../../../docs/idempotency.md");

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_leads_to_an_approval_and_to_a_rejection() {
    let demo = demo().await;
    let folder = tempfile::tempdir().unwrap();
    let script = format!("set -e\n{}", here(&pieces(QUICK_START, "sh").concat(), &demo));
    let other = script.replace("contact=6281200000000", "contact=6281200000014");

    let approved = bash(&script, folder.path()).await;
    let rejected = bash(&other, folder.path()).await;

    if let (Some(approved), Some(rejected)) = (approved, rejected) {
        assert!(approved.contains("\"nextAction\":\"open_sdk\""), "{approved}");
        assert!(approved.contains("\"status\":\"approved\",\"nextAction\":\"none\""), "{approved}");
        assert!(approved.contains("\"result\":\"VALID\""), "{approved}");
        assert!(rejected.contains("\"code\":\"face_not_verified\""), "{rejected}");
    }
    demo.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_on_repeating_gets_the_same_answer_twice() {
    let demo = demo().await;
    let folder = tempfile::tempdir().unwrap();
    // Signing in, as in the quick start, and then this page's own lines.
    let before = pieces(QUICK_START, "sh")[..2].concat();
    let script = here(&(before + &pieces(REPEATING, "sh").concat()), &demo);

    let printed = bash(&format!("set -e\n{script}"), folder.path()).await;

    if let Some(printed) = printed {
        assert_eq!(printed.trim().to_lowercase(), "idempotency-replayed: true");
        let answer = std::fs::read_to_string(folder.path().join("second.json")).unwrap();
        assert!(answer.contains("\"sdkToken\""), "{answer}");
        let newest = std::fs::read_to_string(folder.path().join("newest.json")).unwrap();
        assert!(newest.contains("\"nextAction\":\"open_sdk\""), "{newest}");
    }
    demo.stop().await.unwrap();
}

async fn bash(script: &str, folder: &Path) -> Option<String> {
    run("bash", &["-c", script], folder).await
}
