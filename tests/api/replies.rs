//! Replies to callers after CENTAGATE returned code 0.

use centagate_simulator::{Behaviour, Instruction, User};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::gateway::{TestGateway, alice, token, user, with};
use crate::raw;

#[tokio::test]
async fn the_reply_to_a_registered_user_has_exactly_the_documented_members() {
    let gateway = TestGateway::start().await;
    let reply = gateway.create_user(&alice()).await;
    assert_eq!((reply.status, reply.header("content-type")), (201, Some("application/json")));
    assert_eq!(reply.header("location"), Some("/users/alice"));
    let id = gateway.simulator.user("alice").expect("Alice").id;
    let expected = json!({
        "username": "alice", "centagateId": id, "role": "user", "group": "Staff", "app": "portal", "uniqueId": "alice",
        "clientId": "alice",
    });
    assert_eq!(reply.json(), expected);
    assert!(reply.text().starts_with("{\"username\":"), "members come in the documented order: {}", reply.text());

    let full = with(with(with(user("bert"), "role", "groupAdmin"), "uniqueId", "U 1"), "clientId", " ");
    let reply = gateway.create_user(&with(full, "additionalData", json!(["x"]))).await;
    let id = gateway.simulator.user("bert").expect("Bert").id;
    let expected = json!({
        "username": "bert", "centagateId": id, "role": "groupAdmin", "group": "Staff", "app": "portal",
        "uniqueId": "U 1", "clientId": " ",
    });
    // The simulator accepts a blank client id. A real CENTAGATE may refuse it.
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn the_reply_to_a_registered_token_has_exactly_the_documented_members() {
    let gateway = TestGateway::start().await;
    let reply = gateway.register_otp_token("bob", &token()).await;
    assert_eq!((reply.status, reply.header("content-type")), (201, Some("application/json")));
    assert_eq!(reply.header("location"), None);
    let kept = gateway.simulator.user("bob").and_then(|user| user.tokens.mobile).expect("a token");
    let expected = json!({
        "username": "bob", "status": "valid", "validitySeconds": 600, "passcode": kept.passcode, "qr": kept.qr,
    });
    assert_eq!(reply.json(), expected);

    gateway.simulator.add_user(User::new("a/b ü"));
    let reply = gateway.register_otp_token("a/b ü", &json!({ "status": "temporarilyDeactivated" })).await;
    let kept = gateway.simulator.user("a/b ü").and_then(|user| user.tokens.mobile).expect("a token");
    let expected = json!({
        "username": "a/b ü", "status": "temporarilyDeactivated", "validitySeconds": null, "passcode": kept.passcode,
        "qr": kept.qr,
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn location_names_the_user_percent_encoded_and_leads_to_it() {
    let gateway = TestGateway::start().await;
    for (number, (name, segment)) in [
        ("a/b", "a%2Fb"),
        ("100%", "100%25"),
        ("a+b", "a%2Bb"),
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ("😀", "%F0%9F%98%80"),
        ("a?b#c", "a%3Fb%23c"),
        ("a:b@c", "a%3Ab%40c"),
        ("-._~", "-._~"),
        ("...", "..."),
        ("\"\\", "%22%5C"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = with(user(&format!("user-{number}")), "username", name);
        let reply = gateway.create_user(&user).await;
        assert_eq!((reply.status, reply.header("location")), (201, Some(&*format!("/users/{segment}"))), "{name}");
        assert_eq!(reply.json()["username"], name);
        let path = format!("{}/otp-token", reply.header("location").unwrap());
        let registered = gateway.post_raw(&path, &raw::usual_headers(), token().to_string().as_bytes()).await;
        assert_eq!(registered.json()["username"], name, "{}", registered.text());
    }
}

#[tokio::test]
async fn a_created_user_gets_201_whatever_the_object_contains() {
    let gateway = TestGateway::start().await;
    for (number, (object, id)) in [
        (json!(null), json!(null)),
        (json!(""), json!(null)),
        (json!("u-1"), json!("u-1")),
        (json!("007"), json!("007")),
        (json!(10045), json!("10045")),
        (json!(true), json!(null)),
        (json!({}), json!(null)),
        (json!([]), json!(null)),
        (json!([{}, {}]), json!(null)),
        (json!({ "other": 1 }), json!(null)),
    ]
    .into_iter()
    .enumerate()
    {
        let what = object.to_string();
        gateway.simulator.instruct(Instruction::once(None, Behaviour::Object(object)));
        let reply = gateway.create_user(&user(&format!("user-{number}"))).await;
        assert_eq!((reply.status, &reply.json()["centagateId"]), (201, &id), "{what}");
        assert_eq!(reply.json().as_object().unwrap().len(), 7, "all members are present");
    }
    for (number, envelope) in
        [json!({ "code": "0" }), json!({ "code": 0, "more": { "a": [1] } }), json!({ "code": 0.0, "message": 5 })]
            .into_iter()
            .enumerate()
    {
        gateway.simulator.instruct(Instruction::once(None, Behaviour::Envelope(envelope.clone())));
        let reply = gateway.create_user(&user(&format!("envelope-{number}"))).await;
        assert_eq!((reply.status, &reply.json()["centagateId"]), (201, &Value::Null), "{envelope}");
    }
}

#[tokio::test]
async fn a_registered_token_gets_201_whatever_the_object_contains() {
    let gateway = TestGateway::start().await;
    let both = json!({ "qr": "QR", "passcode": "012345" });
    let null = Value::Null;
    for (number, (object, passcode, qr)) in [
        (json!(both.to_string()), json!("012345"), json!("QR")),
        (both.clone(), json!("012345"), json!("QR")),
        (json!({ "qr": null, "passcode": 12345 }), json!("12345"), null.clone()),
        (json!("{\"passcode\":987654321}"), json!("987654321"), null.clone()),
        (json!({ "passcode": "", "qr": "" }), null.clone(), null.clone()),
        (json!({ "passcode": ["1"], "qr": { "a": 1 } }), null.clone(), null.clone()),
        (json!({ "passcode": true, "qr": "QR" }), null.clone(), json!("QR")),
        (json!(null), null.clone(), null.clone()),
        (json!(""), null.clone(), null.clone()),
        (json!("text"), null.clone(), null.clone()),
        (json!("{broken"), null.clone(), null.clone()),
        (json!([]), null.clone(), null.clone()),
        (json!(7), null.clone(), null.clone()),
        (json!({ "Passcode": "1" }), null.clone(), null.clone()),
    ]
    .into_iter()
    .enumerate()
    {
        let what = object.to_string();
        let name = format!("user-{number}");
        gateway.simulator.add_user(User::new(&name));
        gateway.simulator.instruct(Instruction::once(None, Behaviour::Object(object)));
        let reply = gateway.register_otp_token(&name, &token()).await;
        let expected = json!({
            "username": name, "status": "valid", "validitySeconds": 600, "passcode": passcode, "qr": qr,
        });
        assert_eq!((reply.status, reply.json()), (201, expected), "{what}");
    }
}

#[tokio::test]
async fn a_connection_serves_requests_until_a_reply_announces_its_end() {
    let gateway = TestGateway::start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let headers = raw::usual_headers();
    for (path, body, status) in [
        ("/users", alice().to_string(), 201),
        ("/users", "{".into(), 400),
        ("/users", "{}".into(), 422),
        ("/users", alice().to_string(), 409),
        ("/users/bob/otp-token", token().to_string(), 201),
        ("/nowhere", String::new(), 404),
    ] {
        connection.write_all(&raw::post(path, &headers, body.as_bytes())).await.unwrap();
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!((reply.status, reply.header("connection")), (status, None), "{path} {body}");
    }
    // The gateway does not read this body, so it could not find the next request on the connection.
    connection.write_all(&raw::post("/nowhere", &headers, b"{}")).await.unwrap();
    assert_eq!(raw::read_reply(&mut connection).await.header("connection"), Some("close"));
    assert!(raw::is_closed(&mut connection).await);
}
