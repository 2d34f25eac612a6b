//! A user's rights: everything that is held is handed out, and goes.

mod ageing;
mod backups;
mod erasing;
mod exporting;
mod given;
mod periods;
mod under_way;
