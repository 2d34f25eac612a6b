//! Rust text with its comments and literals blanked, so that rules do not trip over prose.
//!
//! Lines and columns stay where they were.

#![expect(clippy::indexing_slicing, reason = "a scanner that steps wrong must fail its test")]

/// Replaces every character of a comment or literal by a space; line breaks stay.
pub(super) fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn skip(chars: &[char], at: usize) -> usize {
    let begins_word = at == 0 || !is_word(chars[at - 1]);
    match chars[at] {
        '/' if chars.get(at + 1) == Some(&'/') => {
            (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len())
        }
        '/' if chars.get(at + 1) == Some(&'*') => block_comment(chars, at),
        '"' => string(chars, at),
        '\'' => character(chars, at),
        'r' | 'b' | 'c' if begins_word => prefixed(chars, at),
        _ => at,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

/// A string with escapes; `at` is its opening quote.
fn string(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// A character literal, or nothing if the quote begins a lifetime.
fn character(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        let close = (at + 3..chars.len()).find(|i| chars[*i] == '\'');
        return close.map_or(chars.len(), |i| i + 1);
    }
    if chars.get(at + 2) == Some(&'\'') { at + 3 } else { at }
}

/// A literal such as `b"…"`, `r#"…"#`, `br"…"`, `b'…'`; nothing if this is only a name.
fn prefixed(chars: &[char], at: usize) -> usize {
    let mut i = at;
    while matches!(chars.get(i), Some('r' | 'b' | 'c')) && i < at + 2 {
        i += 1;
    }
    let raw = chars[at..i].contains(&'r');
    if !raw {
        return match chars.get(i) {
            Some('"') => string(chars, i),
            Some('\'') if chars[at] == 'b' => character(chars, i),
            _ => at,
        };
    }
    let hashes = chars[i..].iter().take_while(|c| **c == '#').count();
    if chars.get(i + hashes) != Some(&'"') {
        return at;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    (i + hashes + 1..chars.len())
        .find(|j| chars[*j..].starts_with(&closing))
        .map_or(chars.len(), |j| j + closing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_kept() {
        for (text, expected) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"x("a\"b::c") y"#, "x(         ) y"),
            (r##"x(r#"a"b"#) y"##, "x(        ) y"),
            ("x(b\"ab\", b'c') y", "x(     ,     ) y"),
            ("'a' '\\'' <'a> &'static", "         <'a> &'static"),
            ("r#type crab br", "r#type crab br"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }
}
