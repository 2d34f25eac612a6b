//! One command's worth of showing: sandbox, gateway and a demo app's page, together on loopback.
//!
//! Everything it needs is made at the start and gone at the end: keys, secrets, data. Nothing here
//! is how a partner should sign users in; it stands where the partner's own systems would.

mod assets;
mod backend;
mod error;
mod guide;
mod issuer;
mod options;
mod pass;
mod ports;
mod running;
mod session;
mod settings;
mod site;

pub use error::DemoError;
pub use options::DemoOptions;
pub use ports::TakenPort;
pub use running::Demo;
