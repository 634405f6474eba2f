//! The handle of a running simulator.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::centagate::Centagate;
use crate::http::Server;
use crate::{Config, Instruction, OpenAnswers, Request, Tls, User};

mod account;
mod approvals;

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    centagate: Arc<Centagate>,
    server: Server,
    scheme: &'static str,
}

impl Simulator {
    /// Starts a simulator on its own thread. Any tokio or actix runtime can await this.
    ///
    /// # Errors
    /// The address cannot be bound, the thread cannot be started, or `tls` is invalid.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.address)?;
        Self::start_on(listener, config).await
    }

    /// Starts a simulator on a listening socket and ignores `config.address`.
    ///
    /// # Errors
    /// The thread cannot be started, or `tls` is invalid.
    pub async fn start_on(listener: TcpListener, config: Config) -> io::Result<Self> {
        let tls = config.tls.as_ref().map(Tls::server_config).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let centagate = Arc::new(Centagate::new(config));
        let server = Server::start(listener, tls, Arc::clone(&centagate)).await?;
        Ok(Self { centagate, server, scheme })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// `http://address`, with TLS `https://address`; without a path.
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// Stops the simulator and waits until its address is free.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// All requests in order of arrival, at most the newest 100,000. An entry is complete before its reply is sent.
    pub fn requests(&self) -> Vec<Request> {
        self.centagate.log.requests()
    }

    /// Waits until this many requests have arrived, answered or not. Use it with a deadline.
    pub async fn wait_for_requests(&self, requests: usize) -> Vec<Request> {
        let mut arrivals = self.centagate.log.arrivals();
        // An error would mean that the log is gone, but `self` holds it.
        let _ = arrivals.wait_for(|count| *count >= requests).await;
        self.requests()
    }

    /// Waits until this many requests have been answered or cut. Use it with a deadline.
    pub async fn wait_for_finished(&self, requests: usize) -> Vec<Request> {
        let mut finishes = self.centagate.log.finishes();
        let _ = finishes.wait_for(|count| *count >= requests).await;
        self.requests()
    }

    /// How many admin-signed calls changed the state.
    pub fn executions(&self) -> usize {
        self.centagate.state().executions
    }

    /// Adds an instruction after the existing ones.
    pub fn instruct(&self, instruction: Instruction) {
        self.centagate.instructions().add(instruction);
    }

    /// Removes all instructions.
    pub fn clear_instructions(&self) {
        self.centagate.instructions().clear();
    }

    /// Adds a group. A group that does not exist is answered 21001.
    pub fn add_group(&self, name: impl Into<String>) {
        self.centagate.state().groups.insert(name.into());
    }

    /// Adds a hardware token to the stock. One that is not there is answered 29001.
    pub fn add_to_stock(&self, serial_number: impl Into<String>) {
        self.centagate.state().stock.insert(serial_number.into());
    }

    /// Adds or replaces a user and returns its id, a fresh one if the user has none.
    pub fn add_user(&self, user: User) -> String {
        self.centagate.state().users.put(user)
    }

    /// The user with this username.
    pub fn user(&self, username: &str) -> Option<User> {
        self.centagate.state().users.get(username).cloned()
    }

    /// Activates or deactivates a user (22004); false if there is no such user.
    pub fn set_user_active(&self, username: &str, active: bool) -> bool {
        self.centagate.state().users.change(username, |user| user.active = active)
    }

    /// Locks or unlocks a user; false if there is no such user.
    pub fn set_user_locked(&self, username: &str, locked: bool) -> bool {
        self.centagate.state().users.change(username, |user| user.set_locked(locked))
    }

    /// Binds a mobile token to a user, so that another one is refused (22027); false if there is no such user.
    pub fn bind_token(&self, username: &str) -> bool {
        self.centagate.state().users.bind_token(username)
    }

    /// Unbinds the mobile token; false if there is no such user.
    pub fn unbind_token(&self, username: &str) -> bool {
        self.centagate.state().users.change(username, |user| user.tokens.mobile = None)
    }

    /// The passcode of the user's mobile token.
    pub fn last_passcode(&self, username: &str) -> Option<String> {
        self.user(username)?.tokens.mobile.map(|token| token.passcode)
    }

    /// Sets the answers to open questions.
    pub fn set_open_answers(&self, answers: OpenAnswers) {
        self.centagate.state().open_answers = answers;
    }

    /// Sets how many users the licence allows besides the admin (22013).
    pub fn set_user_limit(&self, limit: Option<usize>) {
        self.centagate.state().user_limit = limit;
    }

    /// Whether the licence file is valid (27001).
    pub fn set_licence_valid(&self, valid: bool) {
        self.centagate.state().licence_valid = valid;
    }

    /// Whether the company exists (20002).
    pub fn set_company_exists(&self, exists: bool) {
        self.centagate.state().company_exists = exists;
    }
}
