//! The edge: what is refused before anything happens, how often one may call, from where, and from
//! which page.

mod address;
mod limits;
mod marks;
mod origins;
