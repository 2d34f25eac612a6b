//! The same statements in any order, any number of times, have one end.

use proptest::prelude::*;

use super::{
    Alarm, DetailsAnswer, Moment, News, Policy, Status, SubmissionReport, SubmissionResult,
    SubmissionStatus,
    transition_properties::{any_report, end_of, end_told},
    transition_tests::{found, issued, moment, report},
};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The same statements in two orders, each any number of times, before and after the provider's
    /// own word: one end, and it is the provider's.
    #[test]
    fn one_truth_has_one_end_whatever_the_order(
        truth in any_truth(),
        callbacks in prop::collection::vec((any_report(), 1_usize..3), 0..6),
        stale in prop::collection::vec(stale_details(), 0..4),
        seeds in (any::<u64>(), any::<u64>()),
        places in (0_usize..12, 0_usize..12),
        expires in any::<bool>(),
    ) {
        let mut news: Vec<News> = stale;
        for (report, times) in callbacks {
            news.extend(std::iter::repeat_n(News::CalledBack(report), times));
        }
        if expires {
            news.push(News::TimePassed);
        }
        for (seed, place) in [(seeds.0, places.0), (seeds.1, places.1)] {
            let mut order = shuffled(news.clone(), seed);
            order.insert(place.min(order.len()), found(truth.clone()));
            let mut verification = issued();
            let begin = if expires { 86_300 } else { 10 };
            for (step, news) in (0_i64..).zip(order) {
                verification.apply(news, &moment(begin + step * 10));
            }

            prop_assert_eq!(end_of(&verification), end_told(truth.standing()));
            prop_assert_eq!(&verification.submission, &Some(truth.submission.clone()));
            prop_assert!(!verification.settled_unconfirmed);
        }
    }

    /// Where callbacks count by themselves, those that agree lead to one end in any order.
    #[test]
    fn callbacks_that_agree_have_one_end_in_any_order(
        truth in any_truth(),
        before in prop::collection::vec(stale_callback(), 0..5),
        seed in any::<u64>(),
        times in 1_usize..3,
    ) {
        let policy = Policy { confirm: false, ..Policy::default() };
        let mut news = before;
        news.extend(std::iter::repeat_n(News::CalledBack(truth.clone()), times));
        let mut verification = issued();
        let mut alarms = Vec::new();
        for (step, news) in (10_i64..).zip(shuffled(news, seed)) {
            alarms.extend(verification.apply(news, &Moment { policy, ..moment(step) }).alarms);
        }

        prop_assert_eq!(end_of(&verification), end_told(truth.standing()));
        prop_assert_eq!(&verification.submission, &Some(truth.submission));
        prop_assert!(!alarms.contains(&Alarm::ConflictingResult));
    }
}

/// The provider's last word: ours, final, and not odd.
fn any_truth() -> impl Strategy<Value = SubmissionReport> {
    let ends = prop_oneof![
        Just((SubmissionStatus::Completed, Some(SubmissionResult::Valid), None)),
        Just((SubmissionStatus::Completed, Some(SubmissionResult::Invalid), Some("NOT_EKTP"))),
        Just((SubmissionStatus::Completed, Some(SubmissionResult::Rejected), None)),
        Just((SubmissionStatus::Error, None, Some("SYSTEM_ERROR"))),
    ];
    ends.prop_map(|(status, result, code)| {
        let mut report = report(status, result);
        report.submission.reason_code = code.map(str::to_owned);
        report
    })
}

fn stale_report() -> impl Strategy<Value = SubmissionReport> {
    prop_oneof![
        Just(report(SubmissionStatus::InProgress, None)),
        Just(report(SubmissionStatus::PartiallyCompleted, Some(SubmissionResult::Valid))),
    ]
}

/// Details as they were before the end, and reads that brought nothing.
fn stale_details() -> impl Strategy<Value = News> {
    prop_oneof![
        stale_report().prop_map(found),
        Just(News::ReadFailed),
        Just(News::DetailsRead(DetailsAnswer::NotReadable)),
    ]
}

fn stale_callback() -> impl Strategy<Value = News> {
    stale_report().prop_map(News::CalledBack)
}

/// The same in an order that `seed` decides.
fn shuffled(mut all: Vec<News>, mut seed: u64) -> Vec<News> {
    for last in (1..all.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(seed >> 33).unwrap() % (last + 1);
        all.swap(last, place);
    }
    all
}

/// A week with the certificate missing, whatever else happens meanwhile.
#[test]
fn a_certificate_that_is_missing_for_a_week_is_asked_after_daily_with_an_alarm() {
    let partial = report(SubmissionStatus::PartiallyCompleted, Some(SubmissionResult::Valid));
    let mut verification = issued();
    verification.apply(found(partial.clone()), &moment(60));
    let (mut pauses, mut alarms) = (Vec::<i64>::new(), Vec::new());
    let mut now = moment(60).at;
    let mut read = 0_i64;
    while now < moment(9 * 86_400).at {
        let next = verification.reads.next_at.unwrap();
        pauses.push(next.duration_since(now).as_secs());
        now = next;
        read += 1;
        // The provider's times and reasons may differ from read to read; that starts no new week.
        let mut again = partial.clone();
        again.submission.reason_code = Some(format!("CODE_{read}"));
        let news = if read % 7 == 0 { News::ReadFailed } else { found(again) };
        let moment = Moment { at: now, ..moment(0) };
        alarms.extend(verification.apply(news, &moment).alarms.into_iter().map(|it| (it, now)));
    }

    let (half_hours, days): (Vec<i64>, Vec<i64>) = pauses.iter().partition(|it| **it < 3_600);
    assert!(half_hours.len() > 250 && half_hours.iter().all(|it| (1_800..=2_160).contains(it)));
    assert!(!days.is_empty() && days.iter().all(|it| (86_400..=103_680).contains(it)));
    assert!(!alarms.is_empty() && alarms.iter().all(|(it, _)| *it == Alarm::CertificateOverdue));
    assert!(alarms.iter().all(|(_, at)| *at > moment(60 + 7 * 86_400).at));
    assert!(alarms.iter().any(|(_, at)| *at < moment(60 + 8 * 86_400 - 7_200).at));
    assert_eq!(verification.status, Status::PartiallyCompleted);
}
