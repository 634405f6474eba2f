use std::fmt;
use std::net::IpAddr;

use secrecy::SecretString;
use url::{Host, Url};

use super::reader::Reader;
use super::{SettingsFault, gather};

/// The URL that callers see the gateway under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    pub(super) const EXPECTED: &str =
        "http(s)://host[:port][/path] with letters, digits, - . _ ~ in the path's segments, no query";

    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = plain_url(text)?;
        let segments = url.path().trim_end_matches('/').split('/').skip(1).all(|segment| {
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            !segment.is_empty() && segment.bytes().all(unreserved)
        });
        segments.then_some(Self(url))
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// The path that all routes are mounted under: empty, or with a slash at its start and none at its end.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// `centagate.base_url`: https; http only to this machine or with `centagate.allow_http`.
pub(super) fn base_url(reader: &Reader) -> Result<Url, SettingsFault> {
    const KEY: &str = "centagate.base_url";
    let (url, allow_http) = gather!(
        url: reader.parsed(KEY, "https://host[:port] without a path", |text| {
            plain_url(text).filter(|url| url.path() == "/")
        }),
        allow_http: reader.flag("centagate.allow_http"),
    )?;
    if url.scheme() == "http" && !is_loopback(&url) && !allow_http {
        return Err(SettingsFault::of_key(
            KEY,
            "plain http would show the admin's session to the network; use https, or set centagate.allow_http = true",
        ));
    }
    Ok(url)
}

/// `centagate.proxy_url`: an HTTP proxy; its user information makes it a secret.
pub(super) fn proxy_url(reader: &Reader) -> Result<Option<SecretString>, SettingsFault> {
    reader.optional_parsed("centagate.proxy_url", "http(s)://[user:password@]host[:port]", |text| {
        let url = Url::parse(text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| text.into())
    })
}

/// `telemetry.otlp_endpoint`: a collector; `/v1/traces` comes behind its path.
pub(super) fn otlp_endpoint(reader: &Reader) -> Result<Option<Url>, SettingsFault> {
    reader.optional_parsed("telemetry.otlp_endpoint", "http(s)://host[:port][/path] without user or query", plain_url)
}

/// What to listen on: an IP address or the name of this host.
pub(super) fn host(reader: &Reader, key: &'static str) -> Result<String, SettingsFault> {
    reader.parsed(key, "an IP address or a host name", |text| {
        let name = || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        (text.parse::<IpAddr>().is_ok() || name()).then(|| text.to_owned())
    })
}

/// `text` as an http(s) URL without user information, query or fragment.
fn plain_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    plain.then_some(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
