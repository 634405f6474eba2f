//! How a simulator starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::{Admin, Login, ReturnCode, Tls};

/// What a [`Simulator`](crate::Simulator) is started with: [`Config::new`], then change the fields that matter.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen; `127.0.0.1:0` by default, which takes a free port.
    pub address: SocketAddr,
    /// The admin that may call.
    pub admin: Admin,
    /// Names of the groups that exist; `["Staff"]` by default.
    pub groups: Vec<String>,
    /// How many users the licence allows besides the admin; no limit by default.
    pub user_limit: Option<usize>,
    /// What the admin logs in with; none by default, and then no login succeeds (23024).
    pub login: Option<Login>,
    /// How long a session lives from its login on; 30 minutes by default. A given session does not end by itself.
    pub session_timeout: Duration,
    /// Whether a new login ends the older sessions; by default they live side by side.
    pub single_session: bool,
    /// What `registerUserActivate` answers to a wrong cenToken: 10001 by default. Its page does not list that code, so a
    /// real one may answer 10002 or 20002 (`wire-facts.md` section 3.1). The one-time PIN call always answers 10001.
    pub registration_denial: ReturnCode,
    /// TLS; plain HTTP by default.
    pub tls: Option<Tls>,
}

impl Config {
    /// The defaults around this admin.
    pub fn new(admin: Admin) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin,
            groups: vec!["Staff".to_owned()],
            user_limit: None,
            login: None,
            session_timeout: Duration::from_secs(30 * 60),
            single_session: false,
            registration_denial: ReturnCode::PERMISSION_NOT_ALLOWED,
            tls: None,
        }
    }
}
