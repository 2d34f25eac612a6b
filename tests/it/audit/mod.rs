//! Who reads personal data is written down first, and what was written down can be proven.

mod bed;
mod reading;
mod searching;
mod verifying;
