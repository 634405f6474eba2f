//! How a simulator starts.

use std::net::{Ipv4Addr, SocketAddr};

use crate::Admin;

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
}

impl Config {
    /// The defaults around this admin.
    pub fn new(admin: Admin) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin,
            groups: vec!["Staff".to_owned()],
            user_limit: None,
        }
    }
}
