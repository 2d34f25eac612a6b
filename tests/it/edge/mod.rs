//! The edge: what is refused before anything happens, how often one may call, from where, and from
//! which page.

mod address;
mod bodies;
mod callbacks;
mod framing;
mod heads;
mod limits;
mod marks;
mod origins;
mod paths;
mod redirects;
mod row;
mod slow;
mod words;
