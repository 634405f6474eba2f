//! Bodies of `PATCH /users/{id}`: the exact bytes that CENTAGATE receives, and the bodies that are refused.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{TestGateway, with};
use crate::operations::let_calls_succeed;
use crate::reply::Reply;
use crate::upstream_requests::{CEN_TOKEN, awkward_admin, expect_members};

/// A member: its name and value in the body, and its name and value in CENTAGATE's call.
pub(crate) type Member = (&'static str, Value, &'static str, &'static str);

/// Every member.
pub(crate) fn members() -> [Member; 11] {
    [
        ("firstName", json!("Alicia"), "firstName", "Alicia"),
        ("lastName", json!("Pl4nted-Baker"), "lastName", "Pl4nted-Baker"),
        ("email", json!("pl4nted@example.com"), "email", "pl4nted@example.com"),
        ("group", json!("Staff"), "userGroupName", "Staff"),
        ("role", json!("groupAdmin"), "roles", "4"),
        ("app", json!("portal-2"), "availApps", "portal-2"),
        ("clientId", json!("client-2"), "clientId", "client-2"),
        ("address", json!("1 Pl4nted Street"), "address", "1 Pl4nted Street"),
        ("zip", json!("50450"), "zip", "50450"),
        ("city", json!("Kuala Lumpur"), "city", "Kuala Lumpur"),
        ("state", json!(" "), "state", " "),
    ]
}

/// A body with these members, and what CENTAGATE receives for it besides the username and the signature.
fn body_of<'a>(members: impl IntoIterator<Item = &'a Member>) -> (String, Value) {
    let (mut body, mut sent) = (json!({}), json!({}));
    for (name, value, upstream_name, upstream_value) in members {
        body[name] = value.clone();
        sent[upstream_name] = (*upstream_value).into();
    }
    (body.to_string(), sent)
}

/// Valid bodies, and what CENTAGATE receives for each.
fn accepted() -> Vec<(String, Value)> {
    let members = members();
    let mut bodies = vec![body_of(&members)];
    for (index, member) in members.iter().enumerate() {
        bodies.push(body_of([member]));
        bodies.push(body_of([member, &members[(index + 1) % members.len()]]));
        bodies.push(body_of(members.iter().filter(|other| other.0 != member.0)));
    }
    let group = ("group", json!("Staff"), "userGroupName", "Staff");
    for (role, digit) in [("user", "3"), ("companyAdmin", "2")] {
        let role = ("role", json!(role), "roles", digit);
        bodies.extend([body_of([&role]), body_of([&role, &group])]);
    }
    // These texts are kept as texts. None of them means an absent or erased value.
    for text in
        ["null", "\"\"", "undefined", "0", "false", "{}", "[]", "\\", "é😀\u{2028}", "<&'>;--%00", &"ü".repeat(255)]
    {
        bodies.push((json!({ "city": text }).to_string(), json!({ "city": text })));
    }
    let spellings = [
        (r#"{"city":"\u0049poh"}"#, json!({ "city": "Ipoh" })),
        (r#"{"\u0063ity":"Ipoh"}"#, json!({ "city": "Ipoh" })),
        (r#"{"city":"\ud83d\ude00\/\"\\"}"#, json!({ "city": "😀/\"\\" })),
        ("\r\n{\t\"zip\" : \"1\" ,\n \"city\":\"Ipoh\" }\n", json!({ "zip": "1", "city": "Ipoh" })),
    ];
    bodies.extend(spellings.map(|(body, sent)| (body.to_owned(), sent)));
    bodies
}

async fn update(gateway: &TestGateway, body: &str) -> Reply {
    let request = gateway.request(Method::PATCH, "/users/bob").bearer_auth(callers::EVERYTHING);
    gateway.send(request.header("content-type", "application/json").body(body.to_owned())).await
}

#[tokio::test]
async fn centagate_receives_what_the_caller_sent_and_nothing_else() {
    let gateway = awkward_admin().without_rate_limit().start().await;
    let_calls_succeed(&gateway.simulator);
    let bodies = accepted();
    assert!(bodies.len() >= 40, "{}", bodies.len());
    assert_eq!(
        bodies.iter().map(|(body, _)| body).collect::<BTreeSet<_>>().len(),
        bodies.len(),
        "each body is sent once"
    );
    for (number, (body, sent)) in bodies.into_iter().enumerate() {
        let reply = update(&gateway, &body).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{body}: {}", reply.text());
        assert_eq!(gateway.simulator.requests().len(), number + 1, "{body}");
        let request = expect_members(&gateway, &with(with(sent, "username", "bob"), "cenToken", CEN_TOKEN));
        let bytes = String::from_utf8(request.body).unwrap();
        for nothing in [":\"\"", ":null", ": "] {
            assert!(!bytes.contains(nothing), "{body}: {bytes}");
        }
    }
}

#[tokio::test]
async fn the_new_values_are_stored_and_the_others_stay() {
    let gateway = TestGateway::start().await;
    let before = gateway.simulator.user("bob").unwrap();
    assert_eq!(update(&gateway, r#"{"firstName":"Alicia","role":"groupAdmin"}"#).await.status, 204);
    let bob = gateway.simulator.user("bob").unwrap();
    assert_eq!((&*bob.first_name, &*bob.role), ("Alicia", "4"));
    assert_eq!((bob.last_name, bob.email), (before.last_name, before.email));
}

#[tokio::test]
async fn no_value_can_be_cleared() {
    let gateway = TestGateway::start().await;
    for (name, value, ..) in members() {
        for cleared in [Value::Null, json!("")] {
            for body in [json!({ name: cleared }), with(json!({ "zip": "1", "city": "x" }), name, cleared.clone())] {
                let reply = update(&gateway, &body.to_string()).await;
                assert_eq!((reply.status, reply.faults()), (422, vec![format!("/{name}")]), "{body}");
                let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
                assert_eq!(detail.contains("cannot be cleared"), cleared.is_null(), "{body}: {detail}");
            }
        }
        for wrong in [json!(1), json!(true), json!([]), json!([value]), json!({}), json!({ "value": value })] {
            let reply = update(&gateway, &json!({ name: wrong }).to_string()).await;
            assert_eq!(reply.faults(), [format!("/{name}")], "{name} {wrong}");
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_body_names_at_least_one_known_member_and_none_twice() {
    let gateway = TestGateway::start().await;
    assert_eq!(update(&gateway, "{}").await.faults(), [""]);
    for name in [
        "username",
        "uniqueId",
        "additionalData",
        "statusUser",
        "status",
        "userType",
        "userCountryId",
        "userTimeZoneId",
        "userGroupName",
        "roles",
        "availApps",
        "cenToken",
        "City",
        "",
    ] {
        let reply = update(&gateway, &json!({ name: "x", "city": "x" }).to_string()).await;
        assert_eq!(reply.faults(), [format!("/{name}")], "{name}");
    }
    for body in [
        r#"{"city":"a","city":"a"}"#,
        r#"{"city":"a","city":null}"#,
        r#"{"city":"a","zip":"1","\u0063ity":"b"}"#,
        "",
        "null",
        "[]",
        r#"[{"city":"a"}]"#,
        r#"{"city":"a"}{"city":"b"}"#,
        r#"{"city":"\ud83d"}"#,
    ] {
        assert_eq!((update(&gateway, body).await.status, body), (400, body));
    }
    let faults = update(&gateway, r#"{"email":"nowhere","role":"root","zip":"a\nb"}"#).await.faults();
    assert_eq!(faults, ["/email", "/role", "/zip"]);
    for role in ["Companyadmin", "3", " user", "admin"] {
        assert_eq!(update(&gateway, &json!({ "role": role }).to_string()).await.faults(), ["/role"], "{role}");
    }
    for longer in ["é".repeat(256), "a\u{7f}".to_owned(), "a\u{202e}".to_owned()] {
        assert_eq!(update(&gateway, &json!({ "address": longer }).to_string()).await.faults(), ["/address"]);
    }
    assert!(gateway.simulator.requests().is_empty());
}
