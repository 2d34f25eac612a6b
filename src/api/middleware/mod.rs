//! What happens around every request.

mod edge;
mod span;

pub use edge::{around, bound_head};
pub use span::RequestSpan;
