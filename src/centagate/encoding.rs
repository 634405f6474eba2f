//! Percent-encoding for path segments.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as exactly one path segment: every byte but RFC 3986's unreserved characters is percent-encoded.
pub fn percent_encode_segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::percent_encode_segment;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(percent_encode_segment("aZ09-._~"), "aZ09-._~");
        assert_eq!(percent_encode_segment("a/b c%2F+ü?#"), "a%2Fb%20c%252F%2B%C3%BC%3F%23");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_segment_that_is_decoded_to_it(text in any::<String>()) {
            let segment = percent_encode_segment(&text);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            prop_assert!(segment.bytes().all(plain), "{segment}");
            prop_assert_eq!(percent_decode_str(&segment).decode_utf8().expect("UTF-8"), text);
        }
    }
}
