//! `gerbang config check` and `gerbang config show`: a configuration judged without starting.
//!
//! Invariant: both read the settings exactly as `serve` does, and neither prints a secret.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{Inspection, Mistakes, Sources, inspect};

/// `gerbang config check`: says whether `serve` would accept the configuration.
pub fn check(file: Option<PathBuf>) -> ExitCode {
    run(file, |inspection, out| match &inspection.outcome {
        Ok(_) => writeln!(out, "The configuration is complete and has no mistakes."),
        Err(_) => Ok(()),
    })
}

/// `gerbang config show`: prints the value of every key and where it came from. With mistakes the
/// values are printed all the same, because they are what one looks for them in.
pub fn show(file: Option<PathBuf>) -> ExitCode {
    run(file, write_values)
}

/// Writes one line a key, whether it is set or not.
pub fn write_values(inspection: &Inspection, out: &mut dyn Write) -> io::Result<()> {
    inspection.values.iter().try_for_each(|shown| writeln!(out, "{shown}"))
}

fn run(
    file: Option<PathBuf>,
    write: impl FnOnce(&Inspection, &mut dyn Write) -> io::Result<()>,
) -> ExitCode {
    let is_file_given = file.is_some();
    let inspection = inspect(Sources::from_process(file));
    let written = write(&inspection, &mut io::stdout().lock());
    let told = match &inspection.outcome {
        Ok(_) => Ok(true),
        Err(mistakes) => tell(mistakes).map(|()| {
            if !is_file_given {
                tell_of_no_file();
            }
            false
        }),
    };
    // A closed pipe is a failure too: whoever reads the code must not take silence for success.
    match (written, told) {
        (Ok(()), Ok(true)) => ExitCode::SUCCESS,
        (Ok(()), Ok(false)) | (Err(_), _) | (_, Err(_)) => ExitCode::FAILURE,
    }
}

/// What is wrong, more often than not, where every required setting is missing.
#[expect(clippy::print_stderr, reason = "it follows the mistakes, which stand there")]
pub(super) fn tell_of_no_file() {
    eprintln!(
        "\nno configuration file was given\n  remedy: name one by --config FILE or GERBANG_CONFIG; \
         config/example.toml of the source is one to begin with"
    );
}

fn tell(mistakes: &Mistakes) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{mistakes}")
}
