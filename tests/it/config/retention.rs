//! The periods: one default, wherever it stands, and a least and a most that are told.

use gerbang::{config::Mistakes, domain::Retention};

use super::sample::Sample;

/// Each period and the least it may be, in hours.
const PERIODS: [(&str, u32); 11] = [
    ("submissions", 1),
    ("verifications", 168),
    ("contacts", 24),
    ("credentials", 1),
    ("callbacks", 24),
    ("callbacks_aside", 24),
    ("orphans", 1),
    ("webhooks", 96),
    ("tombstones", 720),
    ("audit", 720),
    ("hold_for", 24),
];

/// Ten years.
const MOST: u32 = 10 * 366 * 24;

/// The keys that are blamed when `period` lasts so many minutes.
fn blamed(period: &str, minutes: u32) -> Vec<String> {
    let mut sample = Sample::local();
    sample.set(&format!("retention.{period}"), &format!("\"{minutes}m\""));
    let mistakes = sample.load(&[]).err();
    let all = mistakes.iter().flat_map(Mistakes::as_slice);
    all.map(|mistake| mistake.key.clone()).collect()
}

#[test]
fn periods_that_are_not_set_are_those_that_the_code_goes_by() {
    let settings = Sample::local().load(&[]).unwrap();

    assert_eq!(settings.retention, Retention::default());
}

#[test]
fn each_period_has_a_least_and_a_most() {
    for (period, least) in PERIODS {
        let key = format!("retention.{period}");
        assert_eq!(blamed(period, least * 60), [""; 0], "{key}");
        assert_eq!(blamed(period, least * 60 - 1), [key.as_str()]);
        assert_eq!(blamed(period, MOST * 60), [""; 0], "{key}");
        assert_eq!(blamed(period, MOST * 60 + 1), [key.as_str()]);
    }
}

#[test]
fn the_least_of_each_period_is_documented() {
    let page = include_str!("../../../docs/configuration.md");

    for (period, least) in PERIODS {
        let row = format!("| `retention.{period}` |");
        let row = page.lines().find(|line| line.starts_with(&row)).unwrap_or_default();
        assert!(row.contains(&format!("at least {least}h")), "{period}: {row}");
    }
}

#[test]
fn a_class_that_a_law_keeps_is_one_that_there_is() {
    let mut sample = Sample::local();
    sample.set("retention.hold", "[\"contact\", \"selfies\"]");

    let mistakes = sample.load(&[]).unwrap_err();

    let told: Vec<_> = mistakes.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("retention.hold") && told[0].contains("submission"), "{told:?}");
}
