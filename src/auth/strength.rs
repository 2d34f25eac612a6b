//! Whether a key is worth trusting: long enough, well formed, and of no kind known to be broken.
//!
//! Invariant: a key passes through here before it verifies anything, wherever it came from. The
//! library would find some of this out at each signature, and some of it never.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
};
use jsonwebtoken::{
    AlgorithmFamily, DecodingKey, DecodingKeyKind, crypto::aws_lc::DEFAULT_PROVIDER,
};

use crate::config::Algorithm;

/// NIST SP 800-131A, and RFC 7518, section 3.3.
const SHORTEST_RSA: usize = 2048;
/// A longer one costs more per signature than a stranger should be able to make us spend.
const LONGEST_RSA: usize = 8192;
/// As long as the hash it feeds (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

/// Gives the key back if it can be trusted with these algorithms, which are of one family.
pub(super) fn sound(
    key: DecodingKey,
    algorithms: &[Algorithm],
) -> Result<DecodingKey, &'static str> {
    if key.family() == AlgorithmFamily::Rsa {
        return sound_rsa(&key);
    }
    let bytes = key.try_get_as_bytes().map_err(|_| "the key is of another form")?;
    for algorithm in algorithms {
        let is_sound = match algorithm {
            Algorithm::Hs256 => bytes.len() >= SHORTEST_SECRET,
            Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes).is_ok(),
            Algorithm::Es384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, bytes).is_ok(),
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, bytes).is_ok(),
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => false,
        };
        if !is_sound {
            return Err("the key is too short, or no point on the curve of its algorithm");
        }
    }
    Ok(key)
}

/// An RSA key by its numbers, without zeros in front: some issuers publish them, and the library
/// would refuse every signature for it.
fn sound_rsa(key: &DecodingKey) -> Result<DecodingKey, &'static str> {
    let (n, e) = match key.kind() {
        DecodingKeyKind::RsaModulusExponent { n, e } => (n.clone(), e.clone()),
        DecodingKeyKind::SecretOrDer(der) => {
            let numbers = DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key;
            numbers(der).map_err(|_| "the RSA key cannot be read")?
        }
    };
    let (n, e) = (without_zeros(&n), without_zeros(&e));
    if !(SHORTEST_RSA..=LONGEST_RSA).contains(&bits(n)) {
        return Err("the RSA key has less than 2048 bits, or more than 8192");
    }
    // An exponent of 1 makes every message its own signature.
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    if !is_odd(n) || !is_odd(e) || e == [1] || bits(e) > 32 {
        return Err("the RSA key is no product of primes, or its exponent is of no use");
    }
    if has_roca_fingerprint(n) {
        return Err("the RSA key was made by a generator whose keys can be factored");
    }
    Ok(DecodingKey::from_rsa_raw_components(n, e))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The length of a number without zeros in front.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    number.len() * 8 - usize::try_from(unused).unwrap_or(0)
}

/// Whether a modulus is of the form by which keys of one faulty generator are known (Nemec et al.,
/// "The Return of Coppersmith's Attack", 2017; CVE-2017-15361): modulo each small prime it is a
/// power of 65537. Of honest keys one in more than a hundred million is.
fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    /// Those of the first primes for which the powers of 65537 are not all there is.
    const TELLING: [u32; 17] =
        [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    TELLING.iter().all(|&prime| {
        let rest = modulus.iter().fold(0, |rest, &byte| (rest * 256 + u32::from(byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * 65_537 % prime));
        let order = usize::try_from(prime).unwrap_or(usize::MAX);
        powers.take(order).any(|power| power == rest)
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rsa::{KeyPair, KeySize},
        signature::KeyPair as _,
    };

    use super::*;

    fn rsa(n: &[u8], e: &[u8]) -> Result<(), &'static str> {
        let key = DecodingKey::from_rsa_raw_components(n, e);
        sound(key, &[Algorithm::Rs256]).map(drop)
    }

    /// The modulus of a fresh key.
    fn modulus() -> Vec<u8> {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = pair.public_key().as_ref();
        (DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(der).unwrap().0
    }

    #[test]
    fn a_fresh_key_is_sound_with_zeros_in_front_or_without() {
        let modulus = modulus();

        assert_eq!(rsa(&modulus, &[1, 0, 1]), Ok(()));
        assert_eq!(rsa(&[&[0], &modulus[..]].concat(), &[0, 1, 0, 1]), Ok(()));
    }

    #[test]
    fn numbers_that_make_no_key_are_refused() {
        let modulus = modulus();
        let mut even = modulus.clone();
        *even.last_mut().unwrap() &= 0xfe;
        let mut short = modulus[..255].to_vec();
        *short.last_mut().unwrap() |= 1;

        for (n, e) in [
            (&modulus[..], &[1][..]),
            (&modulus[..], &[]),
            (&modulus[..], &[0]),
            (&modulus[..], &[1, 0, 0]),
            (&modulus[..], &[1, 0, 0, 0, 1]),
            (&short, &[3]),
            (&even, &[3]),
            (&[], &[3]),
            (&[0xff; 1025], &[3]),
        ] {
            assert!(rsa(n, e).is_err(), "{} {e:?}", n.len());
        }
    }

    #[test]
    fn a_key_of_the_faulty_generator_is_known_by_its_modulus() {
        // 65537 modulo every telling prime, as such keys are a power of it.
        let product: u128 =
            [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
                .iter()
                .product();
        let mut modulus = product.to_be_bytes().to_vec();
        modulus.resize(300, 0);
        modulus.splice(297.., [1, 0, 1]);
        assert!(rsa(&modulus, &[1, 0, 1]).unwrap_err().contains("factored"));

        modulus[299] = 3;
        assert_eq!(rsa(&modulus, &[1, 0, 1]), Ok(()));
    }

    #[test]
    fn shared_secrets_and_points_are_measured() {
        for (key, algorithm, is_sound) in [
            (DecodingKey::from_secret(&[7; 32]), Algorithm::Hs256, true),
            (DecodingKey::from_secret(&[7; 31]), Algorithm::Hs256, false),
            (DecodingKey::from_ec_der(&[4; 65]), Algorithm::Es256, false),
            (DecodingKey::from_ec_der(&[4; 97]), Algorithm::Es384, false),
            (DecodingKey::from_ed_der(&[4; 31]), Algorithm::EdDsa, false),
            (DecodingKey::from_ed_der(&[4; 32]), Algorithm::EdDsa, true),
            (DecodingKey::from_secret(&[7; 32]), Algorithm::Rs256, false),
        ] {
            assert_eq!(sound(key, &[algorithm]).is_ok(), is_sound, "{algorithm:?}");
        }
    }
}
