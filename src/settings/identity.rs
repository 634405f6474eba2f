use std::path::{Path, PathBuf};

use url::Url;

use super::reader::Reader;
use super::{Faults, SettingsFault, address, gather, keys};
use crate::callers::Scope;

/// The key that names the callers file.
pub(crate) const CALLERS_FILE: &str = "callers_file";
const ISSUER: &str = "jwt.issuer";
const AUDIENCE: &str = "jwt.audience";
const JWKS_URL: &str = "jwt.jwks_url";
/// The key that names the file of the issuer's keys.
pub(crate) const JWKS_FILE: &str = "jwt.jwks_file";
/// The key that names the CAs for `jwt.jwks_url`.
pub(crate) const CA_CERTIFICATE_FILE: &str = "jwt.ca_certificate_file";
const SCOPE_CLAIM: &str = "jwt.scope_claim";
const ALLOWED_SCOPES: &str = "jwt.allowed_scopes";

/// Tokens that callers may send instead of keys.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct JwtSettings {
    pub issuer: String,
    pub audience: String,
    pub jwks: JwksSource,
    pub scope_claim: Option<ScopeClaim>,
}

/// Where the issuer's keys are.
#[derive(Clone, Debug)]
pub enum JwksSource {
    /// In this file.
    File(PathBuf),
    /// Behind a URL.
    Url(JwksUrl),
}

/// Where to fetch keys.
#[derive(Clone, Debug)]
pub struct JwksUrl {
    /// https, or http to this machine.
    pub url: Url,
    /// The only CAs to trust; those of the operating system without it.
    pub ca_certificate: Option<PathBuf>,
}

/// The claim that gives rights to those whom the callers file does not know.
#[derive(Clone, Debug)]
pub struct ScopeClaim {
    /// Its name.
    pub name: String,
    /// The most that it gives.
    pub allowed: Vec<Scope>,
}

impl JwksSource {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(_) => None,
        }
    }
}

/// `callers_file`: optional only if tokens can bring their own scopes.
pub(super) fn callers_file(reader: &Reader) -> Result<Option<PathBuf>, SettingsFault> {
    let expected = "the path of a TOML file with [[callers]]";
    let path = |path: &str| Some(PathBuf::from(path));
    if reader.is_set(ISSUER) && reader.is_set(SCOPE_CLAIM) {
        return reader.optional_parsed(CALLERS_FILE, expected, path);
    }
    reader.parsed(CALLERS_FILE, expected, path).map(Some)
}

/// The section `jwt`, which is off without its issuer.
pub(super) fn jwt(reader: &Reader) -> Result<Option<JwtSettings>, SettingsFault> {
    let word = |text: &str| (!text.contains(char::is_control)).then(|| text.to_owned());
    if !reader.is_set(ISSUER) {
        let mut faults = Faults::default();
        for key in keys::KEYS.iter().filter(|key| key.name.starts_with("jwt.") && reader.is_set(key.name)) {
            faults.add(SettingsFault::of_key(key.name, "has no effect without jwt.issuer; set it, too"));
        }
        return faults.or(Some(None));
    }
    gather!(JwtSettings {
        issuer: reader.parsed(ISSUER, "the issuer, exactly as in the tokens' iss", word),
        audience: reader.parsed(AUDIENCE, "the audience that tokens for this gateway have in their aud", word),
        jwks: jwks(reader),
        scope_claim: scope_claim(reader),
    })
    .map(Some)
}

fn jwks(reader: &Reader) -> Result<JwksSource, SettingsFault> {
    let path = |path: &str| Some(PathBuf::from(path));
    let (url, file, ca_certificate) = gather!(
        url: reader.optional_parsed(JWKS_URL, "https://host[:port]/path, or http to this machine", jwks_url),
        file: reader.optional_parsed(JWKS_FILE, "the path of a JWK set in JSON", path),
        ca_certificate: reader.optional_parsed(CA_CERTIFICATE_FILE, "the path of a PEM file", path),
    )?;
    match (url, file) {
        (Some(url), None) => Ok(JwksSource::Url(JwksUrl { url, ca_certificate })),
        (None, Some(_)) if ca_certificate.is_some() => {
            Err(SettingsFault::of_key(CA_CERTIFICATE_FILE, "is for jwt.jwks_url, which is not set; remove it"))
        }
        (None, Some(file)) => Ok(JwksSource::File(file)),
        (Some(_), Some(_)) => {
            Err(SettingsFault::of_key(JWKS_FILE, "cannot be combined with jwt.jwks_url; keep one of the two"))
        }
        (None, None) => Err(SettingsFault::of_key(
            JWKS_URL,
            format_args!(
                "is missing; set it or jwt.jwks_file ({}) to where the issuer's keys are",
                keys::variable(JWKS_FILE)
            ),
        )),
    }
}

fn jwks_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let fits = (url.scheme() == "https" || (url.scheme() == "http" && address::is_loopback(&url)))
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    fits.then_some(url)
}

fn scope_claim(reader: &Reader) -> Result<Option<ScopeClaim>, SettingsFault> {
    let (name, allowed) = gather!(
        name: reader.optional_parsed(SCOPE_CLAIM, "the name of a claim, such as scope", |name| Some(name.to_owned())),
        allowed: reader.words(ALLOWED_SCOPES, &format!("some of {}", Scope::words()), Scope::from_word),
    )?;
    match (name, allowed.is_empty()) {
        (Some(name), false) => Ok(Some(ScopeClaim { name, allowed })),
        (None, true) => Ok(None),
        (Some(_), true) => Err(SettingsFault::of_key(
            ALLOWED_SCOPES,
            format_args!("is missing; set it to the most that jwt.scope_claim may give: some of {}", Scope::words()),
        )),
        (None, false) => {
            Err(SettingsFault::of_key(ALLOWED_SCOPES, "has no effect without jwt.scope_claim; set it, too"))
        }
    }
}
