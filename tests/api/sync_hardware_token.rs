//! `POST /users/{id}/hardware-token/sync`: members sent, rules of the codes, refusals and the limit per user.

use centagate_simulator::{Behaviour, BoundToken, Instruction, User};
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway};
use crate::reply::Reply;

/// Creates dora with a hardware token of this status, as in CENTAGATE's list of tokens.
fn give_token(gateway: &TestGateway, status: &str) {
    let mut user = User::new("dora");
    user.tokens.hardware = Some(BoundToken { sn: "2601000042".to_owned(), status: status.to_owned() });
    gateway.simulator.add_user(user);
}

async fn sync(gateway: &TestGateway, codes: Value) -> Reply {
    gateway.send(gateway.post("/users/dora/hardware-token/sync", &json!({ "codes": codes }))).await
}

#[tokio::test]
async fn two_codes_are_sent_in_their_order_and_exactly_as_they_are() {
    let gateway = TestGateway::start().await;
    give_token(&gateway, "1");
    for [first, second] in [["0012", "abcdEFGH01234567"], ["654321", "123456"], ["aaaa", "AAAA"]] {
        let reply = sync(&gateway, json!([first, second])).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
        let sent = gateway.simulator.requests().pop().unwrap().members;
        assert_eq!(sent.keys().collect::<Vec<_>>(), ["cenToken", "otpStr1", "otpStr2", "username"]);
        let values = (&sent["username"], &sent["otpStr1"], &sent["otpStr2"]);
        assert_eq!(values, (&json!("dora"), &json!(first), &json!(second)));
    }
}

#[tokio::test]
async fn anything_but_two_different_codes_is_a_fault_without_the_codes() {
    let gateway = Setup::new().without_rate_limit().start().await;
    give_token(&gateway, "1");
    for codes in [
        Value::Null,
        json!([]),
        json!(["475869"]),
        json!(["475869", "475869"]),
        json!(["475869", "586947", "694758"]),
        json!(["475869", "475"]),
        json!(["475869", "47586947586947586"]),
        json!(["475869", "47 869"]),
        json!(["475869", "４７５８６９"]),
        json!(["475869", 586_947]),
        json!(["475869", null]),
        json!("475869586947"),
        json!({ "first": "475869", "second": "586947" }),
    ] {
        let reply = sync(&gateway, codes.clone()).await;
        assert_eq!(reply.faults(), ["/codes"], "{codes}");
        let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(!detail.contains("475"), "{codes}: {detail}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn codes_that_do_not_match_are_refused_and_may_count() {
    let gateway = TestGateway::start().await;
    give_token(&gateway, "1");
    gateway.simulator.instruct(Instruction::once(None, Behaviour::code("54002")));
    assert_eq!(sync(&gateway, json!(["123456", "654321"])).await.problem("codes_rejected")["outcome"], "refused");
    give_token(&gateway, "0");
    let problem = sync(&gateway, json!(["123456", "654321"])).await.problem("token_not_active");
    assert_eq!(problem["outcome"], "notExecuted");
    gateway.simulator.add_user(User::new("dora"));
    sync(&gateway, json!(["123456", "654321"])).await.problem("token_not_found");
}

#[tokio::test]
async fn a_caller_may_send_five_pairs_of_codes_per_user_and_minute() {
    let callers = ["one", "two"].map(|name| callers::block(name, name, &scopes(), "")).concat();
    let gateway = Setup::new().callers(callers).start().await;
    give_token(&gateway, "1");
    let send = async |key: &str, user: &str| {
        let body = json!({ "codes": ["123456", "654321"] });
        gateway.send(gateway.post_as(key, &format!("/users/{user}/hardware-token/sync"), &body)).await
    };
    for attempt in 0..5 {
        // Correct and wrong codes count alike.
        if attempt % 2 == 0 {
            gateway.simulator.instruct(Instruction::once(None, Behaviour::code("54002")));
        }
        assert!([204, 422].contains(&send("one", "dora").await.status), "{attempt}");
    }
    send("one", "dora").await.problem("rate_limited");
    send("one", "DORA").await.problem("rate_limited");
    assert_eq!(gateway.simulator.requests().len(), 5);
    assert_eq!(send("two", "dora").await.status, 204);
    send("one", "bob").await.problem("token_not_found");
}
