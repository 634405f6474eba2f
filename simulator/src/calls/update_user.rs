//! `PUT /CentagateWS/webresources/user/updatebyusername/{admin}`: changes the profile of a user.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

const PENDING_APPROVAL: ReturnCode = ReturnCode::new("22029", "User edit pending approval");
const EDIT_FAILED: ReturnCode = ReturnCode::new("22031", "User edit fail");

/// The last four have no documented values, so the simulator ignores them.
const OPTIONAL: [&str; 15] = [
    "firstName",
    "lastName",
    "address",
    "zip",
    "city",
    "state",
    "email",
    "availApps",
    "clientId",
    "userGroupName",
    "roles",
    "statusUser",
    "userCountryId",
    "userTimeZoneId",
    "userType",
];

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/updatebyusername/{admin}", Signature::Admin)],
    members: Members { required: &["username"], optional: &OPTIONAL, ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::DB_PROTECTION_ERROR,
        ReturnCode::DB_ERROR,
        ReturnCode::COMPANY_NOT_FOUND,
        ReturnCode::GROUP_NOT_FOUND,
        ReturnCode::USER_NOT_FOUND,
        PENDING_APPROVAL,
        EDIT_FAILED,
        ReturnCode::DUPLICATE_EMAIL,
    ],
    run,
};

/// The page does not order its codes. The order here: input, company, user, group, e-mail.
///
/// An absent member changes nothing. So does `""` here, although its effect is not documented. The page does not list 22001
/// for an e-mail address of another user: this is inferred from `createUser`.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    if input.optional("roles").is_some_and(|role| !matches!(role, "2" | "3" | "4")) {
        return Err(ReturnCode::INVALID_INPUT);
    }
    if !state.company_exists {
        return Err(ReturnCode::COMPANY_NOT_FOUND);
    }
    let mut user = state.users.get(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?.clone();
    if input.optional("userGroupName").is_some_and(|group| !state.groups.contains(group)) {
        return Err(ReturnCode::GROUP_NOT_FOUND);
    }
    if let Some(email) = input.optional("email")
        && !email.eq_ignore_ascii_case(&user.email)
        && state.users.has_email(email)
    {
        return Err(ReturnCode::DUPLICATE_EMAIL);
    }
    let fields = [
        ("firstName", &mut user.first_name),
        ("lastName", &mut user.last_name),
        ("address", &mut user.address),
        ("zip", &mut user.zip),
        ("city", &mut user.city),
        ("state", &mut user.state),
        ("email", &mut user.email),
        ("availApps", &mut user.app),
        ("clientId", &mut user.client_id),
        ("userGroupName", &mut user.group),
        ("roles", &mut user.role),
    ];
    for (name, field) in fields {
        if let Some(value) = input.optional(name) {
            value.clone_into(field);
        }
    }
    state.users.put(user);
    Ok(Success::executed())
}
