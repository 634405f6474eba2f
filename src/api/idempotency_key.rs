use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::problem::Problem;

/// The field that names a request, so that it can be repeated (draft-ietf-httpapi-idempotency-key-header).
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The caller's name for a request: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdempotencyKey(String);

impl IdempotencyKey {
    const MAX_CHARACTERS: usize = 255;

    /// The key that `request` carries, if it does.
    ///
    /// # Errors
    /// If there are two, or it is none.
    pub(super) fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let mut fields = request.headers().get_all(&IDEMPOTENCY_KEY);
        match (fields.next(), fields.next()) {
            (None, _) => Ok(None),
            (Some(field), None) => Self::parse(field.as_bytes()).map(Some).ok_or(Problem::InvalidIdempotencyKey),
            (Some(_), Some(_)) => Err(Problem::InvalidIdempotencyKey),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a key that stands bare, or in quotes as a String of RFC 9651 does; `abc` and `"abc"` are the same key.
    fn parse(field: &[u8]) -> Option<Self> {
        let key = match field.strip_prefix(b"\"") {
            Some(quoted) => unquote(quoted.strip_suffix(b"\"")?)?,
            None => String::from_utf8(field.to_vec()).ok()?,
        };
        let is_key = (1..=Self::MAX_CHARACTERS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_key.then_some(Self(key))
    }
}

/// What stands between quotes, its escapes (`\"` and `\\`) resolved.
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

#[cfg(test)]
#[path = "idempotency_key_tests.rs"]
mod tests;
