//! `[directory]`: the partner's user service, which knows the users' verified contacts.
//!
//! Invariant: the user's id stands in the address as a whole segment or a whole value, where no id
//! can change which resource is asked for.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::mistake::Flaw;
use super::parse::{self, Reach, millis, secs};
use super::reader::{Read, Section};

/// Where the user's id goes.
const PLACE: &str = "{userId}";

/// How the user service is asked.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The address before the user's id.
    pub before: String,
    /// The address after it.
    pub after: String,
    /// The header by which the service knows us.
    pub header: Option<DirectoryHeader>,
    /// How long it may take to answer. Too low refuses users while it is slow; too high lets them
    /// wait for nothing.
    pub timeout: Duration,
}

/// A header that is sent along.
#[derive(Debug, Clone)]
pub struct DirectoryHeader {
    /// Its name, lower-case.
    pub name: String,
    /// Its whole value.
    pub value: SecretString,
}

pub(super) fn read(section: &Section<'_>, reach: Reach) -> Read<Option<Directory>> {
    let address = section.optional("url", |text| address(text, reach));
    let header = header(&section.table("header"));
    let timeout = section.duration("timeout", millis(100)..=secs(10));
    let (address, header, timeout) = (address?, header?, timeout?);
    let Some((before, after)) = address else {
        if header.is_some() {
            return Err(section.missing("url"));
        }
        return Ok(None);
    };
    Ok(Some(Directory { before, after, header, timeout }))
}

/// The two halves of an address around the user's id.
fn address(text: &str, reach: Reach) -> Result<(String, String), Flaw> {
    let flaw = |problem: &str| {
        let remedy = "write an address such as \"https://users.partner.example/users/{userId}\"";
        Flaw::new(problem, remedy)
    };
    let (before, after) =
        text.split_once(PLACE).ok_or_else(|| flaw("does not say where the user's id goes"))?;
    let whole =
        before.ends_with(['/', '=']) && (after.is_empty() || after.starts_with(['/', '?', '&']));
    if !whole || after.contains(PLACE) {
        return Err(flaw("has the user's id as part of a segment or value, or twice"));
    }
    // The first half is an address by itself, so the id is no part of the host.
    let has_host = Url::parse(before).is_ok_and(|url| url.has_host());
    let url = parse::web_url(&format!("{before}x{after}"), reach)?;
    if !has_host || url.as_str() != format!("{before}x{after}") {
        return Err(flaw("is not written as it would be sent"));
    }
    Ok((before.to_owned(), after.to_owned()))
}

fn header(table: &Section<'_>) -> Read<Option<DirectoryHeader>> {
    let name = table.optional("name", parse::header_name);
    let value = table.secret(["value", "value_file"], parse::header_value);
    match (name?, value?) {
        (Some(name), Some(value)) => Ok(Some(DirectoryHeader { name, value })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(table.missing("value_file")),
        (None, Some(_)) => Err(table.missing("name")),
    }
}
