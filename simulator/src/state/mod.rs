//! Everything the simulated CENTAGATE stores. One mutex guards all of it, so each call is atomic.

use std::collections::BTreeSet;

use crate::{Config, ReturnCode};

mod account;
mod clock;
mod lock;
mod login;
mod secret;
mod sessions;
mod token_kind;
mod tokens;
mod users;

pub(crate) use account::Account;
pub(crate) use clock::Clock;
pub use login::{Login, Obstacle};
pub use secret::Secret;
pub(crate) use sessions::Sessions;
pub(crate) use token_kind::{TokenKind, listed_status};
pub use tokens::{BoundToken, Certificate, Device, MobileToken, Tokens};
pub use users::User;
pub(crate) use users::Users;

/// The company with its users, and what the admin's calls depend on.
pub(crate) struct State {
    /// The admin's username.
    pub(crate) admin: String,
    pub(crate) users: Users,
    /// Names of the groups that exist.
    pub(crate) groups: BTreeSet<String>,
    /// Serial numbers of the hardware tokens that are bound to nobody and deactivated.
    pub(crate) stock: BTreeSet<String>,
    /// How many users the licence allows besides the admin.
    pub(crate) user_limit: Option<usize>,
    pub(crate) licence_valid: bool,
    pub(crate) company_exists: bool,
    /// How many wrong attempts in a row lock a user or an OTP token.
    pub(crate) allowed_attempts: u32,
    pub(crate) sessions: Sessions,
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    /// The reply of `createUser` to a wrong cenToken.
    pub(crate) registration_denial: ReturnCode,
    /// How many admin-signed calls changed the state.
    pub(crate) executions: usize,
}

impl State {
    /// The initial state: the admin is the only user and has the configured session.
    pub(crate) fn new(config: Config) -> Self {
        let admin = config.admin;
        let mut state = Self {
            admin: admin.username.clone(),
            users: Users::default(),
            groups: config.groups.into_iter().collect(),
            stock: BTreeSet::new(),
            user_limit: config.user_limit,
            licence_valid: true,
            company_exists: true,
            allowed_attempts: config.allowed_attempts,
            sessions: Sessions::default(),
            account: Account::new(config.login, config.session_timeout, config.single_session),
            clock: Clock::default(),
            registration_denial: config.registration_denial,
            executions: 0,
        };
        state.users.put(User { role: "2".to_owned(), ..User::new(admin.username) });
        state.sessions.add(admin.auth_token, admin.secret_code);
        state
    }
}
