//! Everything the simulated CENTAGATE knows. One mutex guards all of it, so a call is atomic.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::members::Members;
use crate::session::Sessions;
use crate::user::Token;
use crate::{Config, Operation, ReturnCode, User};

/// The outcome of a call that CENTAGATE would answer with code 0.
pub(crate) struct Done {
    /// The text of `object`.
    pub(crate) object: String,
    /// Whether the state was changed.
    pub(crate) executed: bool,
}

/// Users, groups, sessions, licence.
pub(crate) struct State {
    pub(crate) admin: String,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) user_limit: Option<usize>,
    pub(crate) licence_valid: bool,
    pub(crate) company_exists: bool,
    pub(crate) sessions: Sessions,
    pub(crate) account: Account,
    /// What a wrong cenToken gets from a registration.
    pub(crate) registration_denial: ReturnCode,
    pub(crate) executions: usize,
    last_id: u64,
}

impl State {
    /// The start: the admin is the only user, and has the session that was given.
    pub(crate) fn new(config: Config) -> Self {
        let admin = config.admin;
        let mut state = Self {
            admin: admin.username.clone(),
            users: BTreeMap::new(),
            groups: config.groups.into_iter().collect(),
            user_limit: config.user_limit,
            licence_valid: true,
            company_exists: true,
            sessions: Sessions::default(),
            account: Account::new(config.login, config.session_timeout, config.single_session),
            registration_denial: config.registration_denial,
            executions: 0,
            last_id: 1000,
        };
        state.put(User { role: "2".to_owned(), ..User::new(admin.username) });
        state.sessions.add(admin.auth_token, admin.secret_code);
        state
    }

    /// Executes a call. `admin` is the decoded name in the path where there is one, `members` the body if it is a JSON object.
    pub(crate) fn execute(
        &mut self,
        operation: Operation,
        admin: Option<&str>,
        members: Option<&Members>,
    ) -> Result<Done, ReturnCode> {
        let members = members.ok_or(ReturnCode::INVALID_INPUT)?;
        let object = match operation {
            Operation::Login => return self.log_in(members),
            Operation::Logout => return self.log_out(members),
            Operation::RegisterUser => {
                self.permit(admin, members, self.registration_denial)?;
                self.register_user(members)?
            }
            Operation::RegisterOneTimePin => {
                self.permit(admin, members, ReturnCode::PERMISSION_NOT_ALLOWED)?;
                self.register_one_time_pin(members)?
            }
            Operation::ListAuthentication => {
                self.permit(admin, members, ReturnCode::PERMISSION_NOT_ALLOWED)?;
                return Ok(Done { object: self.list_authentication(members)?, executed: false });
            }
        };
        self.executions += 1;
        Ok(Done { object, executed: true })
    }

    /// Checks the cenToken, which has to be the admin's own and of a live session.
    fn permit(&self, admin: Option<&str>, members: &Members, denial: ReturnCode) -> Result<(), ReturnCode> {
        let cen_token = members.required("cenToken")?;
        if admin == Some(&self.admin) && self.sessions.signed(&self.admin, &cen_token) { Ok(()) } else { Err(denial) }
    }

    /// Adds or replaces a user, with a fresh id if it has none.
    pub(crate) fn put(&mut self, mut user: User) -> String {
        if user.id.is_empty() {
            self.last_id += 1;
            user.id = self.last_id.to_string();
        }
        let id = user.id.clone();
        self.users.insert(user.username.clone(), user);
        id
    }

    /// Changes a user; false if there is none of that name.
    pub(crate) fn change_user(&mut self, username: &str, change: impl FnOnce(&mut User)) -> bool {
        self.users.get_mut(username).map(change).is_some()
    }

    /// Binds a token to a user unless one is bound.
    pub(crate) fn bind_token(&mut self, username: &str) -> bool {
        self.change_user(username, |user| {
            user.token.get_or_insert_with(|| Token::fresh("2".to_owned(), 300));
        })
    }
}
