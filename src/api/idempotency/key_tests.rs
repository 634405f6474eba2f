//! Which header fields are keys.

use proptest::prelude::*;

use super::key::IdempotencyKey;

fn parse(field: &[u8]) -> Option<String> {
    IdempotencyKey::parse(field).map(|key| key.as_str().to_owned())
}

#[test]
fn a_key_may_be_bare_or_quoted() {
    let longest = "k".repeat(255);
    for (field, key) in [
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        (r#""8e03978e""#, "8e03978e"),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        (r#"a"b\c"#, r#"a"b\c"#),
        ("!", "!"),
        ("~", "~"),
        (&longest, &longest),
        (&format!("\"{longest}\""), &longest),
    ] {
        assert_eq!(parse(field.as_bytes()).as_deref(), Some(key), "{field}");
    }
}

#[test]
fn anything_else_is_no_key() {
    let (too_long, too_long_quoted) = ("k".repeat(256), format!("\"{}\"", "k".repeat(256)));
    for field in [
        "",
        "\"\"",
        "\"",
        "\"a",
        "a b",
        "\"a b\"",
        "\"a\"b\"",
        r#""a\"#,
        r#""a\b""#,
        "a\tb",
        "\u{7f}",
        "ä",
        "\"ä\"",
        "\"a\", \"b\"",
        &too_long,
        &too_long_quoted,
    ] {
        assert_eq!(parse(field.as_bytes()), None, "{field}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_the_parser_and_keys_are_visible_ascii(field in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Some(key) = parse(&field) {
            prop_assert!((1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }

    #[test]
    fn a_key_is_the_same_bare_and_in_quotes(key in "[!#-~][!-~]{0,254}") {
        let quoted = format!("\"{}\"", key.replace('\\', r"\\").replace('"', r#"\""#));
        prop_assert_eq!(parse(key.as_bytes()), Some(key.clone()));
        prop_assert_eq!(parse(quoted.as_bytes()), Some(key));
    }
}
