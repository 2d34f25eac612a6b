//! Personal data and secrets, looked for where they do not belong.

mod canaries;
mod driving;
