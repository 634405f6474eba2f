//! A CENTAGATE to develop and test against.
//!
//! It answers the `CentagateWS` calls the gateway uses with the wire shapes of the real one: HTTP 200 and
//! `{"code":"0","message":"Success","object":…}` for every business outcome, container-style HTML for a path or method that
//! does not exist. Every `cenToken` is really checked, users and tokens are really kept (in memory), and every request is
//! recorded. It can be told to misbehave, once or for ever.
//!
//! | call | `object` on success |
//! |---|---|
//! | `PUT /CentagateWS/webresources/user/registerUserActivate/{admin}` | the new user's id, a bare string |
//! | `PUT /CentagateWS/webresources/device/register/onetimepin/{admin}` | a string that holds the JSON text `{"qr":…,"passcode":…}` |
//! | `PUT /CentagateWS/webresources/user/auth/list/{admin}` | a string that holds the JSON text `{"tokenList":[…],"certList":[…],"device":…}` |
//! | `POST /CentagateWS/webresources/auth/authBasic`, and the same under `/v2` | a string that holds a JSON object of strings: `authToken`, `secretCode`, `sessionTimeout`, … |
//! | `POST /CentagateWS/webresources/auth/logout` | `""` |
//!
//! ```
//! use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator};
//!
//! # async fn example() -> std::io::Result<()> {
//! let simulator = Simulator::start(Config::new(Admin::with_fresh_session("admin"))).await?;
//! simulator.instruct(Instruction::once(Operation::RegisterUser, Behaviour::code("10004")));
//! // … point a client at simulator.base_url() …
//! assert!(simulator.requests().is_empty());
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is lenient, as the real one
//! Any `Content-Type` or none; one trailing slash; a number or a boolean where text is documented reads as its text; `null`
//! reads as absent. An object or array where text is documented is 10002. Where the documents are silent (order of checks,
//! case of names, lengths) the simulator chooses the simplest rule; the modules say which.
//!
//! # Control over HTTP
//! A test or a person in another process steers a running simulator under `/simulator/`. These calls are not recorded and
//! need no credential: never expose the simulator beyond a development machine.
//!
#![doc = include_str!("control.md")]

mod account;
mod admin;
mod authentication;
mod authentication_list;
mod bound;
mod centagate;
mod config;
mod control;

pub mod credential;
mod endpoint;
mod envelope;
mod exchange;
mod gate;
mod instruction;
mod login;
mod members;
mod one_time_pin;
mod operation;
mod record;
mod registration;
mod reply;
mod return_code;
mod server;
mod session;
mod signing;
mod simulator;
mod state;
mod tls;
mod user;

pub use crate::admin::Admin;
pub use crate::bound::{Certificate, Device};
pub use crate::config::Config;
pub use crate::gate::Gate;
pub use crate::instruction::{Behaviour, Instruction};
pub use crate::login::{Login, Obstacle};
pub use crate::operation::Operation;
pub use crate::record::Request;
pub use crate::return_code::ReturnCode;
pub use crate::signing::cen_token;
pub use crate::simulator::Simulator;
pub use crate::tls::{Tls, TlsVersion};
pub use crate::user::{Token, User};

/// What the binary prints for `--help` about the control interface; the same text as in the crate documentation.
pub const CONTROL_HELP: &str = include_str!("control.md");
