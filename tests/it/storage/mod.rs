//! The store. What every backend must do stands in `starts`, `proofs`, `results`, `sweeps`,
//! `callbacks`, `kept`, `ageing`, `idempotency`, `returns` and `webhooks`, as functions over `&dyn Store`; `sqlite` runs them
//! all on SQLite and adds what a file of one's own brings along, `damage` what a damaged row does, `keys` what
//! a key ring does, `rotation` what a new key does, `shown` what is
//! printed of it all, `sequences` what any sequence of it all does.

mod ageing;
mod audit;
mod bed;
mod callbacks;
mod damage;
mod erasing;
mod folder;
mod idempotency;
mod kept;
mod keys;
mod leaving;
mod older;
mod proofs;
mod reads;
mod results;
mod returns;
mod rotation;
mod sequences;
mod shown;
mod sqlite;
mod starts;
mod steps;
mod sweeps;
mod webhooks;

pub(crate) use bed::started;
