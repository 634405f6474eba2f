//! Verifies tokens and finds the callers that they belong to.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use tracing::warn;

use super::claims::Claims;
use super::fetch::HttpFetch;
use super::refresher;
use super::refusal::Refusal;
use super::source::{Lookup, Source};
use super::token::Token;
use crate::callers::caller::{Caller, Rights};
use crate::callers::configuration::{JWKS_FILE, JwksSource, JwtSettings, ScopeClaim};
use crate::callers::registry::Callers;
use crate::configuration::SettingsFault;
use crate::configuration::file::read_for;

/// Fetches the keys of `jwt.jwks_url` in the background.
pub(crate) type Refresher = refresher::Refresher<HttpFetch>;

/// The minimum time between two fetches that unknown key IDs cause.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// Verifies tokens and finds their callers.
#[derive(Debug)]
pub(crate) struct Verifier {
    issuer: String,
    audience: String,
    scope_claim: Option<ScopeClaim>,
    source: Source,
}

/// Why a token's caller could not be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// The token was refused.
    Refused(Refusal),
    /// No keys are available to verify it.
    NoKeys,
}

impl From<Refusal> for Unidentified {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Verifier {
    /// Creates a verifier, and a refresher if its keys come from a URL.
    ///
    /// # Errors
    /// A file that the settings name cannot be used.
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

    /// Reads the keys again if they come from `jwt.jwks_file`.
    ///
    /// # Errors
    /// The file cannot be used. The current keys stay in use.
    pub(crate) fn read_file(&self, settings: &JwtSettings) -> Result<(), SettingsFault> {
        let JwksSource::File(path) = &settings.jwks else { return Ok(()) };
        let text = read_for(JWKS_FILE, path)?;
        let dropped = self.source.replace(text);
        for key in dropped.map_err(|problem| SettingsFault::of_file(JWKS_FILE, path, problem))? {
            warn!("a key of jwt.jwks_file is not used: {key}");
        }
        Ok(())
    }

    /// Returns whether `credential` has the form of a token. Such a credential is never treated as a caller key.
    pub(crate) fn is_token(credential: &[u8]) -> bool {
        Token::has_shape(credential)
    }

    /// Returns whether the keys come from a URL.
    pub(crate) fn fetches_keys(&self) -> bool {
        self.source.refresh.is_some()
    }

    /// Returns the time since the keys were last fetched, if they ever were.
    pub(crate) fn keys_age(&self) -> Option<Duration> {
        self.source.age()
    }

    /// Verifies the token `credential` and returns its caller. If keys have to be fetched first, waits for at most two seconds
    /// and not beyond `deadline`.
    ///
    /// # Errors
    /// The token was refused, or no keys are available.
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

    /// Returns the token's caller. Its rights come from the callers file if that contains the subject, and from the token's
    /// scopes otherwise.
    fn caller(&self, claims: &Claims, callers: &Callers) -> Result<Arc<Caller>, Refusal> {
        let subject = claims.subject()?;
        if let Some(caller) = callers.find_subject(subject) {
            // The token's scopes must not restore the rights that ended with the block.
            return if caller.has_expired() { Err(Refusal::BlockExpired) } else { Ok(Arc::clone(caller)) };
        }
        let scope_claim = self.scope_claim.as_ref().ok_or(Refusal::NoRights)?;
        // Callers with the same name would share their limits, and look the same in the log and the audit trail.
        if !Caller::is_valid_name(subject) || callers.is_confusable(subject) {
            return Err(Refusal::Name);
        }
        let scopes = claims.scopes(&scope_claim.name, &scope_claim.allowed)?;
        let rights = Rights { scopes, ..Rights::default() };
        Ok(Arc::new(Caller { name: subject.into(), rights, expires_at: None }))
    }
}

/// Returns the seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
