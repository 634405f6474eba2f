//! The vendor's side: everything the gateway knows about CentagateWS.
//!
//! A call passes through these files in order: [`Client`] takes a domain value, `wire` and `paths` spell it for the
//! vendor, `signing` makes the cenToken, `transport` sends it, `envelope` and `reply` read the answer.
//! Nothing in this module knows our callers or their HTTP library.

mod before_sending;
mod breaker;
mod bulkhead;
mod call;
mod client;
mod client_options;
pub(crate) mod configuration;
mod connection;
#[cfg(test)]
mod connection_tests;
mod connector;
mod content_coding;
mod encoding;
mod envelope;
#[cfg(test)]
mod envelope_tests;
mod error;
mod http;
mod lenient_json;
mod operation;
mod paths;
mod pinned_verifier;
mod pool;
mod reply;
#[cfg(test)]
mod reply_tests;
mod return_code;
mod server_certificate;
mod session;
mod signing;
mod stream;
mod suspicion;
mod transport;
mod trust;
mod wire;

pub use before_sending::{BeforeSending, Unheeded};
pub use breaker::BreakerState;
pub use bulkhead::{Load, Turn};
pub use client::Client;
pub use client_options::ClientOptions;
pub use configuration::{AdminSettings, CentagateSettings, SessionSettings, TrustSettings};
pub use encoding::percent_encode_segment;
pub(crate) use envelope::decode;
pub use error::{Error, NotSent, Unreadable};
pub use http::{HttpOptions, SetupError};
pub use operation::Operation;
pub use reply::Answer;
pub(crate) use reply::created_user;
pub use return_code::{Meaning, ReturnCode};
pub use session::{
    AuthApi, Credentials, LoginCredentials, LoginRefusal, Session, SessionEvents, SessionKeeper, SessionStatus,
};
pub use signing::cen_token;
pub use trust::{Trust, TrustFault};
