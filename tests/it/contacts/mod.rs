//! Contacts: whose word counts, how often, and what happens when nobody gives it.

mod directory;
mod forged;
mod order;
mod proof;
pub(crate) mod user_service;
