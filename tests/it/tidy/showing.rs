//! What a derived `Debug` would print: nothing personal and no secret.
//!
//! `Pii` and the types of `secrecy` print nothing, so what holds them may derive it. The rule is about
//! plain text under a telling name, which is how a value slips past those types.

use super::source::{self, Source};

/// Names of fields whose values are somebody's, or open something. Part of a name counts.
const TELLING: &[&str] = &[
    "answer",
    "birth",
    "body",
    "consent",
    "email",
    "nik",
    "password",
    "phone",
    "redirects",
    "reference",
    "secret",
    "token",
    "url",
];

/// Types that print what they hold.
const PLAIN: &[&str] = &["Bytes", "HeaderValue", "String", "Url", "Value", "str"];

/// Fields whose name sounds worse than they are, each for its reason.
const HARMLESS: &[(&str, &str, &str)] = &[
    ("src/cli/sandbox.rs", "callback_url", "an operator's own address"),
    ("src/cli/token.rs", "phone", "made up for a development token"),
    ("src/cli/token.rs", "email", "made up for a development token"),
    ("src/config/auth.rs", "phone", "the name of a claim"),
    ("src/config/auth.rs", "phone_verified", "the name of a claim"),
    ("src/config/auth.rs", "phone_reference", "the name of a claim"),
    ("src/config/auth.rs", "email", "the name of a claim"),
    ("src/config/auth.rs", "email_verified", "the name of a claim"),
    ("src/config/auth.rs", "email_reference", "the name of a claim"),
    ("src/config/provider.rs", "base_url", "the provider's, public"),
    ("src/usecase/ports.rs", "base_url", "the provider's, public"),
];

/// Fields of plain text under a telling name, in types that derive `Debug`.
fn shown(file: &Source) -> Vec<String> {
    let text = super::code::masked(&file.text);
    // A test prints what it likes.
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let (mut derives, mut inside, mut findings) = (false, false, Vec::new());
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with("#[derive(") {
            derives = trimmed.contains("Debug");
        } else if is_item(trimmed) {
            inside = derives && trimmed.ends_with('{');
            derives = false;
        } else if line.starts_with('}') {
            inside = false;
        } else if inside && let Some((name, kind)) = trimmed.split_once(": ") {
            let name = name.rsplit(' ').next().unwrap_or_default();
            let known =
                HARMLESS.iter().any(|(path, field, _)| *path == file.path && *field == name);
            if !known && is_telling(name) && is_plain(kind) {
                findings.push(format!(
                    "{}:{}: `{name}` would be printed by the derived Debug: use Pii, a secret, or \
                     write Debug by hand",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    findings
}

fn is_item(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().take(4).collect();
    words.iter().any(|word| ["struct", "enum"].contains(word))
}

fn is_telling(name: &str) -> bool {
    name == "env" || TELLING.iter().any(|word| name.contains(word))
}

fn is_plain(kind: &str) -> bool {
    let hidden = kind.contains("Pii<") || kind.contains("Secret") || kind.contains("'static str");
    let mut words = kind.split(|c: char| !c.is_alphanumeric() && c != '_');
    !hidden && (kind.contains("Vec<u8>") || words.any(|word| PLAIN.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_and_no_secret_is_printed_by_a_derived_debug() {
        let ours = source::rust().into_iter().filter(|file| {
            // The provider of tests and demos plays with made-up people.
            file.path.starts_with("src/") && !file.path.starts_with("src/sandbox/")
        });
        let findings: Vec<_> = ours.flat_map(|file| shown(&file)).collect();

        source::assert_none(&findings);
    }

    #[test]
    fn a_plain_field_under_a_telling_name_is_noticed() {
        let of = |derive: &str, field: &str| {
            let text = format!("#[derive({derive})]\npub struct A {{\n    pub {field},\n}}\n");
            shown(&Source::invented("src/a.rs", &text)).len()
        };

        for field in [
            "phone: String",
            "reference: Option<String>",
            "env: Vec<(String, String)>",
            "body: Vec<u8>",
            "return_url: Url",
            "sdk_token: &'a str",
        ] {
            assert_eq!(of("Clone, Debug", field), 1, "{field}");
            assert_eq!(of("Clone", field), 0, "{field}");
        }
        for field in [
            "phone: Pii<String>",
            "token: SecretString",
            "secret: Option<SecretSlice<u8>>",
            "name: String",
            "body_limit: usize",
        ] {
            assert_eq!(of("Clone, Debug", field), 0, "{field}");
        }
    }
}
