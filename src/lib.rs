//! The rooms of Gerbang, for `main` and the integration tests; nothing else links this library.
//!
//! `ARCHITECTURE.md` says what each room is for and what it may import.

pub mod api;
pub mod auth;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod jobs;
pub mod sandbox;
pub mod server;
pub mod storage;
pub mod telemetry;
pub mod upstream;
pub mod usecase;
