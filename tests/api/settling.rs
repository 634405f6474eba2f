//! How a caller settles an unknown outcome of each operation according to the contract, and the resulting state of the
//! simulator.

use centagate_simulator::{BoundToken, MobileToken, Secret, User};

use crate::planted::PASSWORD;
use crate::reply::Reply;

/// How a caller settles an unknown outcome.
#[derive(Clone, Copy)]
pub(crate) enum Settlement {
    /// `GET /users/{id}` shows whether the request was executed. If not, the caller sends it again.
    CheckUser(fn(&Reply) -> bool),
    /// The caller retries. The retry succeeds, whether the first request was executed or not.
    Retry,
    /// The caller retries. The retry succeeds, or it gets this problem because the first request was executed.
    RetryUnlessDone(&'static str),
    /// The caller sends the request again with new codes.
    RetryWithNewCodes,
}
use Settlement::{CheckUser, Retry, RetryUnlessDone, RetryWithNewCodes};

/// Whether the user `dora` is in the requested state.
type IsDone = fn(Option<&User>) -> bool;

/// One operation.
pub(crate) struct Row {
    /// Changes `dora` before the request. `None`: the user does not exist.
    pub(crate) before: Option<fn(&mut User)>,
    /// Whether the request was executed. `None`: the simulator's state does not show it.
    pub(crate) is_done: Option<IsDone>,
    pub(crate) settlement: Settlement,
    /// Words that the operation's description of settling must contain.
    pub(crate) mentions: &'static str,
}

/// A row for a user that exists.
fn exists(before: fn(&mut User), is_done: IsDone, settlement: Settlement, mentions: &'static str) -> Row {
    Row { before: Some(before), is_done: Some(is_done), settlement, mentions }
}

/// A row for a registration. `lists` checks whether `GET /users/{id}` shows the registered token or certificate.
fn registers(is_done: IsDone, lists: fn(&Reply) -> bool) -> Row {
    exists(|_| {}, is_done, CheckUser(lists), LOOK)
}

/// A row for an operation that does not change the state that the simulator shows.
fn changes_nothing(before: fn(&mut User), settlement: Settlement, mentions: &'static str) -> Row {
    Row { before: Some(before), is_done: None, settlement, mentions }
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
            settlement: CheckUser(|reply| reply.status == 200),
            mentions: LOOK,
        },
        "registerOtpToken" => registers(|dora| dora.unwrap().tokens.mobile.is_some(), lists_token),
        "registerSmsToken" => registers(|dora| dora.unwrap().tokens.sms.is_some(), lists_token),
        "registerHardwareToken" => registers(|dora| dora.unwrap().tokens.hardware.is_some(), lists_token),
        "registerOfflineToken" => registers(|dora| dora.unwrap().tokens.offline_key.is_some(), lists_token),
        "registerCertificate" => registers(|dora| dora.unwrap().certificates.len() == 1, lists_certificate),
        "updateUser" => exists(|_| {}, |dora| dora.unwrap().last_name == "Archer", Retry, "Send the same body again"),
        "setUserStatus" => exists(|_| {}, |dora| !dora.unwrap().active, Retry, "Send it again"),
        "setTokenStatus" => {
            let is_set = |dora: Option<&User>| dora.unwrap().tokens.mobile.as_ref().unwrap().status == "3";
            exists(bind_mobile_token, is_set, Retry, "Send it again")
        }
        "setPassword" => {
            let is_set = |dora: Option<&User>| dora.unwrap().password == Some(Secret(PASSWORD.to_owned()));
            exists(|_| {}, is_set, RetryUnlessDone("password_rejected"), "`password_rejected` may mean")
        }
        "unlockUser" => {
            let settlement = RetryUnlessDone("user_not_locked");
            exists(|dora| dora.locked = true, |dora| !dora.unwrap().locked, settlement, "204 and `user_not_locked`")
        }
        "unlockHardwareToken" => {
            let is_active = |dora: Option<&User>| dora.unwrap().tokens.hardware.as_ref().unwrap().status == "1";
            let settlement = RetryUnlessDone("token_not_locked");
            exists(|dora| bind_otp_token(dora, "2"), is_active, settlement, "204 and `token_not_locked`")
        }
        "unregisterToken" => {
            let is_gone = |dora: Option<&User>| dora.unwrap().tokens.mobile.is_none();
            exists(bind_mobile_token, is_gone, RetryUnlessDone("token_not_found"), "204 and `token_not_found`")
        }
        "deleteUser" => exists(|_| {}, |dora| dora.is_none(), RetryUnlessDone("user_not_found"), "404 means"),
        "syncHardwareToken" => changes_nothing(|dora| bind_otp_token(dora, "1"), RetryWithNewCodes, "two new codes"),
        "getUser" | "getTokenStatus" => changes_nothing(bind_mobile_token, Retry, "changes nothing"),
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
