//! `user/auth/list`: page "Request List of User Bound Authentication Methods API"; members and values as in
//! `wire-facts.md` sections 1.2 and 4.4.

use serde_json::{Value, json};

use crate::members::Members;
use crate::state::State;
use crate::{ReturnCode, User};

/// `tokenList.type`: 1 SMS, 2 OTP, 3 FIDO.
const OTP: &str = "2";

impl State {
    /// Answers what is bound to a user as JSON text; changes nothing. The page does not order its codes; here: input, user.
    pub(crate) fn list_authentication(&self, members: &Members) -> Result<String, ReturnCode> {
        let username = members.required("username")?;
        let user = self.users.get(&username).ok_or(ReturnCode::USER_NOT_FOUND)?;
        let object = json!({
            "tokenList": one_time_pin(user).into_iter().collect::<Vec<_>>(),
            "certList": user.certificates,
            "device": user.device,
        });
        Ok(object.to_string())
    }
}

/// The user's one-time PIN as an item of `tokenList`. Its serial number is made up: a one-time PIN is not documented to have
/// one, nor which status of the list stands for which of its own (4 deactivated, 3 temporarily deactivated, 2 valid,
/// 1 pending).
fn one_time_pin(user: &User) -> Option<Value> {
    let token = user.token.as_ref()?;
    let status = match token.status.as_str() {
        "1" => "3", // pending
        "2" => "1", // active
        "3" => "2", // active and locked
        _ => "0",   // inactive
    };
    Some(json!({"sn": format!("PIN{}", user.id), "type": OTP, "status": status}))
}
