//! What handlers are given: parsed, proven and bounded, or the request is answered with a problem.

mod after;
mod body;
mod caller;
mod keyed;
mod language;
mod parts;
mod strict;

pub(crate) use after::After;
pub(crate) use body::{Json, Raw, present};
pub(crate) use caller::{App, Backend, Listener, Provider, Viewer};
pub(crate) use keyed::{Keyed, KeyedBytes};
pub(crate) use language::language;
pub(crate) use parts::{Id, Query, Subject, check_json};
pub(crate) use strict::{object, present_object, present_word, word};
