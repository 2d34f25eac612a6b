//! `gerbang audit verify`: whether the audit log is as it was written, beside a gateway that serves or
//! with none.
//!
//! Invariant: it writes nothing, and needs the key ring: without the key nobody can tell.

use std::{io::Write as _, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::store;
use crate::{
    domain::{AuditDamage, AuditHead, AuditReport},
    storage::check_audit,
};

/// What the log is compared with.
#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    /// A place that the gateway told in its log (`audit.head`). Without one, entries that were cut off
    /// at the end cannot be noticed.
    #[arg(long, value_name = "SEQUENCE:HASH")]
    head: Option<AuditHead>,
}

pub(super) fn verify(file: Option<PathBuf>, options: &VerifyOptions) -> anyhow::Result<()> {
    let (_, store) = store::found(file)?;
    let report = check_audit(&store, options.head).context("the audit log cannot be checked")?;
    print(&report, options.head).context("the report cannot be printed")?;
    if let Some((sequence, damage)) = report.damage {
        bail!("the audit log is damaged at entry {sequence}: {}", told(damage));
    }
    Ok(())
}

fn print(report: &AuditReport, anchor: Option<AuditHead>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let AuditReport { entries, pruned_through, head, .. } = report;
    if *pruned_through > 0 {
        writeln!(out, "pruned: entries 1 to {pruned_through}")?;
    }
    match report.span {
        Some((first, last)) => {
            let begin = pruned_through.saturating_add(1);
            let end = head.sequence;
            writeln!(out, "whole: {entries} entries, {begin} to {end}, from {first} to {last}")?;
        }
        None => writeln!(out, "whole: 0 entries")?,
    }
    writeln!(out, "head: {head}")?;
    if report.damage.is_none() {
        match anchor {
            Some(anchor) => writeln!(out, "the given place is in it: {}", anchor.sequence)?,
            None => writeln!(out, "the end was compared with nothing: give --head for that")?,
        }
    }
    Ok(())
}

const fn told(damage: AuditDamage) -> &'static str {
    match damage {
        AuditDamage::Missing => "it is missing, though later ones are there",
        AuditDamage::Changed => "it, or its place in the chain, was changed",
        AuditDamage::Checkpoint => {
            "that what came before was pruned was not written by the gateway"
        }
        AuditDamage::Truncated => "it and what followed were cut off; the given place is after it",
        AuditDamage::Rewritten => "it is another than the given place says",
        AuditDamage::AnchorPruned => {
            "the given place was pruned and proves nothing any more; give a newer one"
        }
    }
}
