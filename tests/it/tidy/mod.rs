//! The rules of the house that no compiler holds: the sources are read and judged as text.
//!
//! A rule is a function of one file, and each rule is shown something bad in its own tests, since a
//! rule that never bites is worse than none.

mod alarms;
mod code;
mod documents;
mod image;
mod paths;
mod rooms;
mod shape;
mod showing;
mod source;
mod threats;
mod words;
