//! How fast the disk itself makes something durable: the ceiling of every commit.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

/// Appends 4 KiB and waits for the disk, `count` times; says how long each took.
pub(crate) fn syncs(file: &Path, count: usize) -> Result<Vec<Duration>> {
    let mut file = File::create(file)?;
    let block = [7_u8; 4096];
    (0..count)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&block)?;
            // What SQLite calls for a commit.
            file.sync_data()?;
            Ok(begun.elapsed())
        })
        .collect()
}
