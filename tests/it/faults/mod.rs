//! A provider that misbehaves, seen by an app: what each misbehaviour becomes, and that it passes.

mod callbacks;
mod table;
mod trouble;
