//! Behaviour of the whole gateway, over real sockets, a real database and the sandbox provider.

mod config;
mod contract;
mod provider;
mod support;
mod tokens;
