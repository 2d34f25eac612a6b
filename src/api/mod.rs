//! HTTP in, HTTP out: the only room that knows status codes.

mod address;
mod admin;
mod callbacks;
mod connection;
mod document;
mod error;
mod extract;
mod kept;
mod keys;
mod limiter;
mod middleware;
mod origins;
mod pace;
mod pages;
mod problem;
mod reasons;
mod returns;
mod routes;
mod rush;
mod state;
mod v1;

pub use address::TrustedProxies;
pub use admin::{Readiness, configure as configure_admin};
pub use connection::{Crowd, admit, listen};
pub use document::OPENAPI;
pub use limiter::Limiter;
pub use middleware::{RequestSpan, around, bound_head, check_origin};
pub use origins::Origins;
pub use problem::ProblemType;
pub use routes::{OPERATIONS, Operation, configure};
pub use rush::Rush;
pub use state::{AppState, Limits};
pub use v1::{export_document, receipt_document};
