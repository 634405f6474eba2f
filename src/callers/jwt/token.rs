//! The compact form of a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::algorithm::Algorithm;
use super::refusal::Refusal;

/// The maximum size of a token. Tokens that list a user's groups can be large.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A JWS in compact form (RFC 7515, section 7.1). Its signature and claims are not checked yet.
pub(super) struct Token<'a> {
    /// The algorithm in the header. It must be the key's.
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// The signed part.
    pub(super) message: &'a str,
    pub(super) signature: Vec<u8>,
    payload: &'a str,
}

/// The header (RFC 7515, section 4.1). `jku`, `jwk`, `x5u` and `x5c` are ignored, because they would let a token provide its
/// own key (RFC 8725, section 3.10).
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl<'a> Token<'a> {
    /// Returns whether `credential` has the form of a token: exactly two dots.
    pub(super) fn has_shape(credential: &[u8]) -> bool {
        credential.split(|byte| *byte == b'.').count() == 3
    }

    pub(super) fn parse(credential: &'a [u8]) -> Result<Self, Refusal> {
        if credential.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let text = std::str::from_utf8(credential).map_err(|_| Refusal::Malformed)?;
        let (message, signature) = text.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Refusal::Malformed)?;
        let header = decode(header)?;
        if !header.trim_ascii_start().starts_with(b"{") {
            return Err(Refusal::Malformed); // serde would also accept an array
        }
        let header: Header = serde_json::from_slice(&header).map_err(|_| Refusal::Malformed)?;
        if header.crit {
            return Err(Refusal::Critical);
        }
        let algorithm = Algorithm::from_word(&header.alg).ok_or(Refusal::Algorithm)?;
        Ok(Self { algorithm, key_id: header.kid, message, signature: decode(signature)?, payload })
    }

    pub(super) fn payload(&self) -> Result<Vec<u8>, Refusal> {
        decode(self.payload)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}

/// Deserializes any value to `true`, to detect that a member is present.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::Token;
    use crate::callers::jwt::refusal::Refusal;

    fn parse(header: &str) -> Option<Refusal> {
        let token = format!("{}.e30.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header));
        Token::parse(token.as_bytes()).err()
    }

    #[test]
    fn a_header_names_a_key_and_one_of_three_algorithms() {
        for (header, refusal) in [
            (r#"{"alg":"RS256","kid":"1"}"#, None),
            (r#"{"alg":"ES256","kid":"1","typ":"JWT","x":{}}"#, None),
            (r#"{"alg":"EdDSA","kid":"1","jku":"http://x","jwk":{},"x5u":5,"x5c":[]}"#, None),
            (r#"{"alg":"Ed25519","kid":"1"}"#, None),
            (r#"{"alg":"EdDSA"}"#, None),
            (r#"{"alg":"EdDSA","kid":null}"#, None),
            (r#"{"alg":"EdDSA","kid":5}"#, Some(Refusal::Malformed)),
            (r#"{"kid":"1"}"#, Some(Refusal::Malformed)),
            (r#"{"alg":"EdDSA","kid":"1","kid":"2"}"#, Some(Refusal::Malformed)),
            (r#"{"alg":"none","alg":"EdDSA","kid":"1"}"#, Some(Refusal::Malformed)),
            (r#"{"alg":"EdDSA","kid":"1","crit":[]}"#, Some(Refusal::Critical)),
            (r#"{"alg":"EdDSA","kid":"1","crit":null}"#, Some(Refusal::Critical)),
            (r#"{"alg":"EdDSA","kid":"1","crit":["exp"],"exp":1}"#, Some(Refusal::Critical)),
            (r#"["EdDSA","1"]"#, Some(Refusal::Malformed)),
            ("", Some(Refusal::Malformed)),
        ] {
            assert_eq!(parse(header), refusal, "{header}");
        }
        for alg in
            ["none", "None", "", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES384", "ES256K", "rs256"]
        {
            assert_eq!(parse(&format!(r#"{{"alg":"{alg}","kid":"1"}}"#)), Some(Refusal::Algorithm), "{alg}");
        }
    }

    #[test]
    fn a_token_has_limited_size_and_is_base64url() {
        let header = r#"{"alg":"EdDSA","kid":"?>?>1"}"#;
        let token = format!("{}.e30.", URL_SAFE_NO_PAD.encode(header));
        assert!(Token::parse(token.as_bytes()).is_ok());
        let long = |size: usize| format!("{token}{}", "A".repeat(size - token.len()));
        assert!(Token::parse(long(16_383).as_bytes()).is_ok());
        assert_eq!(Token::parse(long(16_385).as_bytes()).err(), Some(Refusal::TooLong));
        let standard = format!("{}.e30.", STANDARD.encode(header));
        assert_eq!(Token::parse(standard.as_bytes()).err(), Some(Refusal::Malformed));
        assert_eq!(Token::parse(b"\xff.e30.").err(), Some(Refusal::Malformed));
    }

    #[test]
    fn a_token_has_exactly_two_dots() {
        for (credential, token) in [("a.b.c", true), ("..", true), ("a.b", false), ("a.b.c.d", false), ("cgw_1", false)]
        {
            assert_eq!(Token::has_shape(credential.as_bytes()), token, "{credential}");
        }
    }
}
