//! A user's reply never reaches another user's caller, even if an upstream sends surplus replies.

use std::time::Duration;

use centagate_simulator::{Admin, Login};
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::caller::Caller;
use crate::certificates::{Authority, acceptor};
use crate::gateway::{Setup, TestGateway, token, user};
use crate::login_bench;
use crate::process::TEST_TIMEOUT;
use crate::surplus_server::{Surplus, SurplusServer, secret_of};

/// How many requests a test sends to each server.
const REQUESTS: usize = 240;
/// The number if each request waits for the surplus reply of the previous one.
const SEQUENTIAL_REQUESTS: usize = 100;

const SURPLUS: [Surplus; 5] = [
    Surplus::InTheSameSegment,
    Surplus::InAnotherWrite,
    Surplus::After(Duration::from_micros(500)),
    Surplus::After(Duration::from_millis(5)),
    Surplus::After(Duration::from_millis(50)),
];

/// A gateway, its CENTAGATE, and the directory with the CA's certificate.
struct Bench {
    gateway: TestGateway,
    server: SurplusServer,
    _directory: TempDir,
}

impl Bench {
    async fn start(surplus: Surplus, with_tls: bool) -> Self {
        let ca = Authority::new("CA");
        let tls = ca.issue("localhost");
        let acceptor = with_tls.then(|| acceptor(&tls.certificate_pem, &tls.key_pem));
        let server = SurplusServer::start(surplus, acceptor).await;
        let directory = tempfile::tempdir().unwrap();
        let mut setup = Setup::new()
            .set("rate_limit.requests_per_minute", "1000000")
            .set("rate_limit.burst", "1000000")
            .set("server.workers", "2");
        setup = if with_tls {
            let file = directory.path().join("ca.pem");
            std::fs::write(&file, ca.pem()).unwrap();
            setup
                .set("centagate.ca_certificate_file", file.to_str().unwrap())
                .upstream(format!("https://localhost:{}", server.address.port()))
        } else {
            setup.upstream(format!("http://{}", server.address))
        };
        Self { gateway: setup.start().await, server, _directory: directory }
    }

    /// The user's own value in CENTAGATE's reply to a call for `username`.
    async fn secret(&self, operation: Operation, username: &str) -> String {
        let reply = match operation {
            Operation::CreateUser => self.gateway.create_user(&user(username)).await,
            Operation::RegisterOtpToken => self.gateway.register_otp_token(username, &token()).await,
            Operation::GetUser => self.gateway.get_user(username).await,
        };
        assert!(reply.status == 200 || reply.status == 201, "{operation:?}: {} {}", reply.status, reply.text());
        let place = match operation {
            Operation::CreateUser => "/centagateId",
            Operation::RegisterOtpToken => "/passcode",
            Operation::GetUser => "/tokens/0/serialNumber",
        };
        let body = reply.json();
        body.pointer(place).and_then(|value| value.as_str()).unwrap_or_else(|| panic!("{body}")).to_owned()
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    CreateUser,
    RegisterOtpToken,
    GetUser,
}

/// Sends the requests of one operation, `at_once` at the same time. Each reply must belong to its own request.
async fn expect_own_replies(bench: &Bench, operation: Operation, at_once: usize, what: &str) {
    let requests = if at_once == 1 { SEQUENTIAL_REQUESTS } else { REQUESTS };
    for round in 0..requests / at_once {
        let usernames: Vec<_> = (0..at_once).map(|number| format!("user-{round}-{number}")).collect();
        let secrets = join_all(usernames.iter().map(|username| bench.secret(operation, username))).await;
        for (username, secret) in usernames.iter().zip(secrets) {
            assert_eq!(secret, secret_of(username), "{what}: the reply belongs to another request");
        }
        // A surplus reply that arrives after the connection was reused looks like the reply (docs/adr/0015).
        if matches!(operation, Operation::CreateUser) {
            timeout(TEST_TIMEOUT, bench.server.wait_for_surplus()).await.expect(what);
        }
    }
}

/// Checks each kind of surplus reply, in plain text and over TLS.
async fn expect_own_replies_always(operation: Operation, at_once: usize) {
    let cases = SURPLUS.into_iter().flat_map(|surplus| [(surplus, false), (surplus, true)]);
    join_all(cases.map(|(surplus, with_tls)| async move {
        let bench = Bench::start(surplus, with_tls).await;
        let what = format!("{operation:?}, surplus {surplus:?}, TLS {with_tls}");
        expect_own_replies(&bench, operation, at_once, &what).await;
        if !matches!(operation, Operation::CreateUser) {
            assert_eq!(bench.server.requests_of_a_connection(), 1, "{what}: a connection carries one call");
        }
    }))
    .await;
}

#[tokio::test]
async fn a_passcode_never_reaches_the_caller_of_another_user() {
    expect_own_replies_always(Operation::RegisterOtpToken, 8).await;
}

#[tokio::test]
async fn the_tokens_of_a_user_never_reach_the_caller_of_another_user() {
    expect_own_replies_always(Operation::GetUser, 8).await;
}

#[tokio::test]
async fn a_created_user_never_gets_another_users_id_if_the_surplus_arrives_before_reuse() {
    expect_own_replies_always(Operation::CreateUser, 1).await;
}

#[tokio::test]
async fn a_login_shares_its_connection_with_no_other_call() {
    // The surplus reply comes only after the logout, so only the rule itself keeps the logout off the login's
    // connection.
    let server = SurplusServer::start(Surplus::After(TEST_TIMEOUT), None).await;
    let admin = Admin { username: "admin".into(), auth_token: String::new(), secret_code: String::new() };
    let (environment, _secrets) =
        login_bench::environment(&format!("http://{}", server.address), &admin, &Login::fresh());
    let mut gateway = environment.serve().await;
    gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;
    assert_eq!(server.connections(), 1, "a login opens only one connection");
    let caller = Caller::of(&gateway);
    assert_eq!(caller.create_user("alice").await.json()["centagateId"], secret_of("alice"));
    gateway.terminate();
    assert!(gateway.end().await.success());
    assert_eq!(server.connections(), 3, "login, createUser, logout");
    assert_eq!(server.requests_of_a_connection(), 1);
}
