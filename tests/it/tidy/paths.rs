//! The paths a Rust file names, with `use` trees spread out.
//!
//! Whether a path stands in a `use` or in the middle of an expression makes no difference here: an
//! import that is spelled out where it is used is an import all the same.

#![expect(clippy::indexing_slicing, reason = "a scanner that steps wrong must fail its test")]

use super::code::masked;

/// A path such as `crate::storage::Store`, or a lone name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
    /// Written with a leading `::`, so its first segment is a crate for certain.
    pub(super) absolute: bool,
}

impl Named {
    /// The segments as text.
    pub(super) fn spelled(&self) -> String {
        self.segments.join("::")
    }

    /// Whether the path is `prefix` or goes on from it.
    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        prefix
            .split("::")
            .enumerate()
            .all(|(i, part)| self.segments.get(i).is_some_and(|segment| segment == part))
    }
}

/// Every path of a file, in order.
pub(super) fn paths(text: &str) -> Vec<Named> {
    let code = masked(text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].is_name() {
            let absolute = at > 0 && tokens[at - 1].text == "::";
            let lone_import = found.last().is_some_and(|last: &Named| last.spelled() == "use");
            at = path(&tokens, at, &mut Vec::new(), absolute, &mut found);
            if let Some(last) = found.last_mut()
                && lone_import
                && last.segments.len() == 1
            {
                // `use a as b` is `use a::{self as b}`.
                last.segments.push("self".to_owned());
            }
        } else {
            at += 1;
        }
    }
    found
}

/// Whether the file declares a module `name`, or brings one into scope under that name.
pub(super) fn shadows(text: &str, found: &[Named], name: &str) -> bool {
    let code = masked(text);
    let tokens = tokens(&code);
    let declared = tokens.windows(2).any(|pair| pair[0].text == "mod" && pair[1].text == name);
    let imported = found.iter().any(|path| {
        let mut segments = path.segments.iter().rev().skip_while(|segment| *segment == "self");
        path.segments.first().is_some_and(|first| first != name)
            && segments.next().is_some_and(|last| last == name)
    });
    declared || imported
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    line: usize,
    text: &'a str,
}

impl Token<'_> {
    fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (number, text) in code.lines().enumerate() {
        let line = number + 1;
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_alphanumeric() || first == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(length);
            found.push(Token { line, text: token });
            rest = after.trim_start();
        }
    }
    found
}

/// Reads one path (or the tree that hangs from it) and returns where it ends.
fn path(
    tokens: &[Token<'_>],
    mut at: usize,
    prefix: &mut Vec<String>,
    absolute: bool,
    found: &mut Vec<Named>,
) -> usize {
    let (line, depth) = (tokens[at].line, prefix.len());
    loop {
        prefix.push(tokens[at].text.to_owned());
        at += 1;
        let follows = |offset: usize| tokens.get(at + offset).map(|token| token.text);
        if follows(0) != Some("::") {
            break;
        }
        if follows(1) == Some("{") {
            at = group(tokens, at + 2, prefix, absolute, found);
            prefix.truncate(depth);
            return at;
        }
        let goes_on = tokens.get(at + 1).is_some_and(|next| next.is_name() || next.text == "*");
        if !goes_on {
            break;
        }
        at += 1;
    }
    found.push(Named { line, segments: prefix.clone(), absolute });
    prefix.truncate(depth);
    at
}

/// Reads the members of `{…}` in a `use` tree; `at` is behind the opening brace.
fn group(
    tokens: &[Token<'_>],
    mut at: usize,
    prefix: &mut Vec<String>,
    absolute: bool,
    found: &mut Vec<Named>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.text {
            "}" => return at + 1,
            // The new name of a renamed import is no path.
            "as" => at += 2,
            "*" => at = path(tokens, at, prefix, absolute, found),
            _ if token.is_name() => at = path(tokens, at, prefix, absolute, found),
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<String> {
        paths(text).iter().map(Named::spelled).collect()
    }

    #[test]
    fn use_trees_are_spread_out() {
        let text = "use crate::{a::B, c::{self, D as E, *}};\nuse std::fmt;";

        let found = spelled(text);

        let expected = [
            "use",
            "crate::a::B",
            "crate::c::self",
            "crate::c::D",
            "crate::c::*",
            "use",
            "std::fmt",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_in_expressions_are_seen_and_prose_is_not() {
        let text = "// crate::no\nlet x = crate::yes::go::<u8>(\"crate::no\"); ::config::f()";

        let found = paths(text);

        assert!(found.iter().any(|path| path.spelled() == "crate::yes::go" && path.line == 2));
        assert!(found.iter().any(|path| path.spelled() == "config::f" && path.absolute));
        assert!(!found.iter().any(|path| path.spelled().contains("no")));
    }

    #[test]
    fn a_module_of_the_same_name_shadows_a_crate() {
        for (text, shadowed) in [
            ("use crate::config; fn f() { config::load() }", true),
            ("use crate::config::{self, Settings};", true),
            ("mod config; pub use config::check;", true),
            ("use config::Config;", false),
            ("use config as settings;", false),
        ] {
            assert_eq!(shadows(text, &paths(text), "config"), shadowed, "{text}");
        }
    }
}
