//! What the client must know about a call of CentagateWS: its path, its members, its return codes and its decoder.

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use super::http::ConnectionKind;
use super::return_code::{Meaning, ReturnCode};

/// The properties that all requests of one call share.
#[derive(Debug)]
pub struct CallSpec {
    /// The path below `/CentagateWS/webresources/`. The admin's name follows as its last segment.
    pub path: &'static str,
    /// The connection that the reply needs.
    pub connection: ConnectionKind,
    /// The return codes that the vendor documents for this call, with their meaning here.
    pub codes: &'static [(i64, Meaning)],
    /// Codes that may mean that the session has ended, besides those that mean it in every call.
    pub ended_session_codes: &'static [i64],
}

impl CallSpec {
    /// The meaning of `code` in this call. Codes that the call does not define mean the same as in every call.
    pub fn meaning(&self, code: ReturnCode) -> Meaning {
        let own = self.codes.iter().find(|(own, _)| *own == code.get());
        own.map_or_else(|| code.common_meaning(), |(_, meaning)| *meaning)
    }
}

/// One request to CENTAGATE. Each file in `calls` implements this for one call.
pub trait Call: Send + Sync + 'static {
    /// The properties of the call.
    const CALL: &'static CallSpec;

    /// What CENTAGATE answers on success.
    type Answer: Send;

    /// The members of the body, without `cenToken`.
    fn members(&self) -> impl Serialize;

    /// Reads the `object` of a successful reply leniently: an object that cannot be read never turns success into failure.
    fn decode(object: Value) -> Answer<Self::Answer>;
}

/// The answer of a successful call.
#[derive(Debug)]
pub struct Answer<T> {
    /// The values that could be read.
    pub value: T,
    /// Whether the reply had what replies to this call should have.
    pub is_readable: bool,
}

/// A [`Call`] of any type, as the client sends it.
pub trait Message: Send + Sync {
    /// The properties of the call.
    fn call(&self) -> &'static CallSpec;

    /// The body, signed with `cen_token`.
    fn signed_body(&self, cen_token: &SecretString) -> Bytes;
}

/// The members of a call and the signature. Not `Debug`, because it holds the cenToken.
#[derive(Serialize)]
struct Signed<'a, M> {
    #[serde(flatten)]
    members: M,
    #[serde(rename = "cenToken")]
    cen_token: &'a str,
}

impl<C: Call> Message for C {
    fn call(&self) -> &'static CallSpec {
        C::CALL
    }

    fn signed_body(&self, cen_token: &SecretString) -> Bytes {
        let mut body = Vec::with_capacity(512); // enough for most bodies
        let signed = Signed { members: self.members(), cen_token: cen_token.expose_secret() };
        serde_json::to_writer(&mut body, &signed).expect("structs of strings serialize");
        body.into()
    }
}
