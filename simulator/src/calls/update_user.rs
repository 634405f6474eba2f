//! `PUT /CentagateWS/webresources/user/updatebyusername/{admin}`: changes the profile of a user.

use std::collections::BTreeMap;

use super::submit::{PENDING_APPROVAL, submit};
use super::{Call, Input, Members, Signature, Success};
use crate::state::{Change, State};
use crate::{AvailApps, EmptyText, GroupMember, OpenAnswers, ReturnCode, UsedEmail};

const EDIT_FAILED: ReturnCode = ReturnCode::new("22031", "User edit fail");

/// The members that change the profile.
const PROFILE: [&str; 12] = [
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
    "userGroup",
    "roles",
];

/// The values of these members are not documented, so the simulator ignores them.
const IGNORED: [&str; 4] = ["statusUser", "userCountryId", "userTimeZoneId", "userType"];

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/updatebyusername/{admin}", Signature::Admin)],
    members: Members { required: &["username"], optional: &IGNORED, may_be_empty: &PROFILE, ..Members::NONE },
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
/// An absent member changes nothing. The page does not list 22001 for an e-mail address of another user.
/// [`OpenAnswers`] says whether CENTAGATE answers it, and what `""` means.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let username = input.text("username");
    let answers = state.open_answers;
    let mut members = effective_members(input, &answers);
    if members.get("roles").is_some_and(|role| !matches!(role.as_str(), "2" | "3" | "4")) {
        return Err(ReturnCode::INVALID_INPUT);
    }
    if !state.company_exists {
        return Err(ReturnCode::COMPANY_NOT_FOUND);
    }
    let user = state.users.get(&username).ok_or(ReturnCode::USER_NOT_FOUND)?;
    let mut groups = ["userGroupName", "userGroup"].into_iter().filter_map(|name| members.get(name));
    if groups.any(|group| !state.groups.contains(group)) {
        return Err(ReturnCode::GROUP_NOT_FOUND);
    }
    let new_email = members.get("email").filter(|email| !email.is_empty() && !email.eq_ignore_ascii_case(&user.email));
    if answers.used_email == UsedEmail::Refused && new_email.is_some_and(|email| state.users.has_email(email)) {
        return Err(ReturnCode::DUPLICATE_EMAIL);
    }
    if answers.avail_apps == AvailApps::Add
        && let Some(app) = members.get_mut("availApps")
        && !user.app.is_empty()
    {
        *app = format!("{},{app}", user.app);
    }
    submit(state, &username, Change::Update(members))
}

/// The members that change something.
fn effective_members(input: &Input, answers: &OpenAnswers) -> BTreeMap<&'static str, String> {
    let ignored = match answers.group_member {
        GroupMember::UserGroupName => "userGroup",
        GroupMember::UserGroup => "userGroupName",
    };
    let has_effect = |value: &str| !value.is_empty() || answers.empty_text == EmptyText::Erase;
    PROFILE
        .into_iter()
        .filter(|name| *name != ignored)
        .filter_map(|name| input.optional(name).map(|value| (name, value.to_owned())))
        .filter(|(_, value)| has_effect(value))
        .collect()
}
