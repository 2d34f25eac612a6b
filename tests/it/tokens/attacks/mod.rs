//! Forged, stolen and mangled tokens, sent to a whole gateway.

mod claims;
mod encodings;
mod headers;
mod house;
mod signatures;
mod transport;
