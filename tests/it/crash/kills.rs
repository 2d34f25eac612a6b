//! Kills at random moments under load: a few of them in every run of the tests, hundreds on request
//! (CONTRIBUTING.md says how).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use gerbang::config::Sources;

use super::{bed::Bed, dice::Dice, file, person::Person};
use crate::support::Process;

/// How many users are on their way at once.
const ACTORS: u64 = 8;

/// What the kills met.
#[derive(Debug, Default)]
struct Met {
    kills: u32,
    /// Kills before the gateway served again.
    while_starting: u32,
    /// Kills that left acknowledged callbacks unapplied, calls under way, keys held.
    with_callbacks: u32,
    with_calls: u32,
    with_keys: u32,
}

/// `GERBANG_KILLS` says how many, if it is set.
#[tokio::test]
async fn kills_at_random_moments_lose_nothing_that_was_acknowledged() {
    let mut env = Sources::from_process(None).env.into_iter();
    let named = env.find(|(name, _)| name == "GERBANG_KILLS");
    suffer(named.map_or(12, |(_, kills)| kills.parse().unwrap())).await;
}

#[expect(clippy::print_stdout, reason = "the figures of a run that was asked for")]
async fn suffer(kills: u32) {
    // Any seed will do; it is printed so that a failure can be looked at again.
    let seed = u64::from_le_bytes(uuid::Uuid::new_v4().into_bytes()[..8].try_into().unwrap());
    println!("seed {seed}");
    let bed = Bed::new();
    let begun = Instant::now();

    let actors = join_all((0..ACTORS).map(|number| walk_on(&bed, number, seed)));
    let ((met, last), _) = join(kill_on(&bed, kills, seed), actors).await;

    let told = |what: &AtomicU64| what.load(Ordering::Relaxed);
    let tally = &bed.tally;
    println!("{met:?} in {:.0?}", begun.elapsed());
    println!(
        "acknowledged: {} starts, {} repeated under their key, {} renewals, {} callbacks; \
         {} verifications approved once; {} requests were cut off and sent again",
        told(&tally.starts),
        told(&tally.replays),
        told(&tally.renewals),
        told(&tally.callbacks),
        told(&tally.approved),
        told(&tally.cut_off),
    );
    assert_eq!(told(&tally.starts), told(&tally.approved));
    last.kill();
    bed.stop().await;
}

async fn walk_on(bed: &Bed, number: u64, seed: u64) {
    let mut dice = Dice::new(seed.rotate_left(7).wrapping_add(number.wrapping_mul(0x9e37_79b9)));
    let mut walked = 0;
    while !bed.is_over() {
        Person::new(bed, format!("cust-{number}-{walked}")).walk(&mut dice).await;
        walked += 1;
    }
}

async fn kill_on(bed: &Bed, kills: u32, seed: u64) -> (Met, Process) {
    let mut dice = Dice::new(seed);
    let mut met = Met::default();
    let mut process = bed.raise();
    while met.kills < kills {
        a_moment(dice.below(150)).await;
        bed.kill(process);
        met.kills += 1;
        if dice.once_in(8) {
            Process::miscarry(&bed.directory, a_moment(dice.below(60))).await;
            met.kills += 1;
            met.while_starting += 1;
        }
        let left = file::look(&bed.directory);
        met.with_callbacks += u32::from(left.callbacks > 0);
        met.with_calls += u32::from(left.under_way > 0);
        met.with_keys += u32::from(left.keys > 0);
        process = bed.raise();
    }
    bed.end();
    // The last gateway lives until everybody has arrived.
    (met, process)
}

#[expect(clippy::disallowed_methods, reason = "a kill waits for no condition: that is the point")]
async fn a_moment(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
