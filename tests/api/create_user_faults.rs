//! Users that break a rule. The reply lists all faults, and CENTAGATE receives nothing.

use serde_json::{Value, json};

use crate::gateway::{TestGateway, alice, with};

const REQUIRED: [&str; 6] = ["username", "firstName", "lastName", "email", "group", "app"];
const TEXTS: [&str; 7] = ["username", "firstName", "lastName", "group", "app", "uniqueId", "clientId"];

fn without(member: &str) -> Value {
    let mut user = alice();
    user.as_object_mut().unwrap().remove(member);
    user
}

/// Alice with one invalid member, and the pointer to the member.
fn bad(member: &str, value: impl Into<Value>) -> (Value, Vec<String>) {
    (with(alice(), member, value), vec![format!("/{member}")])
}

fn table() -> Vec<(Value, Vec<String>)> {
    let mut table = Vec::new();
    for member in REQUIRED {
        table.push((without(member), vec![format!("/{member}")]));
        table.push(bad(member, Value::Null));
    }
    for member in TEXTS.into_iter().chain(["email"]) {
        for value in [json!(""), json!(1), json!(true), json!(["a"]), json!({"a": "b"}), json!("a\nb")] {
            table.push(bad(member, value));
        }
    }
    for member in TEXTS {
        table.push(bad(member, "a".repeat(256)));
        table.push(bad(member, "😀".repeat(256)));
        table.push(bad(member, "a\u{202e}b"));
    }
    for control in ['\0', '\t', '\r', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}'] {
        table.push(bad("firstName", format!("a{control}b")));
        table.push(bad("username", format!("a{control}b")));
    }
    for bidirectional in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
        table.push(bad("lastName", bidirectional.to_string()));
    }
    for username in [".", ".."] {
        table.push(bad("username", username));
    }
    for email in [
        "alice",
        "@example.com",
        "alice@",
        "alice@@example.com",
        "a b@example.com",
        " alice@example.com",
        "alice@example.com ",
        "alice@-example.com",
        "alice@example-.com",
        "alice@example..com",
        "alice@example.com.",
        "alice@.example.com",
        "alice@exam_ple.com",
        "älice@example.com",
        "alice@exämple.com",
        "Alice <alice@example.com>",
        "alice@example.com,bob@example.com",
        "\"alice\"@example.com",
        "alice@[127.0.0.1]",
        "alice@example.com\u{202e}",
    ] {
        table.push(bad("email", email));
    }
    table.push(bad("email", format!("{}@example.com", "a".repeat(243))));
    table.push(bad("email", format!("alice@{}.com", "a".repeat(64))));
    for role in
        [json!(""), json!("admin"), json!("User"), json!("companyadmin"), json!("3"), json!(3), json!([]), json!(true)]
    {
        table.push(bad("role", role));
    }
    for items in [json!("a"), json!({}), json!(5), json!(false), json!(["1", "2", "3", "4", "5", "6"])] {
        table.push(bad("additionalData", items));
    }
    for item in
        [json!(null), json!(1), json!(true), json!([]), json!({}), json!(""), json!("\u{7}"), json!("a".repeat(256))]
    {
        let user = with(alice(), "additionalData", json!(["good", item]));
        table.push((user, vec!["/additionalData/1".into()]));
    }
    let items = json!([1, "good", null, "", "good", "good", 7]);
    let pointers = ["", "/0", "/2", "/3", "/6"].map(|item| format!("/additionalData{item}"));
    table.push((with(alice(), "additionalData", items), pointers.into()));
    table.extend(unknown_members());
    table
}

fn unknown_members() -> Vec<(Value, Vec<String>)> {
    let unknown = [
        ("x", "/x"),
        ("", "/"),
        ("a/b", "/a~1b"),
        ("~", "/~0"),
        ("~1", "/~01"),
        ("Username", "/Username"),
        ("username ", "/username "),
        ("userName", "/userName"),
        ("first_name", "/first_name"),
        ("userEmail", "/userEmail"),
        ("userAdditionalData1", "/userAdditionalData1"),
        ("roles", "/roles"),
        ("cenToken", "/cenToken"),
        ("password", "/password"),
        ("centagateId", "/centagateId"),
        ("__proto__", "/__proto__"),
    ];
    let mut table: Vec<_> =
        unknown.map(|(name, pointer)| (with(alice(), name, "value"), vec![pointer.to_owned()])).into();
    // Even if they are empty.
    table.push((with(alice(), "x", Value::Null), vec!["/x".into()]));
    table
}

#[tokio::test]
async fn every_user_that_breaks_a_rule_is_refused_with_a_pointer_to_each_fault() {
    let gateway = TestGateway::start().await;
    let table = table();
    assert!(table.len() >= 60);
    for (user, mut pointers) in table {
        let reply = gateway.create_user(&user).await;
        assert_eq!(reply.status, 422, "{user}: {}", reply.text());
        pointers.sort();
        assert_eq!(reply.faults(), pointers, "{user}: {}", reply.text());
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn all_faults_of_a_user_are_listed_at_once() {
    let gateway = TestGateway::start().await;
    let nothing = gateway.create_user(&json!({})).await;
    assert_eq!(nothing.faults(), ["/app", "/email", "/firstName", "/group", "/lastName", "/username"]);
    let everything = json!({
        "username": "..", "firstName": "", "lastName": 1, "email": "a@", "group": null, "app": "\u{0}", "role": "root",
        "uniqueId": [], "clientId": {}, "additionalData": ["", 1], "x": 1, "y": null,
    });
    let reply = gateway.create_user(&everything).await;
    let pointers = [
        "/additionalData/0",
        "/additionalData/1",
        "/app",
        "/clientId",
        "/email",
        "/firstName",
        "/group",
        "/lastName",
        "/role",
        "/uniqueId",
        "/username",
        "/x",
        "/y",
    ];
    assert_eq!(reply.faults(), pointers);
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn details_never_repeat_the_input() {
    let gateway = TestGateway::start().await;
    let planted = "pl4nted";
    let user = json!({
        "username": format!("{planted}\n"), "firstName": format!("\u{202e}{planted}"), "lastName": planted.repeat(50),
        "email": planted, "group": [planted], "app": {planted: planted}, "role": planted, "additionalData": planted,
    });
    let reply = gateway.create_user(&user).await;
    assert_eq!(reply.faults().len(), 8);
    assert!(!reply.text().contains(planted), "{}", reply.text());
    gateway.post_raw("/users", &crate::raw::usual_headers(), planted.as_bytes()).await.problem("malformed_request");
}
