//! Reads `[[auth.issuers]]` into the types of [`super::auth`].
//!
//! Invariant: issuers are judged one by one and in pairs, so that a token can neither be claimed by
//! two entries nor make one issuer's user out of another's.

use super::auth::{self, Algorithm, Auth, Claims, Issuer, KeySource, TokenUse};
use super::key_material::{self, Family};
use super::mistake::Flaw;
use super::parse::{self, Reach, secs};
use super::proof;
use super::reader::{Read, Section};

pub(super) fn read(section: &Section<'_>, reach: Reach) -> Read<Auth> {
    let entries = section.entries("issuers");
    let read: Vec<Read<Issuer>> = entries.iter().map(|entry| issuer(entry, reach)).collect();
    // Pairs are judged as far as they could be read, so that their mistakes come with the others.
    let readable: Vec<(&Section<'_>, &Issuer)> = entries
        .iter()
        .zip(&read)
        .filter_map(|(entry, issuer)| Some((entry, issuer.as_ref().ok()?)))
        .collect();
    let mut together = Ok(());
    for (at, (entry, issuer)) in readable.iter().enumerate() {
        for (_, earlier) in readable.iter().take(at) {
            together = together.and(check_pair(entry, issuer, earlier));
            together = together.and(proof::check_pair(entry, issuer, earlier));
        }
        let all = readable.iter().map(|(_, other)| *other);
        together = together.and(proof::check_apart(entry, issuer, all));
    }
    let issuers = read.into_iter().collect::<Read<Vec<Issuer>>>()?;
    if !issuers.iter().any(|issuer| issuer.token_use == TokenUse::App) {
        return Err(section.fault(
            "issuers",
            Flaw::new(
                "has no entry for apps, so nobody could start a verification",
                "add [[auth.issuers]] with use = \"app\", issuer, audience, algorithms and keys",
            ),
        ));
    }
    together.map(|()| Auth { issuers })
}

/// What two issuers must not have in common.
fn check_pair(entry: &Section<'_>, issuer: &Issuer, earlier: &Issuer) -> Read<()> {
    if issuer.issuer == earlier.issuer && issuer.audience == earlier.audience {
        return Err(entry.fault(
            "audience",
            Flaw::new(
                "repeats the issuer and audience of an earlier entry",
                "give each entry an audience of its own; the pair selects the entry",
            ),
        ));
    }
    let both_apps = issuer.token_use == TokenUse::App && earlier.token_use == TokenUse::App;
    let both_share = issuer.shared_users && earlier.shared_users;
    // "a" + "bc" and "ab" + "c" are one user id: it is not enough that the prefixes differ.
    let overlap = issuer.user_prefix.starts_with(&earlier.user_prefix)
        || earlier.user_prefix.starts_with(&issuer.user_prefix);
    if both_apps && overlap && !both_share {
        return Err(entry.fault(
            "user_prefix",
            Flaw::new(
                "does not tell its users from those of an earlier app issuer",
                "give both prefixes, neither of which begins with the other, or set shared_users \
                 = true in both if a user has the same id at both",
            ),
        ));
    }
    Ok(())
}

fn issuer(entry: &Section<'_>, reach: Reach) -> Read<Issuer> {
    entry.refuse_gap()?;
    let token_use = entry.required("use", token_use);
    let issuer = entry.required("issuer", |text| issuer_name(text, reach));
    let audience = entry.required("audience", parse::visible);
    let algorithms = algorithms(entry);
    let keys = keys(entry, reach, algorithms.as_deref().unwrap_or_default());
    let leeway = entry.duration("leeway", secs(0)..=secs(60));
    let typ = entry.optional("typ", parse::visible);
    let user_prefix = entry.required("user_prefix", user_prefix);
    let app = entry.optional("app", |text| parse::app_id(text).map(|app| app.as_str().to_owned()));
    let contact = proof::ways(entry);
    let proof = proof::read(entry, contact.as_deref().ok(), reach);
    let claims = claims(&entry.table("claims"));
    let shared_users = entry.flag("shared_users");
    Ok(Issuer {
        token_use: token_use?,
        issuer: issuer?,
        audience: audience?,
        algorithms: algorithms?,
        keys: keys?,
        leeway: leeway?,
        typ: typ?,
        user_prefix: user_prefix?,
        app: app?,
        contact: contact?,
        proof: proof?,
        claims: claims?,
        shared_users: shared_users?,
    })
}

/// An issuer for development signs for whoever has its file: nothing for a gateway that others can
/// reach.
pub(super) fn issuer_name(text: &str, reach: Reach) -> Result<String, Flaw> {
    if reach == Reach::Public && auth::is_development(text) {
        return Err(Flaw::new(
            "is an issuer for development, and others can reach this gateway",
            "name your own issuer, or let server.listen be a loopback address",
        ));
    }
    parse::visible(text)
}

fn token_use(text: &str) -> Result<TokenUse, Flaw> {
    match text {
        "app" => Ok(TokenUse::App),
        "backend" => Ok(TokenUse::Backend),
        _ => Err(Flaw::new("is no use", "write \"app\" or \"backend\"")),
    }
}

pub(super) fn algorithms(entry: &Section<'_>) -> Read<Vec<Algorithm>> {
    if !entry.has("algorithms") {
        return Err(entry.missing("algorithms"));
    }
    let algorithms = entry.list("algorithms", algorithm)?;
    if algorithms.is_empty() {
        return Err(entry.fault(
            "algorithms",
            Flaw::new("is empty", "list what the issuer signs with, such as [\"RS256\"]"),
        ));
    }
    Ok(algorithms)
}

fn algorithm(text: &str) -> Result<Algorithm, Flaw> {
    match text {
        "HS256" => Ok(Algorithm::Hs256),
        "RS256" => Ok(Algorithm::Rs256),
        "RS384" => Ok(Algorithm::Rs384),
        "RS512" => Ok(Algorithm::Rs512),
        "PS256" => Ok(Algorithm::Ps256),
        "PS384" => Ok(Algorithm::Ps384),
        "PS512" => Ok(Algorithm::Ps512),
        "ES256" => Ok(Algorithm::Es256),
        "ES384" => Ok(Algorithm::Es384),
        "EdDSA" => Ok(Algorithm::EdDsa),
        _ => Err(Flaw::new(
            "is no accepted algorithm",
            "use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, or HS256 with \
             hs256_secret_file",
        )),
    }
}

const KEY_SOURCES: [&str; 4] = ["jwks_url", "jwks_file", "public_key_file", "hs256_secret_file"];

/// The issuer's keys; `algorithms` is empty if those could not be read.
pub(super) fn keys(entry: &Section<'_>, reach: Reach, algorithms: &[Algorithm]) -> Read<KeySource> {
    let Some(source) = entry.one_of(&KEY_SOURCES)? else {
        return Err(entry.fault(
            "jwks_url",
            Flaw::new(
                "is not set, nor is another source of keys",
                "set one of jwks_url, jwks_file, public_key_file, hs256_secret_file",
            ),
        ));
    };
    let fits = check_families(entry, source, algorithms);
    let keys = match source {
        "jwks_url" => {
            entry.required(source, |text| parse::web_url(text, reach)).map(KeySource::JwksUrl)
        }
        "jwks_file" => entry
            .text_file(source, |text| key_material::check_jwks(text, algorithms))
            .and_then(|file| file.ok_or_else(|| entry.missing(source)))
            .map(KeySource::Jwks),
        "public_key_file" => entry
            .text_file(source, |text| key_material::check_public_key(text, algorithms))
            .and_then(|file| file.ok_or_else(|| entry.missing(source)))
            .map(KeySource::PublicKey),
        _ => entry.secret_file(source, key_material::check_shared_secret).map(KeySource::Hs256),
    };
    fits.and(keys)
}

/// Shared secrets sign HS256 and nothing else: an HMAC made with a public key as its secret is the
/// oldest forgery there is.
fn check_families(entry: &Section<'_>, source: &str, algorithms: &[Algorithm]) -> Read<()> {
    let wants_secret = source == "hs256_secret_file";
    let fits = |algorithm: &Algorithm| (algorithm.family() == Family::Secret) == wants_secret;
    if algorithms.iter().all(fits) {
        return Ok(());
    }
    let remedy = if wants_secret {
        "with hs256_secret_file write algorithms = [\"HS256\"]"
    } else {
        "leave HS256 out; it needs hs256_secret_file"
    };
    Err(entry.fault("algorithms", Flaw::new(format!("does not fit `{source}`"), remedy)))
}

/// A prefix of user ids; it may be empty.
fn user_prefix(text: &str) -> Result<String, Flaw> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~:|-".contains(&byte);
    if text.len() > 64 || !text.bytes().all(allowed) {
        return Err(Flaw::new(
            "is no prefix of user ids",
            "write at most 64 of the characters A-Z a-z 0-9 . _ ~ : | -",
        ));
    }
    Ok(text.to_owned())
}

fn claims(table: &Section<'_>) -> Read<Claims> {
    let name = |key| table.required(key, parse::visible);
    let user_id = name("user_id");
    let phone = name("phone");
    let phone_verified = name("phone_verified");
    let email = name("email");
    let email_verified = name("email_verified");
    let phone_reference = name("phone_reference");
    let email_reference = name("email_reference");
    let reference_required = table.flag("reference_required");
    let scope = name("scope");
    let app = name("app");
    Ok(Claims {
        user_id: user_id?,
        phone: phone?,
        phone_verified: phone_verified?,
        email: email?,
        email_verified: email_verified?,
        phone_reference: phone_reference?,
        email_reference: email_reference?,
        reference_required: reference_required?,
        scope: scope?,
        app: app?,
    })
}
