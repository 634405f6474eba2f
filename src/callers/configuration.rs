//! The key `callers_file` and the section `jwt` of the configuration.

use std::path::{Path, PathBuf};

use url::Url;

use super::scope::Scope;
use crate::configuration::{Faults, KEYS, SettingsFault, Values, gather, is_loopback, variable};

/// The key of [`CallerSettings::file`].
pub(crate) const CALLERS_FILE: &str = "callers_file";
const ISSUER: &str = "jwt.issuer";
const AUDIENCE: &str = "jwt.audience";
const JWKS_URL: &str = "jwt.jwks_url";
/// The key of [`JwksSource::File`].
pub(crate) const JWKS_FILE: &str = "jwt.jwks_file";
/// The key of [`JwksUrl::ca_certificate`].
pub(crate) const CA_CERTIFICATE_FILE: &str = "jwt.ca_certificate_file";
const SCOPE_CLAIM: &str = "jwt.scope_claim";
const ALLOWED_SCOPES: &str = "jwt.allowed_scopes";

/// How callers identify themselves.
#[derive(Clone, Debug)]
pub struct CallerSettings {
    /// The callers file. Optional only if tokens contain scopes.
    pub file: Option<PathBuf>,
    /// JSON Web Tokens, if they are enabled.
    pub jwt: Option<JwtSettings>,
}

/// Which JSON Web Tokens are accepted.
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
    /// At this URL.
    Url(JwksUrl),
}

/// The URL of a JWK set.
#[derive(Clone, Debug)]
pub struct JwksUrl {
    /// https, or http to this machine.
    pub url: Url,
    /// The only CAs to trust. Without it, those of the operating system are trusted.
    pub ca_certificate: Option<PathBuf>,
}

/// The claim with the scopes of tokens whose subject is not in the callers file.
#[derive(Clone, Debug)]
pub struct ScopeClaim {
    /// The name of the claim.
    pub name: String,
    /// The scopes that the claim can grant.
    pub allowed: Vec<Scope>,
}

impl JwksSource {
    /// Returns the file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(_) => None,
        }
    }
}

impl CallerSettings {
    /// Reads `callers_file` and the section `jwt`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self { file: callers_file(values), jwt: JwtSettings::read(values) })
    }
}

/// Reads the path of the callers file, which is required unless tokens contain scopes.
pub(crate) fn callers_file(values: &Values) -> Result<Option<PathBuf>, SettingsFault> {
    let expected = "the path of a TOML file with [[callers]]";
    if values.is_set(ISSUER) && values.is_set(SCOPE_CLAIM) {
        return values.optional_path(CALLERS_FILE, expected);
    }
    values.parsed(CALLERS_FILE, expected, |path| Some(Some(PathBuf::from(path))))
}

impl JwtSettings {
    /// Reads the section `jwt`. Without an issuer, tokens are disabled and no other key of the section may be set.
    pub(crate) fn read(values: &Values) -> Result<Option<Self>, SettingsFault> {
        if !values.is_set(ISSUER) {
            let mut faults = Faults::default();
            for key in KEYS.iter().filter(|key| key.name.starts_with("jwt.") && values.is_set(key.name)) {
                faults.add(SettingsFault::of_key(key.name, "has no effect without jwt.issuer; set it, too"));
            }
            return faults.or(Some(None));
        }
        let line = |text: &str| (!text.contains(char::is_control)).then(|| text.to_owned());
        gather!(Self {
            issuer: values.parsed(ISSUER, "the issuer, exactly as in the tokens' iss", line),
            audience: values.parsed(AUDIENCE, "the audience that tokens for this gateway have in their aud", line),
            jwks: jwks(values),
            scope_claim: scope_claim(values),
        })
        .map(Some)
    }
}

fn jwks(values: &Values) -> Result<JwksSource, SettingsFault> {
    let (url, file, ca_certificate) = gather!(
        url: values.optional_parsed(JWKS_URL, "https://host[:port]/path, or http to this machine", jwks_url),
        file: values.optional_path(JWKS_FILE, "the path of a JWK set in JSON"),
        ca_certificate: values.optional_path(CA_CERTIFICATE_FILE, "the path of a PEM file"),
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
        (None, None) => {
            let problem =
                format!("is missing; set it or jwt.jwks_file ({}) to where the issuer's keys are", variable(JWKS_FILE));
            Err(SettingsFault::of_key(JWKS_URL, problem))
        }
    }
}

fn jwks_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_allowed = (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    is_allowed.then_some(url)
}

fn scope_claim(values: &Values) -> Result<Option<ScopeClaim>, SettingsFault> {
    let (name, allowed) = gather!(
        name: values.optional_parsed(SCOPE_CLAIM, "the name of a claim, such as scope", |name| Some(name.to_owned())),
        allowed: values.words(ALLOWED_SCOPES, &format!("some of {}", Scope::words()), Scope::from_word),
    )?;
    if let Some(scope) = allowed.iter().find(|scope| scope.requires_target_usernames()) {
        let problem = "requires target_usernames, which tokens cannot have; give it to a caller in callers_file";
        return Err(SettingsFault::of_key(ALLOWED_SCOPES, format_args!("{}: {problem}", scope.as_str())));
    }
    match (name, allowed.is_empty()) {
        (Some(name), false) => Ok(Some(ScopeClaim { name, allowed })),
        (None, true) => Ok(None),
        (Some(_), true) => {
            let problem =
                format!("is missing; set it to the most that jwt.scope_claim may give: some of {}", Scope::words());
            Err(SettingsFault::of_key(ALLOWED_SCOPES, problem))
        }
        (None, false) => {
            Err(SettingsFault::of_key(ALLOWED_SCOPES, "has no effect without jwt.scope_claim; set it, too"))
        }
    }
}
