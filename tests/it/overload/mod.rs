//! More comes than can be done, all of it at once, or while the gateway stops.

mod connections;
mod stampede;
mod starts;
mod stopping;
mod writer;
