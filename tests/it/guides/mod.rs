//! The code of the guides, taken out of the pages and run where there is something to run it with.

mod backup;
mod bed;
mod kotlin;
mod script;
mod shell;
mod showing;
