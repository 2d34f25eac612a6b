//! Proofs of contact in the configuration: where they stand, and what they must not share.

use super::sample::{ED25519_PEM, Sample};

/// The keys that two issuers with these settings are blamed for.
fn blamed([one, other]: [&str; 2]) -> Vec<String> {
    let mut sample = Sample::local();
    let file = sample.file("issuer.pem", ED25519_PEM);
    let issuer = |rest: &str| {
        let rest =
            rest.replace("KEY", &format!("algorithms = ['EdDSA'], public_key_file = {file}"));
        format!("{{ use = \"app\", algorithms = [\"EdDSA\"], public_key_file = {file}, {rest} }}")
    };
    sample.set("auth.issuers", &format!("[{}, {}]", issuer(one), issuer(other)));
    let mistakes = sample.load(&[]).err();
    let mistakes = mistakes.map(|mistakes| mistakes.as_slice().to_vec()).unwrap_or_default();
    mistakes.into_iter().map(|mistake| mistake.key).collect()
}

const FIRST: &str = "issuer = 'i', audience = 'a', user_prefix = 'p:', contact = ['proof'], \
                     proof = { issuer = 'otp', audience = 'proofs', KEY }";

#[test]
fn proofs_of_two_issuers_users_are_told_apart() {
    let other = "issuer = 'j', audience = 'a', user_prefix = 'q:', contact = ['proof', 'claims'], ";
    for (proof, expected) in [
        ("proof = { issuer = 'otp', audience = 'others', KEY }", vec![]),
        ("proof = { issuer = 'mail', audience = 'proofs', KEY }", vec![]),
        (
            "proof = { issuer = 'otp', audience = 'proofs', KEY }",
            vec!["auth.issuers[1].proof.audience"],
        ),
    ] {
        assert_eq!(blamed([FIRST, &format!("{other}{proof}")]), expected, "{proof}");
    }
}

#[test]
fn issuers_that_share_their_users_may_share_their_proofs() {
    let sharing = |text: &str| text.replace("user_prefix = 'p:'", "shared_users = true");
    let other = FIRST.replace("issuer = 'i'", "issuer = 'j'");

    assert_eq!(blamed([&sharing(FIRST), &sharing(&other)]), [""; 0]);
}

#[test]
fn a_proof_is_told_from_every_access_token() {
    let other = "issuer = 'otp', audience = 'proofs', user_prefix = 'q:'";
    let own = "issuer = 'i', audience = 'a', user_prefix = 'q:', contact = ['proof'], \
               proof = { issuer = 'i', audience = 'a', KEY }";
    let first = "issuer = 'j', audience = 'a', user_prefix = 'p:'";

    assert_eq!(blamed([FIRST, other]), ["auth.issuers[0].proof.audience"]);
    assert_eq!(blamed([other, &FIRST.replace("p:", "r:")]), ["auth.issuers[1].proof.audience"]);
    assert_eq!(blamed([first, own]), ["auth.issuers[1].proof.audience"]);
}

#[test]
fn a_proof_that_nobody_asks_for_is_a_mistake() {
    let unasked = FIRST.replace("['proof']", "['claims']");
    let other = "issuer = 'j', audience = 'a', user_prefix = 'q:'";

    assert_eq!(blamed([&unasked, other]), ["auth.issuers[0].contact"]);
}
