//! One command's worth of showing: sandbox, gateway and a demo app on loopback.
