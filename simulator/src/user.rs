//! What the simulator knows of a user.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::credential;
use crate::{Certificate, Device};

/// A user as registered, or as put there by a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// The id that registration answered; [`Simulator::add_user`](crate::Simulator::add_user) fills in an empty one.
    pub id: String,
    /// The username, compared exactly (the documents do not say how).
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address, unique without regard to ASCII case.
    pub email: String,
    /// The group's name.
    pub group: String,
    /// The role as on the wire: `2` company admin, `3` user, `4` group admin.
    pub role: String,
    /// The application id.
    pub app: String,
    /// The unique id.
    pub unique_id: String,
    /// The client id.
    pub client_id: String,
    /// Additional data 1 to 5, `None` where nothing was sent.
    pub additional_data: [Option<String>; 5],
    /// Whether the user is active; an inactive one is refused a token (22004).
    pub active: bool,
    /// The one-time PIN token, if one is bound.
    pub token: Option<Token>,
    /// The certificates that are bound to the user.
    pub certificates: Vec<Certificate>,
    /// The device that is bound to the user, if one is.
    pub device: Option<Device>,
}

impl User {
    /// An active user (role 3, group `Staff`) without e-mail, token, certificates and device.
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), ..Self::default() }
    }
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: String::new(),
            username: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            email: String::new(),
            group: "Staff".to_owned(),
            role: "3".to_owned(),
            app: String::new(),
            unique_id: String::new(),
            client_id: String::new(),
            additional_data: Default::default(),
            active: true,
            token: None,
            certificates: Vec::new(),
            device: None,
        }
    }
}

/// A one-time PIN token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The status as on the wire: `1` pending, `2` valid, `3` temporarily deactivated, `4` deactivated.
    pub status: String,
    /// For how long the passcode is valid; 300 unless the request said otherwise.
    pub validity_seconds: u64,
    /// The passcode that was answered.
    pub passcode: String,
    /// The QR text that was answered.
    pub qr: String,
}

impl Token {
    /// A token with fresh secrets.
    pub(crate) fn fresh(status: String, validity_seconds: u64) -> Self {
        Self { status, validity_seconds, passcode: credential::passcode(), qr: credential::qr() }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("status", &self.status)
            .field("validity_seconds", &self.validity_seconds)
            .finish_non_exhaustive()
    }
}
