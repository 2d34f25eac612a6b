//! What a demo is started with.

/// Where the parts of the demo listen, all on 127.0.0.1, and how fast the provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// The demo app's page; 0 takes a free port, here and below.
    pub port: u16,
    /// The gateway.
    pub gateway_port: u16,
    /// The gateway's second listener, for operators.
    pub admin_port: u16,
    /// The sandbox in the provider's place.
    pub sandbox_port: u16,
    /// Results within a second instead of within a few: for those who have seen it before.
    pub fast: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { port: 8090, gateway_port: 8080, admin_port: 9090, sandbox_port: 8070, fast: false }
    }
}
