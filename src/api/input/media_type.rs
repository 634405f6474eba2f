//! The media type of request bodies: JSON in UTF-8.

use actix_web::http::header::HeaderValue;

/// The media type of every request body.
pub(in crate::api) const JSON: &str = "application/json";

/// Spellings of the charsets that JSON may name, in lower case and without `-` and `_`: UTF-8, and its subset US-ASCII.
const CHARSETS: [&str; 5] = ["utf8", "csutf8", "usascii", "ascii", "csascii"];

/// Whether a `Content-Type` is JSON. It may name a charset, although JSON has none of its own (RFC 8259, section 11).
pub(in crate::api) fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(content_type) = content_type.to_str() else { return false };
    let mut quoted = false;
    let mut parts = content_type.split(|character| {
        quoted ^= character == '"';
        character == ';' && !quoted
    });
    parts.next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(JSON))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => is_utf_8(value.trim()),
            _ => true,
        })
}

fn is_utf_8(charset: &str) -> bool {
    let charset = charset.trim_matches(['"', '\'']).to_ascii_lowercase().replace(['-', '_', '\\'], "");
    CHARSETS.contains(&&*charset)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::is_json;

    #[test]
    fn json_may_name_utf_8_or_ascii_in_any_spelling() {
        for parameters in [
            "",
            ";",
            ";charset=utf-8",
            "; charset=utf8",
            " ; CHARSET = UTF8 ",
            ";charset=\"utf-8\"",
            ";charset=\"UTF8\"",
            ";charset='utf-8'",
            ";charset=utf_8",
            ";charset=us-ascii",
            ";charset=ASCII",
            ";charset=utf-8;profile=x",
            ";profile=\"a;charset=latin-1\"",
        ] {
            let value = format!("application/json{parameters}");
            assert!(is_json(&HeaderValue::from_str(&value).unwrap()), "{value}");
        }
    }

    #[test]
    fn json_may_name_no_other_charset() {
        for parameters in [
            ";charset=",
            ";charset=latin-1",
            ";charset=utf-16",
            ";charset=utf-7",
            ";charset=utf-88",
            ";charset=utf-8;charset=latin-1",
            "+x",
            ", application/json",
        ] {
            let value = format!("application/json{parameters}");
            assert!(!is_json(&HeaderValue::from_str(&value).unwrap()), "{value}");
        }
    }
}
