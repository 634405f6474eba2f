//! CENTAGATE answers something else than its envelope, not in time, or not at all: 502, 503 and 504.

use std::time::{Duration, Instant};

use centagate_simulator::{Behaviour, Gate, Instruction};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fault_server::{Fault, FaultServer};
use crate::gateway::{Setup, TestGateway, alice, token, user};
use crate::reply::Reply;

fn expect(reply: &Reply, code: &str, outcome: &str, what: &str) {
    let problem = reply.json();
    assert_eq!((&problem["code"], &problem["outcome"]), (&json!(code), &json!(outcome)), "{what}: {problem}");
    assert_eq!(problem.get("upstreamCode"), None, "{what}: {problem}");
}

/// Registers a user and a token; both have to end like this, each after exactly one request to the server.
async fn expect_both(gateway: &TestGateway, server: &FaultServer, code: &str, outcome: &str, what: &str) {
    let before = server.requests();
    expect(&gateway.create_user(&alice()).await, code, outcome, what);
    assert_eq!(server.requests(), before + 1, "{what}: sent once");
    expect(&gateway.register_otp_token("bob", &token()).await, code, outcome, what);
    assert_eq!(server.requests(), before + 2, "{what}: sent once");
}

fn http(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn a_reply_that_is_no_envelope_is_answered_502_with_unknown_outcome() {
    let gateway = TestGateway::start().await;
    let mut calls = 0;
    let success = r#"{"code":"0","message":"Success","object":""}"#;
    let deep = format!(r#"{{"code":"0","object":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let deep_code = format!(r#"{{"code":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let large = format!(r#"{{"code":"0","message":"{}"}}"#, "x".repeat(256 * 1024));
    let padded = format!("{success}{}", " ".repeat(256 * 1024));
    for (status, content_type, body) in [
        (200, "text/html", "<html><body>Maintenance</body></html>"),
        (502, "text/html", "<html><body>Bad Gateway</body></html>"),
        (200, "application/json", ""),
        (200, "application/json", " "),
        (200, "application/json", r#"{"code":"0","message":"Succ"#),
        (200, "application/json", r#"{"code":"0"}x"#),
        (200, "application/json", r#""0""#),
        (200, "application/json", "0"),
        (200, "application/json", "null"),
        (200, "application/json", "true"),
        (200, "application/json", "{}"),
        (200, "application/json", r#"{"message":"Success","object":""}"#),
        (200, "application/json", r#"{"Code":"0"}"#),
        (200, "application/json", r#"{"code":null}"#),
        (200, "application/json", r#"{"code":true}"#),
        (200, "application/json", r#"{"code":""}"#),
        (200, "application/json", r#"{"code":" "}"#),
        (200, "application/json", r#"{"code":"zero"}"#),
        (200, "application/json", r#"{"code":"0x0"}"#),
        (200, "application/json", r#"{"code":"0.5"}"#),
        (200, "application/json", r#"{"code":0.5}"#),
        (200, "application/json", r#"{"code":1e300}"#),
        (200, "application/json", r#"{"code":1e999}"#),
        (200, "application/json", r#"{"code":"99999999999999999999"}"#),
        (200, "application/json", r#"{"code":99999999999999999999}"#),
        (200, "application/json", r#"{"code":["0"]}"#),
        (200, "application/json", r#"{"code":{"0":0}}"#),
        (200, "application/json", r#"{"code":"0","code":"22025"}"#),
        (200, "application/json", r#"{"code":"22025","code":"0"}"#),
        (200, "application/json", r#"{"code":"0","object":"a","object":"b"}"#),
        (200, "application/json", &deep),
        (200, "application/json", &deep_code),
        (200, "application/json", &large),
        (200, "application/json", &padded),
        (201, "application/json", success),
        (202, "application/json", success),
        (204, "application/json", ""),
        (400, "application/json", success),
        (401, "application/json", success),
        (403, "application/json", r#"{"code":"22025"}"#),
        (404, "text/html", "<html>"),
        (429, "application/json", success),
        (500, "application/json", r#"{"code":"10004"}"#),
        (503, "application/json", success),
    ] {
        let what = format!("{status} {body:.60}");
        gateway.simulator.instruct(Instruction::times(None, 2, Behaviour::reply(status, content_type, body)));
        expect(&gateway.create_user(&alice()).await, "centagate_unexpected", "unknown", &what);
        expect(&gateway.register_otp_token("bob", &token()).await, "centagate_unexpected", "unknown", &what);
        calls += 2;
        assert_eq!(gateway.simulator.requests().len(), calls, "{what}: sent once");
    }
    let invalid_utf_8 = Behaviour::reply(200, "application/json", b"{\"code\":\"0\",\"object\":\"\xff\"}".as_slice());
    gateway.simulator.instruct(Instruction::once(None, invalid_utf_8));
    expect(&gateway.create_user(&alice()).await, "centagate_unexpected", "unknown", "invalid UTF-8");
    assert_eq!(gateway.simulator.executions(), 0);
}

#[tokio::test]
async fn an_array_is_no_envelope_whatever_it_holds() {
    let gateway = TestGateway::start().await;
    for body in ["[]", r#"[{"code":"0"}]"#, r#"["0"]"#, r#"["0","1"]"#, r#"["22025",""]"#] {
        gateway.simulator.instruct(Instruction::times(None, 2, Behaviour::reply(200, "application/json", body)));
        expect(&gateway.create_user(&alice()).await, "centagate_unexpected", "unknown", body);
        expect(&gateway.register_otp_token("bob", &token()).await, "centagate_unexpected", "unknown", body);
    }
}

#[tokio::test]
async fn a_reply_of_exactly_256_kib_is_still_read() {
    let gateway = TestGateway::start().await;
    let mut body = br#"{"code":"0","object":"7"}"#.to_vec();
    body.resize(256 * 1024, b' ');
    gateway.simulator.instruct(Instruction::once(None, Behaviour::reply(200, "application/json", body)));
    assert_eq!(gateway.create_user(&alice()).await.json()["centagateId"], "7");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_outcome_is_unknown() {
    let elsewhere = FaultServer::start(vec![Fault::Send(http("200 OK", r#"{"code":"0"}"#))]).await;
    let gateway = TestGateway::start().await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = Behaviour::Reply {
            status,
            content_type: None,
            headers: vec![("location".into(), elsewhere.base_url())],
            body: Vec::new(),
        };
        gateway.simulator.instruct(Instruction::times(None, 2, redirect));
        let what = status.to_string();
        expect(&gateway.create_user(&alice()).await, "centagate_unexpected", "unknown", &what);
        expect(&gateway.register_otp_token("bob", &token()).await, "centagate_unexpected", "unknown", &what);
    }
    assert_eq!((gateway.simulator.requests().len(), elsewhere.requests()), (10, 0));
}

#[tokio::test]
async fn a_connection_lost_after_sending_is_answered_502_with_unknown_outcome_and_never_sent_again() {
    for fault in [
        Fault::Close,
        Fault::Reset,
        Fault::SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":\"0\"".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cod".to_vec()),
        Fault::SendAndClose(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Fault::SendAndClose(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 99999 OK\r\n\r\n".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_vec()),
    ] {
        let server = FaultServer::start(vec![fault]).await;
        let gateway = Setup::new().upstream(server.base_url()).start().await;
        expect_both(&gateway, &server, "centagate_unexpected", "unknown", "cut").await;
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_does_not_make_it_go_out_twice() {
    let success = http("200 OK", r#"{"code":"0","message":"Success","object":"1"}"#);
    let server = FaultServer::start(vec![Fault::Send(success.clone()), Fault::Close, Fault::Send(success)]).await;
    let gateway = Setup::new().upstream(server.base_url()).start().await;
    assert_eq!(gateway.create_user(&user("first")).await.status, 201);
    expect(&gateway.create_user(&user("second")).await, "centagate_unexpected", "unknown", "cut");
    assert_eq!(server.requests(), 2);
    assert_eq!(gateway.create_user(&user("third")).await.status, 201);
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn the_simulator_executed_what_was_cut_and_the_caller_is_told_that_nobody_knows() {
    let gateway = TestGateway::start().await;
    gateway.simulator.instruct(Instruction::once(None, Behaviour::CutBeforeReply));
    expect(&gateway.create_user(&alice()).await, "centagate_unexpected", "unknown", "cut");
    assert_eq!((gateway.simulator.requests().len(), gateway.simulator.executions()), (1, 1));
}

#[tokio::test]
async fn where_nobody_listens_the_answer_is_503_and_nothing_was_executed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let gateway = Setup::new().upstream(closed).start().await;
    for reply in [gateway.create_user(&alice()).await, gateway.register_otp_token("bob", &token()).await] {
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
        expect(&reply, "centagate_unavailable", "notExecuted", "closed port");
    }
    // Not the load of one request: readiness does not follow CENTAGATE.
    assert_eq!(gateway.manage("/readyz").await.0, 200);
}

#[tokio::test]
async fn where_tls_does_not_come_about_the_answer_is_503_and_nothing_was_executed() {
    for fault in [Fault::Silence, Fault::Close, Fault::SendAndClose(http("400 Bad Request", "plain HTTP"))] {
        let server = FaultServer::start(vec![fault]).await;
        let gateway = Setup::new().hurried().upstream(format!("https://{}", server.address)).start().await;
        let reply = gateway.create_user(&alice()).await;
        expect(&reply, "centagate_unavailable", "notExecuted", "no TLS");
        assert_eq!((reply.status, server.requests()), (503, 0));
    }
}

#[tokio::test]
async fn silence_after_sending_is_answered_504_with_unknown_outcome() {
    for fault in [
        Fault::Silence,
        Fault::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Fault::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":\"0\"".to_vec()),
        Fault::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let server = FaultServer::start(vec![fault]).await;
        let gateway = Setup::new().hurried().upstream(server.base_url()).start().await;
        let started = Instant::now();
        expect_both(&gateway, &server, "centagate_timeout", "unknown", "silence").await;
        assert!(started.elapsed() < Duration::from_secs(5), "twice 150 ms, on a slow machine");
    }
}

#[tokio::test]
async fn a_request_that_timed_out_is_not_sent_again_when_centagate_wakes_up() {
    let gateway = Setup::new().hurried().start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let reply = gateway.create_user(&alice()).await;
    expect(&reply, "centagate_timeout", "unknown", "held");
    assert_eq!(reply.status, 504);
    gate.open();
    let finished = tokio::time::timeout(Duration::from_secs(10), gateway.simulator.wait_for_finished(1));
    assert_eq!(finished.await.expect("an end").len(), 1);
    let again: Value = gateway.create_user(&alice()).await.problem("username_taken");
    assert_eq!(again["outcome"], "notExecuted");
}
