//! What happens around every request.

mod edge;
mod origin;
mod span;

pub use edge::{around, bound_head};
pub use origin::check_origin;
pub use span::RequestSpan;
