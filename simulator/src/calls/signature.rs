//! How a request is signed, and the checks of the signatures.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Body, Target};
use crate::state::{Obstacle, State};
use crate::{Login, ReturnCode};

/// What signs the requests of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// The member `cenToken`, made with a session of the admin that the path names.
    Admin,
    /// The member `hmac`, made with the secret key of the app that `integrationKey` names, over these members in this order.
    /// An absent member counts as `""`. `unixTimestamp` must be close to the simulator's clock.
    App(&'static [&'static str]),
    /// Nothing.
    Unsigned,
}

/// The cenToken: lower-case hex HMAC-SHA256 over admin username + authToken with the secretCode as key (both API pages).
pub fn cen_token(admin_username: &str, auth_token: &str, secret_code: &str) -> String {
    hmac(secret_code, &[admin_username, auth_token])
}

/// Lower-case hex HMAC-SHA256 over the concatenated parts.
fn hmac<T: AsRef<str>>(key: &str, parts: &[T]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length of key");
    for part in parts {
        mac.update(part.as_ref().as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Checks that a live session of the admin made the cenToken, and that the path names the same admin.
pub(super) fn check_cen_token(state: &State, target: &Target, body: &Body) -> Result<(), ReturnCode> {
    let cen_token = body.required("cenToken")?;
    let is_admin = target.path_value.as_ref().is_some_and(|(_, name)| *name == state.admin);
    if is_admin && state.sessions.made(&state.admin, &cen_token) { Ok(()) } else { Err(state.denial(target.operation)) }
}

/// Checks the app, the sender's address, the hmac and the clock, in this order.
pub(super) fn check_hmac(state: &State, signed_members: &[&str], body: &Body) -> Result<(), ReturnCode> {
    let integration_key = body.required("integrationKey")?;
    let timestamp = body.required("unixTimestamp")?.parse().map_err(|_| ReturnCode::INVALID_INPUT)?;
    let received = body.required("hmac")?;
    let parts = signed_members
        .iter()
        .map(|name| Ok(body.optional(name)?.unwrap_or_default()))
        .collect::<Result<Vec<_>, ReturnCode>>()?;
    let account = &state.account;
    let apps: Vec<&Login> = account.logins.iter().filter(|login| login.integration_key == integration_key).collect();
    if apps.is_empty() {
        Err(ReturnCode::API_NOT_FOUND)
    } else if account.obstacle == Some(Obstacle::UntrustedAddress) {
        Err(ReturnCode::UNTRUSTED_ADDRESS)
    } else if !apps.iter().any(|app| hmac(&app.app_secret_key, &parts) == received) {
        Err(ReturnCode::INVALID_API_SIGNATURE)
    } else if !state.clock.is_close_to(timestamp) {
        Err(ReturnCode::REQUEST_EXPIRED)
    } else {
        Ok(())
    }
}
