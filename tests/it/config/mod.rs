//! Settings: what is accepted, what is refused and how it is said.

mod mistakes;
mod proofs;
mod reach;
mod retention;
mod sample;
mod sources;
mod webhooks;
