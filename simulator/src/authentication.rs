//! `auth/authBasic` and `auth/logout` (`wire-facts.md` sections 2.1, 2.2, 2.3 and 2.5).

use serde_json::{Map, Value};

use crate::members::Members;
use crate::signing;
use crate::state::{Done, State};
use crate::{Login, Obstacle, ReturnCode, credential};

impl State {
    /// Opens a session. The documents do not order the codes; here: input, app, address, hmac, clock, lock, group, password.
    pub(crate) fn log_in(&mut self, members: &Members) -> Result<Done, ReturnCode> {
        let username = members.required("username")?;
        let password = members.present("password")?;
        let integration_key = members.required("integrationKey")?;
        let timestamp = members.required("unixTimestamp")?;
        let mut signed = vec![username.clone(), password.clone(), integration_key, timestamp];
        for optional in ["supportFido", "ipAddress", "userAgent", "browserFp"] {
            signed.push(members.optional(optional)?.unwrap_or_default());
        }
        self.check_app(members, &signed)?;
        let is_active = self.users.get(&self.admin).is_some_and(|user| user.active);
        if username != self.admin || !is_active {
            return Err(ReturnCode::INVALID_CREDENTIALS);
        }
        if self.account.is_locked() {
            return Err(ReturnCode::USER_LOCKED);
        }
        if self.account.obstacle == Some(Obstacle::GroupNotAllowed) {
            return Err(ReturnCode::GROUP_NOT_ALLOWED);
        }
        if !self.account.logins.iter().any(|login| login.password == password) {
            self.account.note_wrong_password();
            return Err(ReturnCode::INVALID_CREDENTIALS);
        }
        self.account.unlock();
        Ok(self.open_session())
    }

    /// Ends a session. One that does not exist is 23025, the only code of its list that is left.
    pub(crate) fn log_out(&mut self, members: &Members) -> Result<Done, ReturnCode> {
        let auth_token = members.required("authToken")?;
        let signed = [
            members.required("username")?,
            members.required("integrationKey")?,
            members.required("unixTimestamp")?,
            auth_token.clone(),
        ];
        self.check_app(members, &signed)?;
        if signed[0] == self.admin && self.sessions.end(&auth_token) {
            Ok(Done { object: String::new(), executed: true })
        } else {
            Err(ReturnCode::AUTHENTICATION_ERROR)
        }
    }

    /// What the app itself checks: that it exists, who asks, the hmac over the parts in this order, and the clock.
    fn check_app(&self, members: &Members, signed: &[String]) -> Result<(), ReturnCode> {
        let integration_key = members.required("integrationKey")?;
        let timestamp = members.required("unixTimestamp")?;
        let hmac = members.required("hmac")?;
        let timestamp = timestamp.parse().map_err(|_| ReturnCode::INVALID_INPUT)?;
        let apps: Vec<&Login> =
            self.account.logins.iter().filter(|login| login.integration_key == integration_key).collect();
        let parts: Vec<&str> = signed.iter().map(String::as_str).collect();
        if apps.is_empty() {
            Err(ReturnCode::API_NOT_FOUND)
        } else if self.account.obstacle == Some(Obstacle::UntrustedAddress) {
            Err(ReturnCode::UNTRUSTED_ADDRESS)
        } else if !apps.iter().any(|app| signing::signature(&app.app_secret_key, &parts) == hmac) {
            Err(ReturnCode::INVALID_API_SIGNATURE)
        } else if self.account.is_timely(timestamp) {
            Ok(())
        } else {
            Err(ReturnCode::REQUEST_EXPIRED)
        }
    }

    /// The reply's `object`: JSON text whose members are all strings. Without a session where an obstacle stands.
    fn open_session(&mut self) -> Done {
        let auth_token = credential::auth_token();
        let (mut secret_code, mut password_expired, mut system_password) = (String::new(), "0", "0");
        let mut auth_methods = None;
        match &self.account.obstacle {
            Some(Obstacle::SecondFactor { auth_methods: some }) => auth_methods = Some(some.clone()),
            Some(Obstacle::PasswordExpired) => password_expired = "1",
            Some(Obstacle::SystemPassword) => system_password = "1",
            Some(Obstacle::UntrustedAddress | Obstacle::GroupNotAllowed) | None => {
                secret_code = credential::secret_code();
            }
        }
        let executed = !secret_code.is_empty();
        if executed {
            if self.account.single_session {
                self.sessions.end_all();
            }
            let lifetime = self.account.session_timeout;
            self.sessions.open(auth_token.clone(), secret_code.clone(), lifetime);
            self.account.sessions_opened += 1;
        }
        let mut object = self.identity();
        object.insert("authToken".to_owned(), auth_token.into());
        object.insert("secretCode".to_owned(), secret_code.into());
        object.insert("passwordExpired".to_owned(), password_expired.into());
        object.insert("useSystemPassword".to_owned(), system_password.into());
        if let Some(auth_methods) = auth_methods {
            object.insert("authMethods".to_owned(), auth_methods.into());
        }
        if self.account.report_session_timeout {
            let milliseconds = self.account.session_timeout.as_millis().to_string();
            object.insert("sessionTimeout".to_owned(), milliseconds.into());
        }
        Done { object: Value::Object(object).to_string(), executed }
    }

    /// The members that say who logged in; two of them nest text again (section 1.2).
    fn identity(&self) -> Map<String, Value> {
        let admin = self.users.get(&self.admin);
        let text = |read: fn(&crate::User) -> &String| admin.map(read).cloned().unwrap_or_default();
        let last_login = self.account.since_epoch().as_millis().to_string();
        [
            ("username", self.admin.clone()),
            ("userId", text(|user| &user.id)),
            ("role", text(|user| &user.role)),
            ("email", text(|user| &user.email)),
            ("userAppId", text(|user| &user.app)),
            ("userClientId", text(|user| &user.client_id)),
            ("userUniqueId", text(|user| &user.unique_id)),
            ("companyId", "1".to_owned()),
            ("companyName", "Example".to_owned()),
            ("groupId", "1".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("lastLogin", last_login),
            ("multiStepAuth", String::new()),
            ("roleJson", "{'role':'2'}".to_owned()),
            ("spIdList", "[]".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
    }
}
