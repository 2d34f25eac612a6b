//! The store. What every backend must do stands in `starts`, `proofs`, `results`, `sweeps`,
//! `callbacks`, `idempotency`, `returns` and `webhooks`, as functions over `&dyn Store`; `sqlite` runs them all on
//! SQLite and adds what a file of one's own brings along, `damage` what a damaged row does, `keys` what
//! a key ring does.

mod bed;
mod callbacks;
mod damage;
mod folder;
mod idempotency;
mod keys;
mod proofs;
mod results;
mod returns;
mod sqlite;
mod starts;
mod sweeps;
mod webhooks;
