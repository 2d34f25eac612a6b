//! `[[auth.issuers]]`: whose tokens are believed, with which keys, and what their claims are called.
//!
//! Invariant: an issuer has exactly one source of keys, and each of its algorithms fits that
//! source; so no token can talk the verifier into reading a public key as a shared secret.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::values::TextFile;

/// Who may call the gateway.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The trusted issuers; the pair of issuer and audience names exactly one. At least one
    /// serves apps.
    pub issuers: Vec<Issuer>,
}

/// One trusted issuer of access tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Which operations its tokens open.
    pub token_use: TokenUse,
    /// The `iss` claim, compared byte by byte.
    #[expect(clippy::struct_field_names, reason = "the claim's own name")]
    pub issuer: String,
    /// The `aud` value that means us. Too wide (shared with other services) lets their tokens in.
    pub audience: String,
    /// The algorithms its tokens may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys come from.
    pub keys: KeySource,
    /// How far clocks may differ. Too low refuses fresh tokens of a fast clock; too high lets
    /// expired ones live on.
    pub leeway: Duration,
    /// The `typ` header its tokens must carry (`at+jwt` keeps ID tokens out); unchecked if absent.
    pub typ: Option<String>,
    /// What is put before its user claim to make our user id; keeps two issuers' users apart.
    pub user_prefix: String,
    /// The app's name when a token carries none.
    pub app: Option<String>,
    /// How its users' contacts are proven, the first that answers wins.
    pub contact: Vec<ContactProof>,
    /// Whose signed statements about its users' contacts are believed; there if `contact` lists
    /// [`ContactProof::Proof`].
    pub proof: Option<Proof>,
    /// What its claims are called.
    pub claims: Claims,
    /// Whether it may share its users with another app issuer of the same prefix. Set wrongly, one
    /// issuer's user can read the verification of another's.
    pub shared_users: bool,
}

impl Issuer {
    /// Whether its tokens are for development: anybody with a file can sign them, so `serve` knows
    /// it only where nobody else can reach the gateway.
    pub fn is_development(&self) -> bool {
        is_development(&self.issuer)
    }
}

/// Whether an issuer of this name is one for development: `urn:gerbang:dev`, or that with a colon
/// and more behind it. Whatever the case: a name of this kind must not slip past the check by its
/// spelling.
pub(super) fn is_development(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_prefix("urn:gerbang:dev");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// Which operations an issuer's tokens open; they are refused at the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// The partner's mobile apps and web frontends, on behalf of one user.
    App,
    /// The partner's servers, by scopes.
    Backend,
}

/// A signature algorithm, by its name in RFC 7518 and RFC 8037.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a shared secret.
    Hs256,
    /// RSASSA-PKCS1-v1.5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1.5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1.5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// Where an issuer's keys come from; files were read when the settings were.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A key set fetched from the issuer and kept fresh.
    JwksUrl(Url),
    /// A key set from a file: a JSON object whose `keys` are all public.
    Jwks(TextFile),
    /// One public key in PEM form.
    PublicKey(TextFile),
    /// A shared secret of at least 32 bytes.
    Hs256(SecretString),
}

/// How a user's contact is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactProof {
    /// By claims of the access token.
    Claims,
    /// By a signed statement of the partner's OTP service.
    Proof,
    /// By the partner's user service, which is asked.
    Directory,
}

/// The OTP service whose signed statements prove contacts.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The `iss` of its statements.
    pub issuer: String,
    /// The `aud` value that means us. Together with the issuer it must not be that of an access
    /// token: either could be passed off as the other.
    pub audience: String,
    /// The algorithms its statements may be signed with.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys come from.
    pub keys: KeySource,
    /// The `typ` header its statements must carry; unchecked if absent.
    pub typ: Option<String>,
}

/// The names of the claims that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The user's id at the issuer.
    pub user_id: String,
    /// The phone number.
    pub phone: String,
    /// Whether the phone number was verified.
    pub phone_verified: String,
    /// The email address.
    pub email: String,
    /// Whether the email address was verified.
    pub email_verified: String,
    /// The reference of the phone's verification.
    pub phone_reference: String,
    /// The reference of the email's verification.
    pub email_reference: String,
    /// Whether a token without such a reference is refused; otherwise one is derived from it.
    pub reference_required: bool,
    /// The scopes of a back end's token.
    pub scope: String,
    /// The app the token was issued to.
    pub app: String,
}
