//! JSON Web Tokens as a second way for callers to identify themselves (RFC 7519, after the advice of RFC 8725).
//!
//! `token` reads the shape and the header, `key` reads one public key and `keys` a set of them, `source` holds the current
//! set, `refresher` and `fetch` get it from a URL, `claims` checks what a token says. [`Verifier`] joins them.

mod algorithm;
mod claims;
mod fetch;
mod key;
mod keys;
mod refresher;
mod refusal;
mod source;
mod token;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use tracing::warn;

use self::claims::Claims;
use self::fetch::HttpFetch;
pub(crate) use self::refusal::Refusal;
use self::source::{Lookup, Source};
use self::token::Token;
use super::caller::Rights;
use super::configuration::{JWKS_FILE, JwksSource, JwtSettings, ScopeClaim};
use super::{Caller, Callers, is_name};
use crate::configuration::SettingsFault;
use crate::configuration::file::read_for;

/// Fetches the keys of `jwt.jwks_url` in the background.
pub(crate) type Refresher = refresher::Refresher<HttpFetch>;

/// The least time between two fetches that unknown key ids cause.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// Tells whose token it is.
#[derive(Debug)]
pub(crate) struct Verifier {
    issuer: String,
    audience: String,
    scope_claim: Option<ScopeClaim>,
    source: Source,
}

/// Why a token's caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// The token is not taken.
    Refused(Refusal),
    /// There are no keys to check it with.
    NoKeys,
}

impl From<Refusal> for Unidentified {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Verifier {
    /// A verifier, and what fetches its keys if they do not stand in a file.
    ///
    /// # Errors
    /// If a file that the settings name cannot be used.
    pub(crate) fn new(settings: &JwtSettings) -> Result<(Self, Option<Refresher>), SettingsFault> {
        let (source, refresher) = match &settings.jwks {
            JwksSource::File(_) => (Source::file(), None),
            JwksSource::Url(url) => {
                let source = Source::url(COOL_DOWN);
                let fetch = HttpFetch::new(url.clone())?;
                let refresh = source.refresh.clone();
                (source.clone(), refresh.map(|refresh| Refresher::new(fetch, source, refresh)))
            }
        };
        let verifier = Self {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            scope_claim: settings.scope_claim.clone(),
            source,
        };
        verifier.read_file(settings)?;
        Ok((verifier, refresher))
    }

    /// Reads the keys of `jwt.jwks_file`, if that is where they stand, and takes them into use.
    ///
    /// # Errors
    /// If the file cannot be used; the last keys stay in use.
    pub(crate) fn read_file(&self, settings: &JwtSettings) -> Result<(), SettingsFault> {
        let JwksSource::File(path) = &settings.jwks else { return Ok(()) };
        let text = read_for(JWKS_FILE, path)?;
        let dropped = self.source.replace(text);
        for key in dropped.map_err(|problem| SettingsFault::of_file(JWKS_FILE, path, problem))? {
            warn!("a key of jwt.jwks_file is not used: {key}");
        }
        Ok(())
    }

    /// Whether `credential` is to be taken for a token, and for nothing else.
    pub(crate) fn is_token(credential: &[u8]) -> bool {
        Token::has_shape(credential)
    }

    /// Whether the keys are fetched, and do not stand in a file.
    pub(crate) fn fetches_keys(&self) -> bool {
        self.source.refresh.is_some()
    }

    /// The time since the keys were last fetched, if they ever were.
    pub(crate) fn keys_age(&self) -> Option<Duration> {
        self.source.age()
    }

    /// Whose token `credential` is; keys that have to be fetched first are waited for until `deadline` at most.
    ///
    /// # Errors
    /// If the token is not taken, or cannot be checked.
    pub(crate) async fn identify(
        &self,
        credential: &[u8],
        callers: &Callers,
        deadline: Instant,
    ) -> Result<Arc<Caller>, Unidentified> {
        let token = Token::parse(credential)?;
        let key = match self.source.find(token.key_id.as_deref(), token.algorithm, deadline).await {
            Lookup::Found(key) => key,
            Lookup::Refused(refusal) => return Err(refusal.into()),
            Lookup::Unavailable => return Err(Unidentified::NoKeys),
        };
        if !key.verifies(token.message.as_bytes(), &token.signature) {
            return Err(Refusal::Signature.into());
        }
        let claims = Claims::parse(&token.payload()?)?;
        claims.check(&self.issuer, &self.audience, now())?;
        Ok(self.caller(&claims, callers)?)
    }

    /// The caller with the rights that the callers file gives the token's subject, or else those in its scopes.
    fn caller(&self, claims: &Claims, callers: &Callers) -> Result<Arc<Caller>, Refusal> {
        let subject = claims.subject()?;
        if let Some(caller) = callers.find_subject(subject) {
            // An expired block takes the rights away: what the token says does not bring them back.
            return if caller.has_expired() { Err(Refusal::BlockExpired) } else { Ok(Arc::clone(caller)) };
        }
        let scope_claim = self.scope_claim.as_ref().ok_or(Refusal::NoRights)?;
        // Two callers with one name would share limits, and nobody could tell them apart in the log and the audit trail.
        if !is_name(subject) || callers.resembles(subject) {
            return Err(Refusal::Name);
        }
        let scopes = claims.scopes(&scope_claim.name, &scope_claim.allowed)?;
        let rights = Rights { scopes, ..Rights::default() };
        Ok(Arc::new(Caller { name: subject.into(), rights, expires_at: None }))
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
