//! Everything the simulated CENTAGATE stores. One mutex guards all of it, so each call is atomic.

use std::collections::BTreeSet;

use crate::{Config, OpenAnswers, ReturnCode};

mod account;
mod approvals;
mod clock;
mod lock;
mod login;
mod profile;
mod secret;
mod sessions;
mod token_kind;
mod token_of_kind;
mod tokens;
mod users;

pub(crate) use account::Account;
pub(crate) use approvals::Approvals;
pub use approvals::Change;
pub(crate) use clock::Clock;
pub use login::{Login, Obstacle};
pub use secret::Secret;
pub(crate) use sessions::Sessions;
pub use token_kind::TokenKind;
pub(crate) use token_of_kind::listed_status;
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
    pub(crate) approvals: Approvals,
    pub(crate) open_answers: OpenAnswers,
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
            approvals: Approvals::new(config.approval_required),
            open_answers: config.open_answers,
            registration_denial: config.registration_denial,
            executions: 0,
        };
        state.users.put(User { role: "2".to_owned(), ..User::new(admin.username) });
        state.sessions.add(admin.auth_token, admin.secret_code);
        state
    }

    /// Changes a user. A change of a user who does not exist has no effect.
    pub(crate) fn apply(&mut self, username: &str, change: Change) {
        match change {
            Change::Create(user) => {
                self.users.put(*user);
            }
            Change::Update(members) => {
                self.users.change(username, |user| {
                    for (name, value) in members {
                        *user.profile_mut(name) = value;
                    }
                });
            }
            Change::SetActive(active) => {
                self.users.change(username, |user| user.active = active);
            }
            Change::Delete => {
                if let Some(mut user) = self.users.remove(username) {
                    user.tokens.unbind_hardware(&mut self.stock);
                }
            }
        }
    }

    /// Approves or rejects the waiting changes of a user; false if there are none.
    pub(crate) fn decide(&mut self, username: &str, approved: bool) -> bool {
        let changes = self.approvals.take(username);
        let found = !changes.is_empty();
        for change in changes.into_iter().filter(|_| approved) {
            self.apply(username, change);
        }
        found
    }
}
