//! The `Idempotency-Key` header field.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use crate::api::problems::Problem;

/// The header field (draft-ietf-httpapi-idempotency-key-header).
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A caller's key for one request: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::api) struct IdempotencyKey(String);

impl IdempotencyKey {
    const MAX_CHARACTERS: usize = 255;

    /// Whether `request` has the header field, valid or not.
    pub(in crate::api) fn is_in(request: &HttpRequest) -> bool {
        request.headers().contains_key(&IDEMPOTENCY_KEY)
    }

    /// The key of `request`, if it has one.
    ///
    /// # Errors
    /// If there are several, or the key is invalid.
    pub(in crate::api) fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let mut fields = request.headers().get_all(&IDEMPOTENCY_KEY);
        match (fields.next(), fields.next()) {
            (None, _) => Ok(None),
            (Some(field), None) => Self::parse(field.as_bytes()).map(Some).ok_or(Problem::InvalidIdempotencyKey),
            (Some(_), Some(_)) => Err(Problem::InvalidIdempotencyKey),
        }
    }

    pub(in crate::api) fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses a bare key, or a quoted one (a String of RFC 9651). `abc` and `"abc"` are the same key.
    pub(super) fn parse(field: &[u8]) -> Option<Self> {
        let key = match field.strip_prefix(b"\"") {
            Some(quoted) => unquote(quoted.strip_suffix(b"\"")?)?,
            None => String::from_utf8(field.to_vec()).ok()?,
        };
        let is_valid =
            (1..=Self::MAX_CHARACTERS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then_some(Self(key))
    }
}

/// The content of a quoted string, with its escapes (`\"` and `\\`) resolved.
fn unquote(quoted: &[u8]) -> Option<String> {
    let mut bytes = quoted.iter();
    let mut text = String::with_capacity(quoted.len());
    while let Some(&byte) = bytes.next() {
        text.push(match byte {
            b'"' => return None,
            b'\\' => bytes.next().copied().filter(|escaped| matches!(escaped, b'"' | b'\\'))?,
            byte => byte,
        } as char);
    }
    Some(text)
}
