//! `gerbang openapi`: the contract, for those who generate clients.

use std::io::Write as _;

use crate::server::OPENAPI;

pub(super) fn run() -> anyhow::Result<()> {
    std::io::stdout().lock().write_all(OPENAPI.as_bytes())?;
    Ok(())
}
