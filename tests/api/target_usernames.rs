//! `target_usernames` limits the users that a caller can act on, in every operation.

use std::fmt::Write as _;

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::operations::{let_calls_succeed, operations};

/// The patterns of a caller, names that they allow, and names that they do not allow.
const MATRIX: [(&str, &[&str], &[&str]); 12] = [
    (r#"["shop-*"]"#, &["shop-1", "shop-", "shop-a/b", "shop-*"], &["shop", "Shop-1", "SHOP-1", "ashop-1", "x/shop-1"]),
    (r#"["?ob"]"#, &["bob", "Жob", "😀ob"], &["ob", "boob", "o\u{308}ob", "bobs"]),
    (r#"["a*", "*z"]"#, &["a", "z", "abc", "xyz", "az"], &["ba", "zb", "A", "Z"]),
    (r#"["a*b*c"]"#, &["abc", "aXbXc", "abcbc"], &["ab", "acb", "abcd"]),
    (r#"["*"]"#, &["Ж", " ", "a/b", "..."], &[]),
    (r#"["Ж?*"]"#, &["Жx", "Жж"], &["Ж", "жx"]),
    (r#"["alice"]"#, &["alice"], &["Alice", "ALICE", "Ａlice", "alice ", "al%69ce", "alic\u{435}"]),
    (r#"["é"]"#, &["é"], &["e\u{301}"]),
    (r#"["a.b", "[cd]"]"#, &["a.b", "[cd]"], &["axb", "c"]),
    (r#"["*"]"#, &["alice", "bob"], &[]),
    ("[]", &[], &["alice", "bob"]),
    (r#"[""]"#, &[], &["alice", "bob"]),
];

fn key(row: usize) -> String {
    format!("key-{row}")
}

/// A gateway with one caller for each row of the matrix.
async fn start_gateway() -> TestGateway {
    let mut text = String::new();
    for (row, (patterns, ..)) in MATRIX.iter().enumerate() {
        let patterns = format!("target_usernames = {patterns}");
        let _ = write!(text, "{}", callers::block(&format!("caller-{row}"), &key(row), &scopes(), &patterns));
    }
    let gateway = Setup::new().callers(text).without_rate_limit().start().await;
    let_calls_succeed(&gateway.simulator);
    gateway
}

#[tokio::test]
async fn a_target_that_matches_no_pattern_is_refused() {
    let gateway = start_gateway().await;
    for operation in operations() {
        for (row, (patterns, _, refused)) in MATRIX.iter().enumerate() {
            for name in *refused {
                let reply = gateway.send(gateway.example_as(&key(row), operation, name)).await;
                let what = format!("{} {patterns} {name}", operation.id);
                assert_eq!(reply.status, 403, "{what}: {}", reply.text());
                let problem = reply.problem("forbidden");
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains("(target_usernames)"), "{what}: {detail}");
                assert!(name.chars().count() < 3 || !detail.contains(name), "{what}: the detail repeats the name");
                assert!(!detail.contains('['), "{what}: the detail shows the patterns");
            }
        }
    }
    assert!(gateway.simulator.requests().is_empty());
    assert!(gateway.audit_trail().lines().is_empty(), "only requests that are sent are recorded");
}

#[tokio::test]
async fn a_target_that_matches_a_pattern_is_allowed() {
    let gateway = start_gateway().await;
    let mut sent = 0;
    for operation in operations() {
        for (row, (patterns, allowed, _)) in MATRIX.iter().enumerate() {
            for name in *allowed {
                let reply = gateway.send(gateway.example_as(&key(row), operation, name)).await;
                let what = format!("{} {patterns} {name}", operation.id);
                assert_eq!(reply.status, operation.success, "{what}: {}", reply.text());
                sent += 1;
                let requests = gateway.simulator.requests();
                assert_eq!(requests.len(), sent, "{what}");
                assert!(requests[sent - 1].members.values().any(|value| value == name), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn patterns_belong_to_the_key_and_not_to_the_name_that_two_keys_share() {
    let text = callers::block("shop", "wide", &scopes(), "")
        + &callers::block("shop", "narrow", &scopes(), r#"target_usernames = ["bob"]"#);
    let gateway = Setup::new().callers(text).without_rate_limit().start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        for (key, name, allowed) in
            [("wide", "alice", true), ("wide", "bob", true), ("narrow", "alice", false), ("narrow", "bob", true)]
        {
            let status = gateway.send(gateway.example_as(key, operation, name)).await.status;
            assert_eq!(status, if allowed { operation.success } else { 403 }, "{} {key} {name}", operation.id);
        }
    }
}
