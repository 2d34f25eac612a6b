//! Signatures that are not the issuer's, or not of this token, or not as they should be written.

use gerbang::config::Algorithm;
use serde_json::json;

use super::{
    super::mint::{Gate, Signer, issuer, key_file},
    house::{Fate, House, KEYS, REFUSED, Row, TAKEN, forge_by, head, row, signature, signed_by},
};

/// The order of P-256's group (SEC 2, section 2.4.2), big-endian.
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of Ed25519's group (RFC 8032, section 5.1), little-endian.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `a - b`, big-endian, where `a` is the larger.
fn difference(a: &[u8; 32], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut result = vec![0; 32];
    for at in (0..32).rev() {
        let wide = i16::from(a[at]) - i16::from(b[at]) - borrow;
        borrow = i16::from(wide < 0);
        result[at] = u8::try_from(wide.rem_euclid(256)).unwrap();
    }
    result
}

/// `a + b`, little-endian, where the sum fits.
fn sum(a: &[u8], b: &[u8; 32]) -> Vec<u8> {
    let mut carry = 0;
    let mut result = vec![0; 32];
    for at in 0..32 {
        let wide = u16::from(a[at]) + u16::from(b[at]) + carry;
        carry = wide / 256;
        result[at] = u8::try_from(wide % 256).unwrap();
    }
    assert_eq!(carry, 0);
    result
}

/// A signature as X.509 has it (RFC 3279, section 2.2.3).
fn in_der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let mut number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        [&[2, u8::try_from(number.len()).unwrap()], &number[..]].concat()
    };
    let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

#[tokio::test]
async fn ecdsa_signatures_are_two_numbers_in_their_range() {
    let house = House::open().await;
    let good = house.headed(&KEYS.p256, &head(&KEYS.p256));
    let both = signature(&good);
    let (r, s) = both.split_at(32);
    let (zero, one) = ([0; 32], {
        let mut one = [0; 32];
        one[31] = 1;
        one
    });
    let longer = [&[0], r, &[0], s].concat();
    let rows: [(&str, Vec<u8>, Fate); 14] = [
        ("as it is", both.clone(), TAKEN),
        // As good a signature, which anybody can make of the first: RFC 7518 allows both, and half
        // of all signatures are of this form. So a token is never known by its signature: it is
        // named by `jti`, or by what was signed.
        ("s replaced by n - s", [r, &difference(&P256_ORDER, s)].concat(), TAKEN),
        ("r = 0, s = 0", [zero, zero].concat(), REFUSED),
        ("r = 0", [&zero, s].concat(), REFUSED),
        ("s = 0", [r, &zero].concat(), REFUSED),
        ("r = 1, s = 1", [one, one].concat(), REFUSED),
        ("r = n", [&P256_ORDER, s].concat(), REFUSED),
        ("s = n", [r, &P256_ORDER].concat(), REFUSED),
        ("r = n, s = n", [P256_ORDER, P256_ORDER].concat(), REFUSED),
        ("r and s swapped", [s, r].concat(), REFUSED),
        ("in DER", in_der(&both), REFUSED),
        ("a byte short", both[..63].to_vec(), REFUSED),
        ("a byte long", [&both[..], &[0]].concat(), REFUSED),
        ("zeros in front of both", longer, REFUSED),
    ];

    let rows = rows.map(|(name, bytes, fate)| row(name, signed_by(&good, &bytes), fate));
    house.judge(rows.into()).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_changed_ecdsa_signature_does_not_make_another_proof() {
    let signer = Signer::new("k1", Algorithm::Es256);
    let gate = Gate::new(&[issuer(&[Algorithm::Es256], key_file(&[&signer]))]);
    let nameless = json!({ "jti": null, "email": "someone@example.com", "email_verified": true });
    let one = signer.sign(&gate.claims_but(nameless));
    let both = signature(&one);
    let (r, s) = both.split_at(32);
    let two = signed_by(&one, &[r, &difference(&P256_ORDER, s)].concat());
    let reference = async |token: &str| {
        let caller = gate.verifier.app(token).await.unwrap();
        caller.contacts.email.as_ref().unwrap().reference.as_str().to_owned()
    };

    let (first, second) = (reference(&one).await, reference(&two).await);

    assert_ne!(one, two);
    assert_eq!(first, second);
}

#[tokio::test]
async fn ed25519_signatures_have_one_form() {
    let house = House::open().await;
    let good = house.good();
    let both = signature(&good);
    let (r, s) = both.split_at(32);
    let mut flipped = both.clone();
    flipped[63] ^= 0x20;
    // The neutral element, in its form and in one that is not reduced.
    let neutral = [&[1][..], &[0; 63]].concat();
    let rows: [(&str, Vec<u8>, Fate); 9] = [
        ("as it is", both.clone(), TAKEN),
        ("S + L", [r, &sum(s, &ED25519_ORDER)].concat(), REFUSED),
        ("S with a high bit", flipped, REFUSED),
        ("all zeros", vec![0; 64], REFUSED),
        ("the neutral element and S = 0", neutral, REFUSED),
        ("R alone", r.to_vec(), REFUSED),
        ("a byte short", both[..63].to_vec(), REFUSED),
        ("a byte long", [&both[..], &[0]].concat(), REFUSED),
        ("halves swapped", [s, r].concat(), REFUSED),
    ];

    let rows = rows.map(|(name, bytes, fate)| row(name, signed_by(&good, &bytes), fate));
    house.judge(rows.into()).await;
    house.app.stop().await;
}

#[tokio::test]
async fn rsa_signatures_are_as_long_as_their_key() {
    let house = House::open().await;
    let mut rows: Vec<Row> = Vec::new();
    for algorithm in [jsonwebtoken::Algorithm::RS256, jsonwebtoken::Algorithm::PS256] {
        let header = json!({ "alg": algorithm, "kid": "rsa" }).to_string();
        let claims = house.claims(json!({})).to_string();
        let good = forge_by(&KEYS.rsa, algorithm, &header, &claims);
        let bytes = signature(&good);
        let mut flipped = bytes.clone();
        flipped[128] ^= 1;
        for (name, bytes, fate) in [
            ("as it is", bytes.clone(), TAKEN),
            ("zero", vec![0; 256], REFUSED),
            ("one", [&[0; 255][..], &[1]].concat(), REFUSED),
            ("all ones", vec![0xff; 256], REFUSED),
            ("a zero in front", [&[0], &bytes[..]].concat(), REFUSED),
            ("a zero behind", [&bytes[..], &[0]].concat(), REFUSED),
            ("a byte short", bytes[..255].to_vec(), REFUSED),
            ("a bit flipped", flipped, REFUSED),
        ] {
            let name = format!("{algorithm:?} {name}");
            rows.push(row(&name, signed_by(&good, &bytes), fate));
        }
    }

    house.judge(rows).await;
    house.app.stop().await;
}

#[tokio::test]
async fn a_signature_belongs_to_one_header_and_one_payload() {
    let house = House::open().await;
    let (mine, other) = (house.good(), house.claiming(json!({ "sub": "cust-2" })));
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mine, other) = (parts(&mine), parts(&other));
    let renamed = parts(&house.headed(&KEYS.ed, r#"{"kid":"ed","alg":"EdDSA"}"#));
    let rows = vec![
        row("another's payload", format!("{}.{}.{}", mine[0], other[1], mine[2]), REFUSED),
        row("another's signature", format!("{}.{}.{}", mine[0], mine[1], other[2]), REFUSED),
        row("another header", format!("{}.{}.{}", renamed[0], mine[1], mine[2]), REFUSED),
        row("parts in another order", format!("{}.{}.{}", mine[1], mine[0], mine[2]), REFUSED),
        row("the forger's key", house.headed(&KEYS.forger, &head(&KEYS.ed)), REFUSED),
    ];

    house.judge(rows).await;
    house.app.stop().await;
}
