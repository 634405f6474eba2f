//! The handle of a running simulator.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::centagate::Centagate;
use crate::server::Server;
use crate::{Config, Instruction, Request, Tls, User};

mod account;

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    centagate: Arc<Centagate>,
    server: Server,
    scheme: &'static str,
}

impl Simulator {
    /// Starts one, with one worker on a thread of its own; any tokio or actix runtime may await this.
    ///
    /// # Errors
    /// The address cannot be bound, no thread can be started, or `tls` makes no sense.
    pub async fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.address)?;
        Self::start_on(listener, config).await
    }

    /// The same on a socket that listens already, whatever `config.address` says.
    ///
    /// # Errors
    /// No thread can be started, or `tls` makes no sense.
    pub async fn start_on(listener: TcpListener, config: Config) -> io::Result<Self> {
        let tls = config.tls.as_ref().map(Tls::server_config).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let centagate = Arc::new(Centagate::new(config));
        let server = Server::start(listener, tls, Arc::clone(&centagate)).await?;
        Ok(Self { centagate, server, scheme })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// `http://address`, or `https` with TLS; without a path.
    pub fn base_url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// Stops it and waits until its address is free.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// All requests so far in order of arrival (the newest 100,000). An entry is complete before its reply is sent.
    pub fn requests(&self) -> Vec<Request> {
        self.centagate.log.requests()
    }

    /// Waits until so many requests have arrived, answered or not. Give it a deadline.
    pub async fn wait_for_requests(&self, requests: usize) -> Vec<Request> {
        let mut arrivals = self.centagate.log.arrivals();
        // The error would mean that the log is gone; `self` holds it.
        let _ = arrivals.wait_for(|count| *count >= requests).await;
        self.requests()
    }

    /// Waits until so many exchanges are over, answered or cut. Give it a deadline.
    pub async fn wait_for_finished(&self, requests: usize) -> Vec<Request> {
        let mut finishes = self.centagate.log.finishes();
        let _ = finishes.wait_for(|count| *count >= requests).await;
        self.requests()
    }

    /// How many users and tokens were registered by calls.
    pub fn executions(&self) -> usize {
        self.centagate.state().executions
    }

    /// Adds an instruction behind those that are there.
    pub fn instruct(&self, instruction: Instruction) {
        self.centagate.instructions().add(instruction);
    }

    /// Forgets all instructions.
    pub fn clear_instructions(&self) {
        self.centagate.instructions().clear();
    }

    /// Adds a group; others are answered 21001.
    pub fn add_group(&self, name: impl Into<String>) {
        self.centagate.state().groups.insert(name.into());
    }

    /// Adds or replaces a user, and answers its id: a fresh one if the user has none.
    pub fn add_user(&self, user: User) -> String {
        self.centagate.state().put(user)
    }

    /// The user of that name.
    pub fn user(&self, username: &str) -> Option<User> {
        self.centagate.state().users.get(username).cloned()
    }

    /// Switches a user on or off (22004); false if there is none.
    pub fn set_user_active(&self, username: &str, active: bool) -> bool {
        self.centagate.state().change_user(username, |user| user.active = active)
    }

    /// Binds a token to a user, so that another is refused (22027); false if there is no such user.
    pub fn bind_token(&self, username: &str) -> bool {
        self.centagate.state().bind_token(username)
    }

    /// Takes the token away; false if there is no such user.
    pub fn unbind_token(&self, username: &str) -> bool {
        self.centagate.state().change_user(username, |user| user.token = None)
    }

    /// The passcode of the user's token.
    pub fn last_passcode(&self, username: &str) -> Option<String> {
        self.user(username)?.token.map(|token| token.passcode)
    }

    /// How many users the licence allows besides the admin (22013).
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
