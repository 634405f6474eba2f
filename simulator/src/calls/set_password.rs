//! `PUT /CentagateWS/webresources/password/resetbyusername/{admin}`: sets the password of a user.

use super::{Call, Input, Members, Signature, Success};
use crate::state::{Secret, State};
use crate::{PasswordReset, ReturnCode};

const POLICY_OUTDATED: ReturnCode = ReturnCode::new("28001", "Password policy content is not up to date");
const USED_BEFORE: ReturnCode = ReturnCode::new("28003", "Not allowed to use the last passwords");
const TOO_SHORT: ReturnCode = ReturnCode::new("28004", "Password is too short");
const TOO_SIMPLE: ReturnCode = ReturnCode::new("28005", "Password does not meet the complexity requirement");
const BLACKLISTED: ReturnCode = ReturnCode::new("28006", "Password is blacklisted");
const SAME_AS_CURRENT: ReturnCode = ReturnCode::new("28007", "New password must differ from the current one");
const CHANGED_RECENTLY: ReturnCode = ReturnCode::new("28008", "Changing password too frequently");
const REPEATED_CHARACTERS: ReturnCode = ReturnCode::new("28010", "More than 2 consecutive repeated characters");
const SAME_AS_USERNAME: ReturnCode = ReturnCode::new("28011", "Password must not equal username");

pub(super) const CALL: Call = Call {
    page: "no document of the vendor; `life-cycle-facts.md` section 3.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/password/resetbyusername/{admin}", Signature::Admin)],
    members: Members {
        required: &["username"],
        may_be_blank: &["newPassword"],
        optional: &["notifyUser"],
        ..Members::NONE
    },
    object: "`\"\"` (inferred)",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
        POLICY_OUTDATED,
        USED_BEFORE,
        TOO_SHORT,
        TOO_SIMPLE,
        BLACKLISTED,
        SAME_AS_CURRENT,
        CHANGED_RECENTLY,
        REPEATED_CHARACTERS,
        SAME_AS_USERNAME,
    ],
    run,
};

/// Only client code shows this call. The codes are inferred: those of the admin's calls, and those of `password/updatesimple`.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    if !matches!(input.optional("notifyUser"), None | Some("true" | "false")) {
        return Err(ReturnCode::INVALID_INPUT);
    }
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    let password = Secret(input.text("newPassword"));
    if password.0 == user.username {
        return Err(SAME_AS_USERNAME);
    }
    if user.password.as_ref() == Some(&password) {
        return Err(SAME_AS_CURRENT);
    }
    user.password = Some(password);
    user.must_change_password = state.open_answers.password_reset == PasswordReset::MustChange;
    Ok(Success::executed())
}
