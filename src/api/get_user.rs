use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::request_record::RequestRecord;
use super::user_reply::UserReply;
use super::{ApiError, Gateway, authentication, exchange, path};
use crate::callers::Scope;
use crate::centagate::Operation;

/// Look a user up
///
/// Answers whether CENTAGATE knows the user, and which tokens, certificates and device are bound to it: this settles what
/// became of a registration whose `outcome` is `unknown`. One that is still under way is not seen yet: look again after a
/// minute. Members are null where CENTAGATE sends nothing; values that it does not document become the word `unknown`. Needs
/// the scope `users:read`. The gateway's own admin is never a target. HEAD is answered as well; a body is ignored.
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "getUser",
    tag = "Users",
    params((
        "id" = String, Path,
        description = "The user's name: 1 to 255 characters, no control characters (U+0000 to U+001F, U+007F to U+009F; the pattern can only check the ASCII ones), not . or ..; in the URL percent-encoded once",
        min_length = 1, max_length = 255, example = "alice"
    )),
    responses((
        status = 200,
        description = "The user exists",
        body = UserReply<'_>,
        example = json!({
            "username": "alice",
            "tokens": [{ "serialNumber": "2601000042", "type": "otp", "status": "active" }],
            "certificates": [{
                "serialNumber": "4F1C9A02",
                "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
                "subject": "CN=Alice Archer,O=Example",
                "issuer": "CN=Example CA,O=Example",
                "revoked": false,
                "validFrom": "2026-01-31 00:00:00",
                "validTo": "2028-01-31 00:00:00"
            }],
            "device": { "name": "Alice's phone", "model": "Pixel 9", "os": "Android 16", "status": "active" }
        })
    )),
    security(("callerKey" = [])),
)]
pub(super) async fn get_user(
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    record: web::ReqData<Arc<RequestRecord>>,
) -> Result<HttpResponse, ApiError> {
    let caller = authentication::authorize(&request, &gateway, &record, Scope::UsersRead).await?;
    let username = path::user_id(request.uri().path(), &gateway.base_path);
    let username = username.map_err(|fault| ApiError::invalid(vec![fault]))?;
    gateway.refuse_own_admin(&username)?;
    caller.allows_target(&username)?;
    let action = record.action(Operation::ListAuthentication, Scope::UsersRead, &username);
    let target = username.clone();
    let bound = exchange::run(&gateway, &record, action, |exchange| async move {
        let centagate = &exchange.gateway.centagate;
        let bound = exchange.call(|turn| centagate.user_authentication(turn, &target)).await?;
        Ok(exchange.told(bound))
    })
    .await?;
    Ok(HttpResponse::Ok().json(UserReply::new(&username, &bound)))
}
