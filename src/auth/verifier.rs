//! Access tokens in, callers out.
//!
//! Invariant: a caller comes out only if one configured issuer, and no other, vouches for the whole
//! token. What was verified is remembered for a minute at most, never beyond the token's end nor
//! beyond the life of the keys it was verified with.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use moka::{policy::EvictionPolicy, sync::Cache};

use super::{
    claims,
    compact::{self, Compact},
    contact::ProvenToken,
    error::{AuthError, AuthSetupError},
    issuer::{TrustedIssuer, VerifiedWith},
    proof::ProofIssuer,
};
use crate::{
    config::{self, TokenUse},
    domain::{AppCaller, BackendCaller, Clock, ProvenContact, Tasks, UserId},
    upstream::HttpClient,
};

/// How long a verified token is remembered: as long a user whom the issuer shut out stays in.
const MEMORY: SignedDuration = SignedDuration::from_mins(1);
/// How many tokens are remembered; about one KiB each.
const REMEMBERED: u64 = 20_000;

/// Verifies the tokens of all configured issuers.
#[derive(Debug)]
pub struct TokenVerifier {
    issuers: Vec<Arc<TrustedIssuer>>,
    /// Whose statements about the contacts of an issuer's users are believed, by the issuer's place.
    proofs: Vec<Option<ProofIssuer>>,
    /// By the hash of the token, so that no token lies in memory for longer than its request.
    verified: Cache<[u8; 32], Arc<Verified>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Verified {
    caller: Caller,
    issuer: Arc<TrustedIssuer>,
    with: VerifiedWith,
    until: Timestamp,
}

#[derive(Debug)]
pub(super) enum Caller {
    App(Arc<AppCaller>),
    Backend(Arc<BackendCaller>),
}

impl TokenVerifier {
    /// Takes the issuers; begins to fetch the key sets of those that publish them.
    pub fn new(
        issuers: &[config::Issuer],
        http: &HttpClient,
        clock: Arc<dyn Clock>,
        tasks: &Tasks,
    ) -> Result<Self, AuthSetupError> {
        let trust = |issuer| TrustedIssuer::new(issuer, http, &clock, tasks).map(Arc::new);
        let prove = |issuer| ProofIssuer::new(issuer, http, &clock, tasks);
        let proofs = issuers.iter().map(prove).collect::<Result<_, _>>()?;
        let issuers = issuers.iter().map(trust).collect::<Result<_, _>>()?;
        let verified = Cache::builder()
            .max_capacity(REMEMBERED)
            // What came last is wanted next. The default keeps the often-used and, once it is full,
            // takes in no token that is new: each user's first calls would all pay for a signature.
            .eviction_policy(EvictionPolicy::lru())
            // Frees memory; what counts is `Verified::until`.
            .time_to_live(Duration::from_mins(1))
            .build();
        Ok(Self { issuers, proofs, verified, clock })
    }

    /// The user behind a token, for operations of apps.
    pub async fn app(&self, token: &str) -> Result<Arc<AppCaller>, AuthError> {
        match &self.verify(token).await?.caller {
            Caller::App(caller) => Ok(Arc::clone(caller)),
            Caller::Backend(_) => Err(AuthError::WrongUse),
        }
    }

    /// The server behind a token, for operations of back ends.
    pub async fn backend(&self, token: &str) -> Result<Arc<BackendCaller>, AuthError> {
        match &self.verify(token).await?.caller {
            Caller::Backend(caller) => Ok(Arc::clone(caller)),
            Caller::App(_) => Err(AuthError::WrongUse),
        }
    }

    /// The contact of `caller` that a signed statement vouches for.
    pub async fn contact(
        &self,
        caller: &AppCaller,
        proof: &str,
    ) -> Result<ProvenContact, AuthError> {
        let issuer = self.proofs.get(caller.issuer).and_then(Option::as_ref);
        let issuer = issuer.ok_or(AuthError::ProofUnwanted)?;
        issuer.prove(proof, &caller.user, self.clock.now()).await
    }

    /// Forgets the tokens of `user`, and the contacts that they name.
    pub fn forget(&self, user: &UserId) {
        let of_user = |caller: &Caller| match caller {
            Caller::App(caller) => caller.user == *user,
            Caller::Backend(_) => false,
        };
        for (hash, verified) in &self.verified {
            if of_user(&verified.caller) {
                self.verified.invalidate(&*hash);
            }
        }
    }

    async fn verify(&self, token: &str) -> Result<Arc<Verified>, AuthError> {
        compact::check_length(token)?;
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let remembered = self.verified.get(&hash).filter(|verified| {
            self.clock.now() < verified.until && verified.issuer.still_has(&verified.with)
        });
        if let Some(remembered) = remembered {
            return Ok(remembered);
        }
        let verified = Arc::new(self.verify_anew(token).await?);
        self.verified.insert(hash, Arc::clone(&verified));
        Ok(verified)
    }

    async fn verify_anew(&self, token: &str) -> Result<Verified, AuthError> {
        let compact = Compact::parse(token)?;
        let numbered = self.issuers.iter().enumerate();
        let mut named = numbered.filter(|(_, issuer)| issuer.is_named_by(&compact.claims));
        let (Some((number, issuer)), None) = (named.next(), named.next()) else {
            return Err(AuthError::UnknownIssuer);
        };
        let with = issuer.verify(&compact.jws).await?;
        let now = self.clock.now();
        let (caller, expires_at) = caller(&compact, number, &issuer.settings, now)?;
        let leeway = issuer.settings.leeway;
        let end = expires_at.saturating_add(leeway).unwrap_or(Timestamp::MAX);
        let until = now.saturating_add(MEMORY).unwrap_or(Timestamp::MAX).min(end);
        Ok(Verified { caller, issuer: Arc::clone(issuer), with, until })
    }
}

/// Who a token of a proven issuer speaks for, and until when.
pub(super) fn caller(
    compact: &Compact<'_>,
    number: usize,
    issuer: &config::Issuer,
    now: Timestamp,
) -> Result<(Caller, Timestamp), AuthError> {
    let expires_at = claims::check_times(&compact.claims, issuer.leeway, now)?;
    let name = token_name(compact);
    let proven = ProvenToken { claims: &compact.claims, issuer, number, name: &name };
    let caller = match issuer.token_use {
        TokenUse::App => Caller::App(Arc::new(claims::app_caller(&proven, expires_at)?)),
        TokenUse::Backend => {
            Caller::Backend(Arc::new(claims::backend_caller(&proven, expires_at)?))
        }
    };
    Ok((caller, expires_at))
}

/// Names a token among those of its issuer: by its `jti` if that can be written down, else by the
/// hash of what was signed. The signature is left out, because it is not unique: whoever has an
/// ECDSA signature can make a second one of it that is as good.
fn token_name(compact: &Compact<'_>) -> String {
    const LONGEST: usize = 64;
    let plain =
        |name: &&str| name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_graphic());
    let named = claims::text(&compact.claims, "jti").filter(plain);
    named.map_or_else(
        || URL_SAFE_NO_PAD.encode(digest(&SHA256, compact.jws.signed.as_bytes())),
        str::to_owned,
    )
}
