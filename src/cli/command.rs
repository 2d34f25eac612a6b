//! The command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};

use super::{
    audit, callbacks, completions, config, demo, healthcheck, keys, man, openapi, sandbox, serve,
    subject, token, webhook,
};
use crate::{config::Mistakes, domain::Chain};

/// What stands below the help and in the manual.
const CLOSING: &str = "\
Begin with `gerbang demo`, which needs no settings. For a gateway of your own, write a configuration \
                       and ask `gerbang --config FILE config check` until it has no mistakes left.

Exit codes: 0 done, 1 it failed and says why, 2 the command line is not understood.";

/// A backend-for-frontend gateway for identity verification.
#[derive(Debug, Parser)]
#[command(name = "gerbang", version, about, propagate_version = true, after_help = CLOSING)]
struct Cli {
    /// The configuration file (TOML). Variables named `GERBANG__SECTION__KEY` override it.
    #[arg(long, value_name = "FILE", env = "GERBANG_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway.
    Serve,
    /// Show a verification from start to verdict: provider, gateway and a demo app, all on this
    /// machine.
    Demo(demo::Options),
    /// Run a provider on this machine, for development and tests.
    Sandbox(sandbox::Options),
    /// Judge or show a configuration without starting.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make and look after the keys that seal personal data, whether or not the gateway runs.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Make access tokens for development, where no sign-in service is at hand.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Check what was written down of reads of personal data.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look after callbacks that could not be applied, whether or not the gateway runs.
    #[command(subcommand)]
    Callbacks(callbacks::Command),
    /// Look at webhooks on their way and set them going again, while no gateway runs.
    ///
    /// One that runs does the same by its back-end API (`/v1/backend/webhooks/deliveries`).
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Hand out or destroy what is held about a user, while no gateway runs.
    ///
    /// One that runs does the same by its back-end API (`/v1/backend/users/{userId}`).
    #[command(subcommand)]
    Subject(SubjectCommand),
    /// Ask a running gateway whether it is alive; for containers. Exits 0 or 1.
    Healthcheck,
    /// Print the API's contract (OpenAPI 3.1).
    Openapi,
    /// Print a script by which a shell completes this command line.
    ///
    /// For bash, as an example: `gerbang completions bash >
    /// ~/.local/share/bash-completion/completions/gerbang`.
    Completions(completions::Options),
    /// Print this program's manual page, or write the pages of all commands.
    ///
    /// To read it at once: `gerbang man | man -l -`.
    Man(man::Options),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Report every mistake of the configuration; exits 0 if there is none.
    Check,
    /// Print every setting with its origin, secrets hidden.
    Show,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Write a new signing key, for its owner alone, and its public half beside it; refuses to
    /// overwrite.
    Key(token::KeyOptions),
    /// Print a token that the gateway of `--config` takes.
    ///
    /// Its issuer has to be one for development (`urn:gerbang:dev…`), and the gateway one that only
    /// this machine can reach.
    Mint(token::MintOptions),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Report the first entry of the audit log that was changed, removed or put in.
    ///
    /// Exits 0 if there is none. Writes nothing; the gateway may be serving.
    Verify(audit::VerifyOptions),
}

#[derive(Debug, Subcommand)]
enum SubjectCommand {
    /// Write everything held about a user, in JSON. Tokens are left out.
    Export(subject::ExportOptions),
    /// Destroy everything held about a user and print the receipt. It cannot be undone.
    Erase(subject::EraseOptions),
}

#[derive(Debug, Subcommand)]
enum WebhookCommand {
    /// Print the endpoints and the newest deliveries.
    List(webhook::ListOptions),
    /// Send a webhook once more, or all that were given up, when the gateway is started.
    ///
    /// Enables their endpoints.
    Redeliver(webhook::RedeliverOptions),
    /// Enable an endpoint that was disabled because it answered 410.
    ///
    /// One whose `url` is another now is enabled by itself.
    Enable(webhook::EnableOptions),
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let Cli { config: file, command } = Cli::parse();
    let is_file_given = file.is_some();
    let outcome = match command {
        Command::Serve => serve::run(file),
        Command::Demo(options) => demo::run(options),
        Command::Sandbox(options) => sandbox::run(options),
        Command::Config(ConfigCommand::Check) => return config::check(file),
        Command::Config(ConfigCommand::Show) => return config::show(file),
        Command::Keys(command) => keys::run(file, command),
        Command::Token(TokenCommand::Key(options)) => token::make_key(options),
        Command::Token(TokenCommand::Mint(options)) => token::mint(file, options),
        Command::Audit(AuditCommand::Verify(options)) => audit::verify(file, &options),
        Command::Callbacks(command) => callbacks::run(file, command),
        Command::Webhook(WebhookCommand::List(options)) => webhook::list(file, options),
        Command::Webhook(WebhookCommand::Redeliver(options)) => webhook::redeliver(file, options),
        Command::Webhook(WebhookCommand::Enable(options)) => webhook::enable(file, options),
        Command::Subject(SubjectCommand::Export(options)) => subject::export(file, options),
        Command::Subject(SubjectCommand::Erase(options)) => subject::erase(file, options),
        Command::Healthcheck => healthcheck::run(file),
        Command::Openapi => openapi::run(),
        Command::Completions(options) => completions::run(Cli::command(), &options),
        Command::Man(options) => man::run(Cli::command(), &options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = complain(&error);
            if !is_file_given && error.is::<Mistakes>() {
                config::tell_of_no_file();
            }
            code
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is the process's last word")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("gerbang: {}", Chain::of(error.as_ref()));
    ExitCode::FAILURE
}
