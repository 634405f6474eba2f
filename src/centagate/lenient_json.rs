//! Lenient JSON parsing.

use serde::de::DeserializeOwned;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Parses JSON that may start with a byte order mark and may have raw control characters in strings. Some servers and proxies
/// send such JSON.
pub(super) fn from_slice<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    serde_json::from_slice(text).or_else(|error| match escape_control_characters(text) {
        Some(escaped) => serde_json::from_slice(&escaped),
        None => Err(error),
    })
}

/// Escapes the control characters in strings. `None` if there are none. Between strings and after a backslash they stay as they
/// are, because they are white space or faults there.
fn escape_control_characters(text: &[u8]) -> Option<Vec<u8>> {
    let mut escaped = Vec::with_capacity(text.len() + 64);
    let (mut in_string, mut after_backslash, mut found) = (false, false, false);
    for &byte in text {
        if in_string && !after_backslash && byte < b' ' {
            found = true;
            escaped.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            continue;
        }
        in_string ^= byte == b'"' && !after_backslash;
        after_backslash = in_string && !after_backslash && byte == b'\\';
        escaped.push(byte);
    }
    found.then_some(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::from_slice;

    fn read(text: &str) -> Option<Value> {
        from_slice(text.as_bytes()).ok()
    }

    #[test]
    fn one_byte_order_mark_at_the_start_is_ignored() {
        assert_eq!(read("\u{feff}{\"a\":1}"), Some(json!({"a": 1})));
        assert_eq!(read("\u{feff} \"\u{feff}\""), Some(json!("\u{feff}")), "in a string it is text");
        for text in ["\u{feff}\u{feff}1", " \u{feff}1", "1\u{feff}", "\u{feff}"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn raw_control_characters_are_accepted_only_in_strings() {
        assert_eq!(read("{\"a\n\":\"b\tc\0d\u{1f}\"}"), Some(json!({"a\n": "b\tc\0d\u{1f}"})));
        assert_eq!(read("[\"\\\\\n\",\n\"\\\"\n\"]"), Some(json!(["\\\n", "\"\n"])), "beside escapes and white space");
        assert_eq!(read("\u{feff}\"\r\n\""), Some(json!("\r\n")), "after a byte order mark");
        for text in ["\"\\\n\"", "\0\"a\"", "\"a\"\0", "[\u{1}]", "\"\n", "\"\\u00\n41\""] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn strings_with_raw_control_characters_are_read_unchanged(text in "[\\x00-\\x7f]{0,40}") {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assert_eq!(read(&format!("[\"{escaped}\"]")), Some(json!([text])));
        }
    }
}
