//! All jobs, and how hard they work.

use jiff::SignedDuration;

use super::{anchor, apply, deliver, expire, forget, read, rewrap, scrub, turns::Turns};
use crate::{
    domain::Tasks,
    usecase::{Ports, verification::ReadPace, webhook},
};

/// How often the jobs look for work, and how much they do at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The longest pause between two looks; news ends it early.
    pub tick: SignedDuration,
    /// Details reads in progress at once.
    pub reads: usize,
    /// Details reads begun in a second.
    pub reads_per_second: u32,
}

/// How often what has outlived its use is looked for. Nothing waits for it, so it need not be asked
/// of operators.
const FORGETTING: SignedDuration = SignedDuration::from_mins(1);

/// How often the key ring is looked at. `keys rotate` has it looked at right away; this is for rings
/// that somebody else put there.
const KEYS: SignedDuration = SignedDuration::from_mins(1);

/// How often the place of the audit log is looked at. What is cut off of the log before it was told
/// cannot be noticed, so it is soon; on a quiet gateway it costs one read.
const ANCHORING: SignedDuration = SignedDuration::from_mins(1);

/// Starts every job; they end when `tasks` stop.
pub fn start(tasks: &Tasks, ports: &Ports, pace: Pace) {
    let turns = Turns { tasks: tasks.clone(), ports: ports.clone(), tick: pace.tick };
    tasks.spawn(apply::run(turns.clone()));
    let reads = ReadPace::new(pace.reads, pace.reads_per_second);
    tasks.spawn(read::run(turns.clone(), reads));
    tasks.spawn(anchor::run(Turns { tick: ANCHORING, ..turns.clone() }));
    tasks.spawn(forget::run(Turns { tick: FORGETTING, ..turns.clone() }));
    tasks.spawn(rewrap::run(Turns { tick: KEYS, ..turns.clone() }));
    tasks.spawn(scrub::run(turns.clone()));
    for route in webhook::routes(ports) {
        tasks.spawn(deliver::run(turns.clone(), route));
    }
    tasks.spawn(expire::run(turns));
}
