use std::path::{Path, PathBuf};

use url::Url;

use super::reader::Reader;
use super::{SettingsFault, address, keys};
use crate::callers::Scope;

const ISSUER: &str = "jwt.issuer";
const AUDIENCE: &str = "jwt.audience";
const JWKS_URL: &str = "jwt.jwks_url";
const JWKS_FILE: &str = "jwt.jwks_file";
const CA_CERTIFICATE_FILE: &str = "jwt.ca_certificate_file";
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

/// `callers_file`: only scopes in tokens make callers without it.
pub(super) fn callers_file(reader: &Reader, jwt: Option<&JwtSettings>) -> Result<Option<PathBuf>, SettingsFault> {
    const KEY: &str = "callers_file";
    let expected = "the path of a TOML file with [[callers]]";
    if jwt.is_some_and(|jwt| jwt.scope_claim.is_some()) {
        return reader.optional_parsed(KEY, expected, |path| Some(path.into()));
    }
    reader.parsed(KEY, expected, |path| Some(path.into())).map(Some)
}

/// The section `jwt`, which is off without its issuer.
pub(super) fn jwt(reader: &Reader) -> Result<Option<JwtSettings>, SettingsFault> {
    let word = |text: &str| (!text.contains(char::is_control)).then(|| text.to_owned());
    let Some(issuer) = reader.optional_parsed(ISSUER, "the issuer of tokens as it stands in their iss", word)? else {
        return match keys::KEYS.iter().find(|key| key.name.starts_with("jwt.") && reader.found.contains_key(key.name)) {
            None => Ok(None),
            Some(key) => Err(SettingsFault::of_key(key.name, "means nothing while jwt.issuer is not set; set it, too")),
        };
    };
    Ok(Some(JwtSettings {
        issuer,
        audience: reader.parsed(AUDIENCE, "what tokens for this gateway have in their aud", word)?,
        jwks: jwks(reader)?,
        scope_claim: scope_claim(reader)?,
    }))
}

fn jwks(reader: &Reader) -> Result<JwksSource, SettingsFault> {
    let path = |path: &str| Some(PathBuf::from(path));
    let url = reader.optional_parsed(JWKS_URL, "https://host[:port]/path, or http to this machine", jwks_url)?;
    let file = reader.optional_parsed(JWKS_FILE, "the path of a JWK set in JSON", path)?;
    let ca_certificate = reader.optional_parsed(CA_CERTIFICATE_FILE, "the path of a PEM file", path)?;
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
    let name =
        reader.optional_parsed(SCOPE_CLAIM, "the name of a claim, such as scope", |name| Some(name.to_owned()))?;
    let allowed = reader.words(ALLOWED_SCOPES, &format!("some of {}", Scope::words()), Scope::from_word)?;
    match (name, allowed.is_empty()) {
        (Some(name), false) => Ok(Some(ScopeClaim { name, allowed })),
        (None, true) => Ok(None),
        (Some(_), true) => Err(SettingsFault::of_key(
            ALLOWED_SCOPES,
            format_args!("is missing; set it to the most that jwt.scope_claim may give: some of {}", Scope::words()),
        )),
        (None, false) => {
            Err(SettingsFault::of_key(ALLOWED_SCOPES, "means nothing while jwt.scope_claim is not set; set it, too"))
        }
    }
}
