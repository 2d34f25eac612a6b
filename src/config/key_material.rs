//! Key files of issuers and certificate authorities: are they what they are said to be?
//!
//! Invariant: a private key in a file that should hold public ones is refused, because such a file
//! is copied and mounted with less care; and an algorithm that the key cannot verify is refused at
//! start, not at the first login.

use aws_lc_rs::rsa::PublicEncryptingKey;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::auth::Algorithm;
use super::mistake::Flaw;

/// What kind of key an algorithm needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// A shared secret.
    Secret,
    /// An RSA key, for PKCS#1 v1.5 and PSS signatures alike.
    Rsa,
    /// A point on P-256.
    P256,
    /// A point on P-384.
    P384,
    /// An Ed25519 key.
    Ed25519,
}

impl Algorithm {
    /// The kind of key that verifies this algorithm's signatures.
    pub(super) fn family(self) -> Family {
        match self {
            Self::Hs256 => Family::Secret,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 => Family::P256,
            Self::Es384 => Family::P384,
            Self::EdDsa => Family::Ed25519,
        }
    }
}

/// Checks a PEM file that should hold one public key for all of `algorithms`.
pub(super) fn check_public_key(pem: &str, algorithms: &[Algorithm]) -> Result<(), Flaw> {
    if pem.contains("PRIVATE KEY-----") {
        return Err(Flaw::new(
            "names a file with a private key",
            "keep that key at the issuer; give its public half (openssl pkey -pubout)",
        ));
    }
    let key = public_key(pem).and_then(|der| Some((public_key_family(&der)?, der)));
    let (family, der) = key.ok_or_else(|| {
        Flaw::new(
            "names a file without a public key that can be used",
            "give one PEM block `BEGIN PUBLIC KEY` of RSA, P-256, P-384 or Ed25519",
        )
    })?;
    // Its name is misleading: what counts is that it takes 2048 to 8192 bits, as verifying does.
    if family == Family::Rsa && PublicEncryptingKey::from_der(&der).is_err() {
        return Err(Flaw::new(
            "names an RSA key that is too short, or absurdly long",
            "let the issuer use one of 2048 to 8192 bits",
        ));
    }
    if algorithms.iter().all(|algorithm| algorithm.family() == family) {
        Ok(())
    } else {
        Err(Flaw::new(
            "names a key that does not fit the algorithms",
            "list only algorithms of this key: RS*/PS* for RSA, ES256 for P-256, ES384 for P-384, \
             EdDSA for Ed25519",
        ))
    }
}

/// The object identifiers by which a public key names its kind (RFC 3279, 5480 and 8410), in DER.
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const PRIME256V1: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// The one public key in a PEM file, in DER.
fn public_key(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (body, rest) = rest.split_once("-----END PUBLIC KEY-----")?;
    if rest.contains("-----BEGIN") {
        return None;
    }
    let body: String = body.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    STANDARD.decode(body).ok()
}

fn public_key_family(der: &[u8]) -> Option<Family> {
    // The identifier stands at the start, before the key's own bytes.
    let head = der.get(..32.min(der.len()))?;
    let names = |oid: &[u8]| head.windows(oid.len()).any(|window| window == oid);
    [
        (RSA_ENCRYPTION, Family::Rsa),
        (PRIME256V1, Family::P256),
        (SECP384R1, Family::P384),
        (ED25519, Family::Ed25519),
    ]
    .into_iter()
    .find_map(|(oid, family)| names(oid).then_some(family))
}

/// Checks a key set file: public keys only, one at least for `algorithms`.
pub(super) fn check_jwks(text: &str, algorithms: &[Algorithm]) -> Result<(), Flaw> {
    let flaw = |problem: &str, remedy: &str| Err(Flaw::new(problem, remedy));
    let set: Option<Value> = serde_json::from_str(text).ok();
    let Some(keys) = set.as_ref().and_then(|set| set.get("keys")?.as_array()) else {
        return flaw("names a file that is no key set", "give a JSON object with a list `keys`");
    };
    let keys: Vec<&Map<String, Value>> = keys.iter().filter_map(Value::as_object).collect();
    if keys.iter().any(|key| ["d", "k", "p", "q"].iter().any(|name| key.contains_key(*name))) {
        return flaw(
            "names a key set with a private or shared key",
            "keep those at the issuer; leave only public members (kty, kid, n, e, crv, x, y)",
        );
    }
    let usable = keys
        .iter()
        .filter_map(|key| jwk_family(key))
        .any(|family| algorithms.iter().any(|algorithm| algorithm.family() == family));
    if usable {
        Ok(())
    } else {
        flaw(
            "names a key set without a key for the algorithms",
            "list the algorithms the issuer signs with, or give the set it publishes",
        )
    }
}

fn jwk_family(key: &Map<String, Value>) -> Option<Family> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    match (text("kty")?, text("crv")) {
        // A short one is as good as none (RFC 7518, section 3.3).
        ("RSA", _) => {
            let modulus = URL_SAFE_NO_PAD.decode(text("n")?).ok()?;
            let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
            (modulus.len() - zeros >= 2048 / 8).then_some(Family::Rsa)
        }
        ("EC", Some("P-256")) => Some(Family::P256),
        ("EC", Some("P-384")) => Some(Family::P384),
        ("OKP", Some("Ed25519")) => Some(Family::Ed25519),
        _ => None,
    }
}

/// Checks a shared secret: as long as the hash it feeds (RFC 7518 section 3.2).
pub(super) fn check_shared_secret(secret: &str) -> Result<(), Flaw> {
    if secret.len() < 32 {
        return Err(Flaw::new(
            "names a secret of less than 32 bytes",
            "generate one: openssl rand -base64 48",
        ));
    }
    Ok(())
}

/// Checks a file of certificates.
pub(super) fn check_certificates(pem: &str) -> Result<(), Flaw> {
    if pem.contains("PRIVATE KEY-----") {
        return Err(Flaw::new("names a file with a private key", "give the certificates alone"));
    }
    if !pem.contains("-----BEGIN CERTIFICATE-----") || !pem.contains("-----END CERTIFICATE-----") {
        return Err(Flaw::new(
            "names a file without a certificate",
            "give PEM blocks `BEGIN CERTIFICATE`",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    };

    use super::*;

    const ALL: [(Family, Algorithm); 4] = [
        (Family::Rsa, Algorithm::Ps384),
        (Family::P256, Algorithm::Es256),
        (Family::P384, Algorithm::Es384),
        (Family::Ed25519, Algorithm::EdDsa),
    ];

    /// A fresh public key of a family, as OpenSSL would write it.
    fn pem(family: Family) -> Option<String> {
        let der: Option<PublicKeyX509Der<'_>> = match family {
            Family::Secret => None,
            Family::Rsa => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
                pair.public_key().as_der().ok()
            }
            Family::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
                pair.public_key().as_der().ok()
            }
            Family::P384 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).ok()?;
                pair.public_key().as_der().ok()
            }
            Family::Ed25519 => {
                let pair = Ed25519KeyPair::generate().ok()?;
                pair.public_key().as_der().ok()
            }
        };
        let body = STANDARD.encode(der?.as_ref());
        Some(format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"))
    }

    #[test]
    fn a_key_fits_the_algorithms_of_its_family_and_no_others() {
        for (family, _) in ALL {
            let pem = pem(family).unwrap_or_default();
            let der = public_key(&pem).unwrap_or_default();
            assert_eq!(public_key_family(&der), Some(family));
            for (other, algorithm) in ALL {
                let is_fit = check_public_key(&pem, &[algorithm]).is_ok();

                assert_eq!(is_fit, other == family, "{family:?} {algorithm:?}");
            }
        }
    }

    #[test]
    fn two_keys_in_one_file_are_none() {
        let pem = pem(Family::Ed25519).unwrap_or_default().repeat(2);

        assert!(check_public_key(&pem, &[Algorithm::EdDsa]).is_err());
    }
}
