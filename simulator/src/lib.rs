//! A simulated CENTAGATE for development and tests.
//!
//! It answers the `CentagateWS` calls that the gateway uses, in CENTAGATE's formats: HTTP 200 and
//! `{"code":"0","message":"Success","object":…}` for the result of a call, a servlet container's HTML page for an
//! unknown path or method. It checks every signature, keeps users and tokens in memory and records every request. Tests
//! can instruct it to misbehave.
//!
//! [`calls`] has one module per call. [`Operation::table`] and `centagate-simulator --help` print a table of them.
//!
//! ```
//! use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator};
//!
//! # async fn example() -> std::io::Result<()> {
//! let simulator = Simulator::start(Config::new(Admin::with_fresh_session("admin"))).await?;
//! simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("10004")));
//! // … point a client at simulator.base_url() …
//! assert!(simulator.requests().is_empty());
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Leniency
//! Like CENTAGATE, the simulator accepts any `Content-Type` or none, and one trailing slash. Where the documents say text, a
//! number or a boolean is read as its text, `null` counts as absent, and an object or array is answered 10002. Where the
//! documents are silent (order of checks, case of names, lengths), the simulator follows the simplest rule; each module states
//! its rules.
//!
//! # Control over HTTP
//! Other processes control a running simulator with requests under `/simulator/`. These requests are not recorded and need no
//! credentials: never expose the simulator beyond a development machine.
//!
#![doc = include_str!("control.md")]

mod admin;
pub mod calls;
mod cen_token;
mod centagate;
mod config;
mod control;
pub mod credential;
mod gate;
mod handle;
mod http;
mod instruction;
mod open_answers;
mod record;
mod return_code;
mod state;
mod tls;

pub use crate::admin::Admin;
pub use crate::calls::{Operation, Signature};
pub use crate::cen_token::cen_token;
pub use crate::config::Config;
pub use crate::gate::Gate;
pub use crate::handle::Simulator;
pub use crate::instruction::{Behaviour, Instruction};
pub use crate::open_answers::{
    AvailApps, EmptyText, FurtherChange, GroupMember, OfflineKey, OpenAnswers, PasswordReset, Timestamp, UsedEmail,
    WaitingChange,
};
pub use crate::record::Request;
pub use crate::return_code::ReturnCode;
pub use crate::state::{
    BoundToken, Certificate, Change, Device, Login, MobileToken, Obstacle, Secret, TokenKind, Tokens, User,
};
pub use crate::tls::{Tls, TlsVersion};

/// What the binary prints for `--help` about the control interface; the same text as in the crate documentation.
pub const CONTROL_HELP: &str = include_str!("control.md");
