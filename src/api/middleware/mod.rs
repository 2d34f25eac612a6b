//! What happens around every request.

mod edge;
mod span;

pub use edge::around;
pub use span::RequestSpan;
