//! `[retention]`: how long each class of data is held, and what the law makes the operator keep.
//!
//! Whatever is held longer than it is of use is only there to be stolen; UU 27/2022 wants it gone.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;

use super::mistake::Flaw;
use super::parse::hours;
use super::reader::{Read, Section};
use crate::domain::{DataClass, Hold, Retention};

/// Ten years: longer than any law we know of wants.
const LONGEST: Duration = hours(10 * 366 * 24);

pub(super) fn read(section: &Section<'_>) -> Read<Retention> {
    let period = |name, least| {
        let period = section.duration(name, least..=LONGEST);
        period.map(|it| SignedDuration::try_from(it).unwrap_or(SignedDuration::MAX))
    };
    let submissions = period("submissions", hours(1));
    // Attempts are counted over a day, and late results arrive for days.
    let verifications = period("verifications", hours(7 * 24));
    let contacts = period("contacts", hours(24));
    // Clocks are set back now and then, and what ended must not be wanted again.
    let credentials = period("credentials", hours(1));
    let callbacks = period("callbacks", hours(24));
    let callbacks_aside = period("callbacks_aside", hours(24));
    let orphans = period("orphans", hours(1));
    // Webhooks are tried for three days.
    let webhooks = period("webhooks", hours(4 * 24));
    let tombstones = period("tombstones", hours(30 * 24));
    let audit = period("audit", hours(30 * 24));
    let classes = section.list("hold", class);
    let lasts = period("hold_for", hours(24));
    Ok(Retention {
        submissions: submissions?,
        verifications: verifications?,
        contacts: contacts?,
        credentials: credentials?,
        callbacks: callbacks?,
        callbacks_aside: callbacks_aside?,
        orphans: orphans?,
        webhooks: webhooks?,
        tombstones: tombstones?,
        audit: audit?,
        hold: Hold { classes: BTreeSet::from_iter(classes?), lasts: lasts? },
    })
}

fn class(text: &str) -> Result<DataClass, Flaw> {
    DataClass::parse(text).ok_or_else(|| {
        let all: Vec<_> = DataClass::ALL.iter().map(|class| class.as_str()).collect();
        Flaw::new("is no class of data", format!("write some of: {}", all.join(", ")))
    })
}
