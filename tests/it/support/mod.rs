//! What the tests share. Nothing in here asserts on its own: a test says what it expects.

mod answer;
mod app;
mod calls;
mod clock;
mod contract;
mod document;
mod examples;
mod images;
mod issuer;
mod process;
mod raw;
mod stream;

pub(crate) use answer::Answer;
pub(crate) use app::{CALLBACK_KEY, PATIENCE, TestApp, write_settings};
pub(crate) use clock::ManualClock;
pub(crate) use contract::Contract;
pub(crate) use images::NoImages;
pub(crate) use issuer::Issuer;
pub(crate) use process::Process;
pub(crate) use raw::read_answer;
pub(crate) use stream::{Block, Event};
