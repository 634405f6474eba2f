//! The configuration of a simulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::{Admin, Login, OpenAnswers, ReturnCode, Tls};

/// The configuration of a [`Simulator`](crate::Simulator): call [`Config::new`], then change fields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on; `127.0.0.1:0` (any free port) by default.
    pub address: SocketAddr,
    /// The admin whose sessions sign calls.
    pub admin: Admin,
    /// Names of the groups that exist; `["Staff"]` by default.
    pub groups: Vec<String>,
    /// How many users the licence allows besides the admin; no limit by default.
    pub user_limit: Option<usize>,
    /// The credentials for logins; none by default: then every login fails (23024).
    pub login: Option<Login>,
    /// How long a session lives after its login; 30 minutes by default. The session in `admin` does not expire.
    pub session_timeout: Duration,
    /// Whether a new login ends the older sessions; false by default.
    pub single_session: bool,
    /// How many wrong passwords or codes in a row lock a user or an OTP token; 5 by default (the documents state no number).
    pub allowed_attempts: u32,
    /// The reply of `createUser` to a wrong cenToken: 10001 by default. The vendor's page does not list this code, so a real
    /// server may answer 10002 or 20002 (`wire-facts.md` section 3.1). All other calls answer 10001.
    pub registration_denial: ReturnCode,
    /// Whether changes of users wait for an approval (a setting of the company); false by default.
    pub approval_required: bool,
    /// The answers to open questions.
    pub open_answers: OpenAnswers,
    /// TLS; plain HTTP by default.
    pub tls: Option<Tls>,
}

impl Config {
    /// The defaults, with this admin.
    pub fn new(admin: Admin) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin,
            groups: vec!["Staff".to_owned()],
            user_limit: None,
            login: None,
            session_timeout: Duration::from_secs(30 * 60),
            single_session: false,
            allowed_attempts: 5,
            registration_denial: ReturnCode::PERMISSION_NOT_ALLOWED,
            approval_required: false,
            open_answers: OpenAnswers::default(),
            tls: None,
        }
    }
}
