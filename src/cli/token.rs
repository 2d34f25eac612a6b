//! `gerbang token key` and `gerbang token mint`: access tokens for development.
//!
//! Invariant: nothing that is minted here opens a gateway that others can reach. The private key is
//! never printed; a token is, because that is what was asked for.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    auth::{DevelopmentKey, Life, install_crypto},
    config::{self, Issuer, Settings, Sources, TokenUse},
    domain::{Clock as _, SystemClock},
};

/// What `token key` takes.
#[derive(Debug, Args)]
pub(super) struct KeyOptions {
    /// The file to write, with mode 0600; the public half goes to the same name with `.pub` behind
    /// it. Neither may be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What `token mint` takes.
#[derive(Debug, Args)]
pub(super) struct MintOptions {
    /// The development issuer's private key: Ed25519, PEM, PKCS#8.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The user the token is for; with `--use backend`, the server.
    #[arg(long, value_name = "ID")]
    subject: String,
    /// Whose token: an app's, on behalf of a user, or a back end's.
    #[arg(long = "use", value_enum, default_value_t = Use::App)]
    token_use: Use,
    /// Which entry of `[[auth.issuers]]`, when several for development have this use.
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// The user's phone number, verified.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The user's email address, verified.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Say that neither of the two was verified.
    #[arg(long)]
    unverified: bool,
    /// The name of the app, or of the server.
    #[arg(long, value_name = "NAME", default_value = "development")]
    app: String,
    /// Scopes, with blanks between them: "verification:read verification:start".
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// A further claim; what is no JSON is text. May be given more than once.
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = claim)]
    claims: Vec<(String, Value)>,
    /// How long it is good, from 1s to 24h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = ttl)]
    ttl: SignedDuration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    App,
    Backend,
}

/// Makes a signing key.
pub(super) fn make_key(options: KeyOptions) -> anyhow::Result<()> {
    install_crypto();
    let key = DevelopmentKey::generate()?;
    let private = options.out;
    let mut public = private.clone().into_os_string();
    public.push(".pub");
    let public = PathBuf::from(public);
    write(&private, 0o600, &key.private_pem()?)?;
    write(&public, 0o644, &key.public_pem()?)?;
    let say = format!(
        "The signing key is in {}, its public half in {}. Let the gateway on your machine trust \
         it:\n\n[[auth.issuers]]\nuse = \"app\"\nissuer = \"urn:gerbang:dev\"\naudience = \
         \"gerbang\"\nalgorithms = [\"EdDSA\"]\npublic_key_file = {:?}",
        private.display(),
        public.display(),
        public.display().to_string(),
    );
    writeln!(std::io::stdout().lock(), "{say}").context("its use cannot be printed")
}

/// Prints a token.
pub(super) fn mint(file: Option<PathBuf>, options: MintOptions) -> anyhow::Result<()> {
    install_crypto();
    let settings = config::load(Sources::from_process(file))?;
    let issuer = issuer(&settings, &options)?;
    let text = std::fs::read_to_string(&options.key).map(Zeroizing::new);
    let text = text.with_context(|| {
        let file = options.key.display();
        format!("{file} cannot be read; `gerbang token key --out FILE` makes a key")
    })?;
    let key = DevelopmentKey::from_pem(&text)?;
    let life = Life { from: SystemClock.now(), lasts: options.ttl };
    let token = key.mint(issuer, claims(issuer, options)?, life)?;
    writeln!(std::io::stdout().lock(), "{token}").context("the token cannot be printed")
}

/// The one entry that is meant.
fn issuer<'a>(settings: &'a Settings, options: &MintOptions) -> anyhow::Result<&'a Issuer> {
    ensure!(
        settings.server.is_local(),
        "others can reach the gateway of this configuration: get a token from its own issuer"
    );
    let wanted = match options.token_use {
        Use::App => TokenUse::App,
        Use::Backend => TokenUse::Backend,
    };
    let fits = |issuer: &&Issuer| {
        issuer.is_development()
            && issuer.token_use == wanted
            && options.audience.as_ref().is_none_or(|audience| *audience == issuer.audience)
    };
    let mut fitting = settings.auth.issuers.iter().filter(fits);
    let issuer = fitting.next().context(
        "the configuration has no such entry: add [[auth.issuers]] with this use, issuer = \
         \"urn:gerbang:dev\", and the key's public half",
    )?;
    ensure!(fitting.next().is_none(), "several entries are meant: choose one by --audience");
    Ok(issuer)
}

/// The claims under the names that the entry has for them.
fn claims(issuer: &Issuer, options: MintOptions) -> anyhow::Result<Map<String, Value>> {
    let names = &issuer.claims;
    let is_verified = !options.unverified;
    let mut all = vec![(names.app.clone(), json!(options.app))];
    all.push(match options.token_use {
        Use::App => (names.user_id.clone(), json!(options.subject)),
        Use::Backend => ("sub".to_owned(), json!(options.subject)),
    });
    let reference = || json!(format!("dev-{}", Uuid::new_v4().simple()));
    if let Some(phone) = options.phone {
        all.push((names.phone.clone(), json!(phone)));
        all.push((names.phone_verified.clone(), json!(is_verified)));
        all.push((names.phone_reference.clone(), reference()));
    }
    if let Some(email) = options.email {
        all.push((names.email.clone(), json!(email)));
        all.push((names.email_verified.clone(), json!(is_verified)));
        all.push((names.email_reference.clone(), reference()));
    }
    if let Some(scope) = options.scope {
        all.push((names.scope.clone(), json!(scope)));
    }
    let mut claims = Map::new();
    for (name, value) in all.into_iter().chain(options.claims) {
        ensure!(claims.insert(name.clone(), value).is_none(), "the claim {name} is given twice");
    }
    Ok(claims)
}

fn claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((name.to_owned(), value))
}

fn ttl(text: &str) -> Result<SignedDuration, String> {
    let parsed: SignedDuration = text.parse().map_err(|_| "write a time such as 15m or 1h")?;
    let allowed = SignedDuration::from_secs(1)..=SignedDuration::from_hours(24);
    if allowed.contains(&parsed) { Ok(parsed) } else { Err("choose from 1s to 24h".to_owned()) }
}

fn write(file: &Path, mode: u32, text: &str) -> anyhow::Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .and_then(|mut open| open.write_all(text.as_bytes()));
    written.with_context(|| {
        let file = file.display();
        format!("{file} cannot be written; choose by --out a new file in a folder that is there")
    })
}
