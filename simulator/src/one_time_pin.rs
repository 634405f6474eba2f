//! `device/register/onetimepin`: page "Token Registration (One Time Pin) API".

use serde_json::json;

use crate::ReturnCode;
use crate::members::Members;
use crate::state::State;
use crate::user::Token;

const DEFAULT_VALIDITY_SECONDS: u64 = 300;

impl State {
    /// Binds a token and answers `{"qr","passcode"}` as JSON text. The page does not order its codes; here: input, user,
    /// active, already bound.
    pub(crate) fn register_one_time_pin(&mut self, members: &Members) -> Result<String, ReturnCode> {
        let username = members.required("username")?;
        let status = members.required("status")?;
        let validity = members
            .optional("validity")?
            .map_or(Ok(DEFAULT_VALIDITY_SECONDS), |text| text.parse())
            .map_err(|_| ReturnCode::INVALID_INPUT)?;
        if validity == 0 || !matches!(status.as_str(), "1" | "2" | "3" | "4") {
            return Err(ReturnCode::INVALID_INPUT);
        }
        let user = self.users.get_mut(&username).ok_or(ReturnCode::USER_NOT_FOUND)?;
        if !user.active {
            return Err(ReturnCode::USER_NOT_ACTIVE);
        }
        if user.token.is_some() {
            return Err(ReturnCode::TOKEN_ALREADY_BOUND);
        }
        let token = user.token.insert(Token::fresh(status, validity));
        Ok(json!({"qr": token.qr, "passcode": token.passcode}).to_string())
    }
}
