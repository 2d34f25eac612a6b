//! What is asked of the system for every connection.
//!
//! A client that does not read is not seen by the server: once the window is closed it merely waits.
//! The system sees it, and ends the connection when its time is over. Nobody else is held up by it
//! meanwhile, and what waits for it is bounded by the server's write buffer.

use std::{any::Any, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};

/// Ends connections whose client takes nothing for as long as `patience`: neither reads what was
/// sent, nor acknowledges it because it is gone.
pub fn bound_writes(
    patience: Duration,
) -> impl Fn(&dyn Any, &mut Extensions) + Clone + Send + Sync + 'static {
    move |connection, _| {
        if let Some(stream) = connection.downcast_ref::<TcpStream>()
            && let Err(error) = limit(stream, patience)
        {
            // Nothing is lost but the bound.
            tracing::debug!(%error, "a connection has no write deadline");
        }
    }
}

/// `TCP_USER_TIMEOUT` (RFC 5482, and tcp(7) for what it means while the window is closed).
#[cfg(any(target_os = "android", target_os = "linux"))]
fn limit(stream: &TcpStream, patience: Duration) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience))
}

/// Other systems have no such option that holds while the window is closed.
#[cfg(not(any(target_os = "android", target_os = "linux")))]
fn limit(_: &TcpStream, _: Duration) -> std::io::Result<()> {
    Ok(())
}
