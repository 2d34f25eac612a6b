//! Verifications: what may be asked of them and what becomes of them.

mod capture;
mod confirm;
mod contact;
mod expire;
mod image;
mod issue;
mod pace;
mod read;
mod reading;
mod refresh;
mod renew;
mod returns;
mod start;
mod watch;

pub use crate::storage::Search;
pub use capture::report_capture;
pub use confirm::{read_due, wait_for_due_read};
pub use expire::{expire_due, recover};
pub use image::{Image, open_image};
pub use issue::Started;
pub(super) use issue::within_deadline;
pub use pace::ReadPace;
pub use read::{Inspected, Seen, get, inspect, list, search, wait};
pub(super) use reading::Reading;
pub use refresh::refresh;
pub use renew::renew;
pub use returns::{Landing, follow_back};
pub use start::{ContactWish, OnBehalf, StartRequest, start, start_for};
pub use watch::{Told, Watch, watch};
