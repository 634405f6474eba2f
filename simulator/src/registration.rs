//! `user/registerUserActivate`: page "User Registration API".

use crate::members::Members;
use crate::state::State;
use crate::{ReturnCode, User};

impl State {
    /// Adds an active user and answers its id. The page does not order its codes; here: input, licence file, company, group,
    /// username, e-mail, licensed number of users.
    pub(crate) fn register_user(&mut self, members: &Members) -> Result<String, ReturnCode> {
        let user = read_user(members)?;
        if !self.licence_valid {
            return Err(ReturnCode::INVALID_LICENCE);
        }
        if !self.company_exists {
            return Err(ReturnCode::COMPANY_NOT_FOUND);
        }
        if !self.groups.contains(&user.group) {
            return Err(ReturnCode::GROUP_NOT_FOUND);
        }
        if self.users.contains_key(&user.username) {
            return Err(ReturnCode::DUPLICATE_USERNAME);
        }
        if self.users.values().any(|other| other.email.eq_ignore_ascii_case(&user.email)) {
            return Err(ReturnCode::DUPLICATE_EMAIL);
        }
        let registered = self.users.len() - usize::from(self.users.contains_key(&self.admin));
        if self.user_limit.is_some_and(|limit| registered >= limit) {
            return Err(ReturnCode::USER_LIMIT_REACHED);
        }
        Ok(self.put(user))
    }
}

fn read_user(members: &Members) -> Result<User, ReturnCode> {
    let mut additional_data: [Option<String>; 5] = Default::default();
    for (number, value) in additional_data.iter_mut().enumerate() {
        *value = members.optional(&format!("userAdditionalData{}", number + 1))?;
    }
    let user = User {
        first_name: members.required("firstName")?,
        last_name: members.required("lastName")?,
        app: members.required("userApp")?,
        unique_id: members.present("userUniqueId")?,
        client_id: members.present("userClientId")?,
        additional_data,
        role: members.required("roles")?,
        group: members.required("userGroup")?,
        email: members.required("userEmail")?,
        ..User::new(members.required("username")?)
    };
    let is_email = user.email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if is_email && matches!(user.role.as_str(), "2" | "3" | "4") { Ok(user) } else { Err(ReturnCode::INVALID_INPUT) }
}
