//! How a caller settles an unknown outcome of each operation: the contract's way, and what the simulator then shows.

use centagate_simulator::{BoundToken, MobileToken, Secret, User};

use crate::planted::PASSWORD;
use crate::reply::Reply;

/// How a caller settles an unknown outcome.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `GET /users/{id}` shows whether the request was executed. If it was not, the caller sends it again.
    Look(fn(&Reply) -> bool),
    /// The caller sends the request again. It succeeds, whether the first one was executed or not.
    SendAgain,
    /// The caller sends the request again. It succeeds, or this problem means that the first one was executed.
    SendAgainUnlessDone(&'static str),
    /// The caller sends the request with new codes.
    SendNewCodes,
}
use Way::{Look, SendAgain, SendAgainUnlessDone, SendNewCodes};

/// Whether the user `dora` is as a request wants it.
type IsDone = fn(Option<&User>) -> bool;

/// One operation.
pub(crate) struct Row {
    /// What the user `dora` has before the request. `None`: the user does not exist.
    pub(crate) before: Option<fn(&mut User)>,
    /// Tells whether the request was executed. `None`: the simulator's state does not show it.
    pub(crate) is_done: Option<IsDone>,
    pub(crate) way: Way,
    /// What the operation's own text about settling must mention.
    pub(crate) mentions: &'static str,
}

/// A row for a user that exists.
fn exists(before: fn(&mut User), is_done: IsDone, way: Way, mentions: &'static str) -> Row {
    Row { before: Some(before), is_done: Some(is_done), way, mentions }
}

/// A row for a registration. `lists` finds in `GET /users/{id}` what was registered.
fn registers(is_done: IsDone, lists: fn(&Reply) -> bool) -> Row {
    exists(|_| {}, is_done, Look(lists), LOOK)
}

/// A row for an operation that changes nothing that the simulator shows.
fn changes_nothing(before: fn(&mut User), way: Way, mentions: &'static str) -> Row {
    Row { before: Some(before), is_done: None, way, mentions }
}

const LOOK: &str = "`GET /users/{id}`";

fn lists_token(reply: &Reply) -> bool {
    reply.json()["tokens"].as_array().unwrap().len() == 1
}

fn lists_certificate(reply: &Reply) -> bool {
    reply.json()["certificates"].as_array().unwrap().len() == 1
}

pub(crate) fn row(operation: &str) -> Row {
    match operation {
        "createUser" => Row {
            before: None,
            is_done: Some(|dora| dora.is_some()),
            way: Look(|reply| reply.status == 200),
            mentions: LOOK,
        },
        "registerOtpToken" => registers(|dora| dora.unwrap().tokens.mobile.is_some(), lists_token),
        "registerSmsToken" => registers(|dora| dora.unwrap().tokens.sms.is_some(), lists_token),
        "registerHardwareToken" => registers(|dora| dora.unwrap().tokens.hardware.is_some(), lists_token),
        "registerOfflineToken" => registers(|dora| dora.unwrap().tokens.offline_key.is_some(), lists_token),
        "registerCertificate" => registers(|dora| dora.unwrap().certificates.len() == 1, lists_certificate),
        "updateUser" => {
            exists(|_| {}, |dora| dora.unwrap().last_name == "Archer", SendAgain, "Send the same body again")
        }
        "setUserStatus" => exists(|_| {}, |dora| !dora.unwrap().active, SendAgain, "Send it again"),
        "setTokenStatus" => {
            let is_set = |dora: Option<&User>| dora.unwrap().tokens.mobile.as_ref().unwrap().status == "3";
            exists(bind_mobile_token, is_set, SendAgain, "Send it again")
        }
        "setPassword" => {
            let is_set = |dora: Option<&User>| dora.unwrap().password == Some(Secret(PASSWORD.to_owned()));
            exists(|_| {}, is_set, SendAgainUnlessDone("password_rejected"), "`password_rejected` may mean")
        }
        "unlockUser" => {
            let way = SendAgainUnlessDone("user_not_locked");
            exists(|dora| dora.locked = true, |dora| !dora.unwrap().locked, way, "204 and `user_not_locked`")
        }
        "unlockHardwareToken" => {
            let is_active = |dora: Option<&User>| dora.unwrap().tokens.hardware.as_ref().unwrap().status == "1";
            let way = SendAgainUnlessDone("token_not_locked");
            exists(|dora| bind_otp_token(dora, "2"), is_active, way, "204 and `token_not_locked`")
        }
        "unregisterToken" => {
            let is_gone = |dora: Option<&User>| dora.unwrap().tokens.mobile.is_none();
            exists(bind_mobile_token, is_gone, SendAgainUnlessDone("token_not_found"), "204 and `token_not_found`")
        }
        "deleteUser" => exists(|_| {}, |dora| dora.is_none(), SendAgainUnlessDone("user_not_found"), "404 means"),
        "syncHardwareToken" => changes_nothing(|dora| bind_otp_token(dora, "1"), SendNewCodes, "two new codes"),
        "getUser" | "getTokenStatus" => changes_nothing(bind_mobile_token, SendAgain, "changes nothing"),
        other => panic!("say how a caller settles an unknown outcome of {other}"),
    }
}

fn bind_mobile_token(dora: &mut User) {
    let (passcode, qr) = ("12345678".to_owned(), "qr".to_owned());
    dora.tokens.mobile = Some(MobileToken { status: "2".to_owned(), validity_seconds: 300, passcode, qr });
}

fn bind_otp_token(dora: &mut User, status: &str) {
    dora.tokens.hardware = Some(BoundToken { sn: "2601000042".to_owned(), status: status.to_owned() });
}
