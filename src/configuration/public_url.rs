//! The URL under which callers reach the gateway.

use std::fmt;

use url::Url;

use super::urls::plain_url;

/// The URL under which callers reach the gateway (`server.public_url`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    pub(crate) const EXPECTED: &str =
        "http(s)://host[:port][/path] with letters, digits, - . _ ~ in the path's segments, no query";

    /// Parses a URL whose path needs no percent-encoding.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = plain_url(text)?;
        let segments = url.path().trim_end_matches('/').split('/').skip(1).all(|segment| {
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !segment.is_empty() && segment.bytes().all(unreserved)
        });
        segments.then_some(Self(url))
    }

    /// Returns `https` or `http`.
    pub(crate) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// Returns the path prefix of all routes: empty, or with a leading and without a trailing slash.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}
