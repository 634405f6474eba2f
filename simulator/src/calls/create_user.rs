//! `PUT /CentagateWS/webresources/user/registerUserActivate/{admin}`: adds an active user.

use super::submit::submit;
use super::{Call, Input, Members, Signature, Success};
use crate::state::{Change, State};
use crate::{ReturnCode, User};

const REGISTRATION_FAILED: ReturnCode = ReturnCode::new("22011", "User self register failed");
const USER_LIMIT_REACHED: ReturnCode = ReturnCode::new("22013", "Users limit reached");
const DUPLICATE_USERNAME: ReturnCode = ReturnCode::new("22025", "Duplicate username");
const INVALID_LICENCE: ReturnCode = ReturnCode::new("27001", "Invalid license file");

const ADDITIONAL_DATA: [&str; 5] =
    ["userAdditionalData1", "userAdditionalData2", "userAdditionalData3", "userAdditionalData4", "userAdditionalData5"];

pub(super) const CALL: Call = Call {
    page: "page \"User Registration API\"",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/registerUserActivate/{admin}", Signature::Admin)],
    members: Members {
        required: &["firstName", "lastName", "username", "userApp", "roles", "userGroup", "userEmail"],
        may_be_blank: &["userUniqueId", "userClientId"],
        optional: &ADDITIONAL_DATA,
        ..Members::NONE
    },
    object: "the new user's id, a bare string",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::INVALID_INPUT,
        ReturnCode::DB_PROTECTION_ERROR,
        ReturnCode::DB_ERROR,
        ReturnCode::COMPANY_NOT_FOUND,
        ReturnCode::GROUP_NOT_FOUND,
        ReturnCode::DUPLICATE_EMAIL,
        REGISTRATION_FAILED,
        USER_LIMIT_REACHED,
        DUPLICATE_USERNAME,
        INVALID_LICENCE,
    ],
    run,
};

/// The page does not order its codes. The order here: input, licence file, company, group, username, e-mail, user limit.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let mut user = User {
        first_name: input.text("firstName"),
        last_name: input.text("lastName"),
        app: input.text("userApp"),
        unique_id: input.text("userUniqueId"),
        client_id: input.text("userClientId"),
        additional_data: ADDITIONAL_DATA.map(|name| input.optional(name).map(str::to_owned)),
        role: input.text("roles"),
        group: input.text("userGroup"),
        email: input.text("userEmail"),
        ..User::new(input.text("username"))
    };
    let is_email = user.email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !is_email || !matches!(user.role.as_str(), "2" | "3" | "4") {
        return Err(ReturnCode::INVALID_INPUT);
    }
    check(state, &user)?;
    user.id = state.users.fresh_id();
    let (username, id) = (user.username.clone(), user.id.clone());
    let success = submit(state, &username, Change::Create(Box::new(user)))?;
    Ok(Success { object: id.into(), ..success })
}

/// Checks the user against the state. Users who wait for their approval count.
fn check(state: &State, user: &User) -> Result<(), ReturnCode> {
    if !state.licence_valid {
        return Err(INVALID_LICENCE);
    }
    if !state.company_exists {
        return Err(ReturnCode::COMPANY_NOT_FOUND);
    }
    if !state.groups.contains(&user.group) {
        return Err(ReturnCode::GROUP_NOT_FOUND);
    }
    let others = || state.users.iter().chain(state.approvals.new_users());
    if others().any(|other| other.username == user.username) {
        return Err(DUPLICATE_USERNAME);
    }
    if others().any(|other| other.email.eq_ignore_ascii_case(&user.email)) {
        return Err(ReturnCode::DUPLICATE_EMAIL);
    }
    let registered = others().filter(|other| other.username != state.admin).count();
    if state.user_limit.is_some_and(|limit| registered >= limit) {
        return Err(USER_LIMIT_REACHED);
    }
    Ok(())
}
