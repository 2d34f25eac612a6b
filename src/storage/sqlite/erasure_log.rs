//! The log of erasures: a file apart from the database and its backups.
//!
//! A line an erasure: when, under which key the hash is made, and the keyed hash of the user. It is on
//! the disk before the erasure is committed. A line that was cut off by a crash belongs to an erasure
//! that nobody was told of, and is taken away.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{
    domain::hexadecimal,
    storage::keyring::{BlindHash, HASH_LENGTH},
};

/// An erasure as it was written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::storage) struct Erased {
    /// When.
    pub(in crate::storage) at: Timestamp,
    /// Whose.
    pub(in crate::storage) user: BlindHash,
}

/// The log.
#[derive(Debug)]
pub(in crate::storage) struct ErasureLog {
    file: Mutex<File>,
    key_id: String,
    /// What it said when it was opened, until it is taken.
    found: Mutex<Vec<Erased>>,
}

impl ErasureLog {
    /// Opens the log for its owner alone, or makes it. Lines whose hashes were made under another
    /// key than `key_id` say nothing about this database.
    pub(in crate::storage) fn open(path: &Path, key_id: &str) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(u64::try_from(whole).unwrap_or(0))?;
        file.seek(SeekFrom::End(0))?;
        let mut found = Vec::new();
        for (number, line) in text.get(..whole).unwrap_or_default().lines().enumerate() {
            let (key, erased) = parse(line).ok_or_else(|| {
                let place = number.saturating_add(1);
                io::Error::new(io::ErrorKind::InvalidData, format!("line {place} is damaged"))
            })?;
            if key == key_id {
                found.push(erased);
            }
        }
        // The name of a file that was made just now has to survive a power cut as well.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self { file: Mutex::new(file), key_id: key_id.to_owned(), found: Mutex::new(found) })
    }

    /// Writes one down, durably.
    pub(super) fn append(&self, erased: &Erased) -> io::Result<()> {
        let line = format!("{} {} {}\n", erased.at, self.key_id, hexadecimal(&erased.user));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let end = file.seek(SeekFrom::End(0))?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // Half a line would spoil the next one.
            let _ = file.set_len(end);
        }
        written
    }

    /// What it said when it was opened; once.
    pub(super) fn take_found(&self) -> Vec<Erased> {
        std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn parse(line: &str) -> Option<(&str, Erased)> {
    let mut parts = line.split(' ');
    let (at, key, digits) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || digits.len() != HASH_LENGTH * 2 || !digits.is_ascii() {
        return None;
    }
    let mut user = BlindHash::default();
    for (place, byte) in user.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some((key, Erased { at: at.parse().ok()?, user }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(number: u8) -> Erased {
        Erased { at: Timestamp::from_second(i64::from(number)).unwrap(), user: [number; 16] }
    }

    #[test]
    fn what_was_written_is_found_and_half_a_line_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erasures.log");
        let log = ErasureLog::open(&path, "index-1").unwrap();
        log.append(&erased(1)).unwrap();
        drop(log);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"2026-01-0").unwrap();

        let log = ErasureLog::open(&path, "index-1").unwrap();
        log.append(&erased(2)).unwrap();
        let again = ErasureLog::open(&path, "index-1").unwrap();

        assert_eq!(log.take_found(), [erased(1)]);
        assert_eq!(again.take_found(), [erased(1), erased(2)]);
        assert_eq!(again.take_found(), []);
        assert_eq!(ErasureLog::open(&path, "index-2").unwrap().take_found(), []);
    }

    #[test]
    fn a_damaged_line_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erasures.log");
        for text in ["x\n", "1970-01-01T00:00:01Z index-1 0101\n", "  \n"] {
            std::fs::write(&path, text).unwrap();

            assert!(ErasureLog::open(&path, "index-1").is_err(), "{text}");
        }
    }
}
