//! Phones and emails: every spelling, and what is none; invented ones by the thousand.

use proptest::prelude::*;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use super::contact::*;

#[test]
fn phones_of_every_spelling_become_one() {
    for text in [
        "+62 812-3456-7890",
        "6281234567890",
        "081234567890",
        " (0812) 3456.7890 ",
        "+62 (0)812 3456 7890",
    ] {
        let phone = PhoneNumber::parse(text).unwrap();
        assert_eq!(phone.expose(), "6281234567890", "{text}");
    }
}

#[test]
fn the_providers_length_rule_holds_at_both_ends() {
    assert!(PhoneNumber::parse("62812345678").is_ok());
    assert!(PhoneNumber::parse("6281234567").is_err());
    assert!(PhoneNumber::parse("628123456789012").is_ok());
    assert!(PhoneNumber::parse("6281234567890123").is_err());
}

#[test]
fn what_is_no_indonesian_phone_is_refused() {
    for text in [
        "",
        "812345678901",
        "+65 81234567",
        "+0812345678",
        "62812x4567890",
        "6281234+67890",
        "６２８１２３４５６７８９",
        "006281234567890",
        "006581234567",
        "+62 00812345678",
        "62812\u{a0}34567890",
        "081234567890123456789012345678901",
    ] {
        assert_eq!(PhoneNumber::parse(text), Err(InvalidContact::Phone), "{text}");
    }
}

#[test]
fn an_email_keeps_its_local_part_and_lowers_its_domain() {
    assert_eq!(
        EmailAddress::parse("Some.One+7@Example.COM").unwrap().expose(),
        "Some.One+7@example.com"
    );
}

#[test]
fn what_is_no_email_is_refused() {
    for text in [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a b@c.co",
        "a@b..co",
        "a@-b.co",
        "a@b.co\r\nx",
        "a@[1.2.3.4]",
        ".a@b.co",
        "é@b.co",
        "a@é.co",
        "\"a b\"@c.co",
        "A <a@b.co>",
        "a@1.2.3.4",
        "a@b.co.",
        "a@b_c.co",
        "a@b@c.co",
        "mailto:a@b.co",
    ] {
        assert_eq!(EmailAddress::parse(text), Err(InvalidContact::Email), "{text}");
    }
}

#[test]
fn debug_output_hides_contacts() {
    let phone = Contact::Phone(PhoneNumber::parse("081234567890").unwrap());

    assert!(!format!("{phone:?}").contains("8123"));
}

proptest! {
    #[test]
    fn whatever_is_taken_as_a_phone_fits_the_providers_rule(text in "\\PC{0,40}") {
        if let Ok(phone) = PhoneNumber::parse(&text) {
            prop_assert!(fits_the_provider(phone.expose()), "{}", phone.expose());
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_one_phone(
        number in "[1-9][0-9]{8,12}",
        gap in "[ .-]?",
        at in 1..8_usize,
    ) {
        let (head, tail) = number.split_at(at);
        let expected = format!("62{number}");
        for prefix in ["+62", "62", "0", "+62 ", "+62(0)"] {
            let phone = PhoneNumber::parse(&format!("{prefix}{head}{gap}{tail}"));
            prop_assert_eq!(phone.map(|it| it.expose().to_owned()), Ok(expected.clone()));
        }
    }

    /// The library knows every country's rules and costs 7 MiB of memory, which is why the gateway
    /// itself does without it (`docs/adr/0005-own-phone-parser.md`).
    #[test]
    fn what_a_phone_becomes_is_what_the_library_makes_of_it(
        number in "[1-9][0-9]{8,12}",
        prefix in "(\\+62|\\+62 |0|\\+62\\(0\\))",
        gap in "[ .-]?",
        at in 1..8_usize,
    ) {
        let (head, tail) = number.split_at(at);
        let text = format!("{prefix}{head}{gap}{tail}");
        let read = PHONE_NUMBER_UTIL.parse(&text, Some(Region::ID));
        let ours = PhoneNumber::parse(&text).unwrap();

        let theirs = read.unwrap().format_as(PhoneNumberFormat::E164).into_owned();
        prop_assert_eq!(format!("+{}", ours.expose()), theirs, "{}", text);
    }

    #[test]
    fn a_phone_read_back_is_the_same_phone(digits in "(62|0|\\+62)[0-9]{7,15}") {
        if let Ok(phone) = PhoneNumber::parse(&digits) {
            prop_assert_eq!(PhoneNumber::parse(phone.expose()), Ok(phone));
        }
    }

    #[test]
    fn whatever_is_taken_as_an_email_can_be_sent(text in "\\PC{0,12}@\\PC{0,12}") {
        if let Ok(email) = EmailAddress::parse(&text) {
            let sent = email.expose();
            let graphic = sent.bytes().all(|byte| byte.is_ascii_graphic());
            prop_assert!(graphic && sent.len() <= 254 && sent.matches('@').count() == 1, "{sent}");
            prop_assert_eq!(EmailAddress::parse(sent), Ok(email));
        }
    }

    #[test]
    fn everyday_emails_are_taken(
        local in "[a-z0-9]([a-z0-9._+-]{0,10}[a-z0-9])?",
        domain in "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\\.(co\\.id|com|id)",
    ) {
        prop_assume!(!local.contains(".."));
        let text = format!("{local}@{}", domain.to_uppercase());
        let email = EmailAddress::parse(&text).map(|it| it.expose().to_owned());
        prop_assert_eq!(email, Ok(format!("{local}@{domain}")));
    }
}

/// `^62[0-9]{9,13}$`, and no zero where a number begins.
fn fits_the_provider(phone: &str) -> bool {
    let Some(rest) = phone.strip_prefix("62") else { return false };
    (9..=13).contains(&rest.len())
        && !rest.starts_with('0')
        && rest.bytes().all(|byte| byte.is_ascii_digit())
}
