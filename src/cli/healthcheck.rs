//! `gerbang healthcheck`: asks the running gateway's `/livez`.

use std::path::PathBuf;

use anyhow::ensure;

use super::admin;
use crate::config::{self, Sources};

pub(super) fn run(file: Option<PathBuf>) -> anyhow::Result<()> {
    let settings = config::load(Sources::from_process(file))?;
    let (status, _) = admin::ask(settings.server.admin_listen, "GET", "/livez")?;
    ensure!(status == 200, "the gateway answers, but not that it is alive");
    Ok(())
}
