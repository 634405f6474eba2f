//! The upstream side: everything that the gateway knows about CentagateWS.
//!
//! [`Client::call`] needs a permit (`guard`), signs a message of `calls` with the admin's session (`session`), sends it
//! (`http`) and reads the envelope of the reply (`envelope`). Nothing in this module knows the gateway's callers.

mod before_sending;
mod call;
mod calls;
mod client;
mod client_options;
pub(crate) mod configuration;
mod contact;
mod encoding;
mod envelope;
#[cfg(test)]
mod envelope_tests;
mod error;
mod guard;
mod http;
mod lenient_json;
mod object;
mod return_code;
mod session;
mod signing;
mod suspicion;

pub use before_sending::{BeforeSending, MaySend};
pub use call::{Answer, Call, CallSpec, Message};
pub use calls::log_in::AuthApi;
pub use calls::*;
pub use client::Client;
pub use client_options::ClientOptions;
pub use configuration::{AdminSettings, CentagateSettings, SessionSettings, TrustSettings};
pub use contact::ContactStatus;
pub use encoding::percent_encode_segment;
pub(crate) use envelope::decode;
pub use error::{Error, NotSent, Unreadable};
pub use guard::{BreakerState, CallPermit, Load};
pub use http::{ConnectionKind, HttpOptions, SetupError, Trust, TrustFault};
pub use return_code::{Meaning, PasswordRule, ReturnCode};
pub use session::{Credentials, LoginCredentials, LoginRefusal, Session, SessionEvents, SessionKeeper, SessionStatus};
pub use signing::cen_token;
