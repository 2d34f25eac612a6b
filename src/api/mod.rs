//! HTTP in, HTTP out: the only room that knows status codes.

mod admin;
mod callbacks;
mod document;
mod error;
mod extract;
mod middleware;
mod problem;
mod reasons;
mod returns;
mod routes;
mod state;
mod v1;

pub use admin::{Readiness, configure as configure_admin};
pub use document::OPENAPI;
pub use middleware::{RequestSpan, around, bound_head};
pub use problem::ProblemType;
pub use routes::{OPERATIONS, Operation, configure};
pub use state::{AppState, Limits};
