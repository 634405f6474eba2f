//! How a request is signed, and the checks of the signatures.

use super::Body;
use crate::cen_token::hmac_hex;
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

/// Whether a live session of the admin made the cenToken, and the path names the same admin.
pub(super) fn is_cen_token_valid(state: &State, path_name: Option<&str>, body: &Body) -> Result<bool, ReturnCode> {
    let cen_token = body.required("cenToken")?;
    Ok(path_name == Some(&*state.admin) && state.sessions.made(&state.admin, &cen_token))
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
    } else if !apps.iter().any(|app| hmac_hex(&app.app_secret_key, &parts) == received) {
        Err(ReturnCode::INVALID_API_SIGNATURE)
    } else if !state.clock.is_close_to(timestamp) {
        Err(ReturnCode::REQUEST_EXPIRED)
    } else {
        Ok(())
    }
}
