//! What the tests share. Nothing in here asserts on its own: a test says what it expects.

mod clock;
mod contract;
mod document;
mod examples;

pub(crate) use clock::ManualClock;
pub(crate) use contract::Contract;
