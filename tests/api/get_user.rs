//! `GET /users/{id}`: the ways in which a user can authenticate, in the gateway's words, whatever format CENTAGATE
//! uses.

use std::collections::BTreeSet;

use centagate_simulator::{Behaviour, Certificate, Device, Instruction, Operation, User};
use serde_json::{Value, json};

use crate::callers;
use crate::contract_document::schema;
use crate::environment::Environment;
use crate::gateway::{Setup, TestGateway, token, user};
use crate::raw;

/// The reply for a user without tokens, certificates and devices.
fn nothing_bound(username: &str) -> Value {
    json!({ "username": username, "tokens": [], "certificates": [], "device": null })
}

/// The caller's reply if CENTAGATE returns this `object`.
async fn reply_for(gateway: &TestGateway, object: Value) -> Value {
    gateway.simulator.instruct(Instruction::once(Operation::GetUser, Behaviour::Object(object)));
    let reply = gateway.get_user("bob").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn a_user_is_returned_with_its_tokens_certificates_and_device() {
    let gateway = TestGateway::start().await;
    let reply = gateway.get_user("bob").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    assert_eq!(reply.json(), nothing_bound("bob"));
    let certificate = Certificate {
        sn: "4F1C".into(),
        fingerprint: "ab12".into(),
        subject_dn: "CN=Alice".into(),
        issuer_dn: "CN=CA".into(),
        revoked: "false".into(),
        valid_from: "2026-01-31 00:00:00".into(),
        valid_to: "2028-01-31 00:00:00".into(),
    };
    let device = Device { name: "phone".into(), model: "P9".into(), os: "Android".into(), status: "1".into() };
    let alice = User { certificates: vec![certificate], device: Some(device), ..User::new("alice") };
    let id = gateway.simulator.add_user(alice);
    assert_eq!(gateway.register_otp_token("alice", &token()).await.status, 201);
    let expected = json!({
        "username": "alice",
        "tokens": [{ "serialNumber": format!("PIN{id}"), "type": "otp", "status": "active" }],
        "certificates": [{
            "serialNumber": "4F1C", "fingerprint": "ab12", "subject": "CN=Alice", "issuer": "CN=CA", "revoked": false,
            "validFrom": "2026-01-31 00:00:00", "validTo": "2028-01-31 00:00:00",
        }],
        "device": { "name": "phone", "model": "P9", "os": "Android", "status": "active" },
    });
    assert_eq!(gateway.get_user("alice").await.json(), expected);
    assert_eq!(gateway.simulator.executions(), 1, "reading changes nothing");
}

#[tokio::test]
async fn every_state_of_a_registered_token_and_every_number_of_centagate_gets_its_word() {
    let gateway = TestGateway::start().await;
    for (registered, shown) in [
        ("pending", "pending"),
        ("valid", "active"),
        ("temporarilyDeactivated", "activeLocked"),
        ("deactivated", "inactive"),
    ] {
        assert_eq!(gateway.register_otp_token("bob", &json!({ "status": registered })).await.status, 201);
        assert_eq!(gateway.get_user("bob").await.json()["tokens"][0]["status"], shown, "{registered}");
        gateway.simulator.unbind_token("bob");
    }
    let types = [("1", "sms"), ("2", "otp"), ("3", "fido"), ("0", "unknown"), ("4", "unknown"), ("OTP", "unknown")];
    let statuses = ["inactive", "active", "activeLocked", "pending", "pendingLocked", "unknown"];
    let devices = ["inactive", "active", "pending", "unknown", "unknown", "unknown"];
    for (number, (type_, type_word)) in types.into_iter().enumerate() {
        for status in [json!(number), json!(number.to_string())] {
            let token = json!({ "sn": 7, "type": type_, "status": status });
            let shown = reply_for(&gateway, json!({ "tokenList": [token], "device": { "status": status } })).await;
            let token = json!({ "serialNumber": "7", "type": type_word, "status": statuses[number] });
            assert_eq!(shown["tokens"], json!([token]), "a number becomes text");
            let device = json!({ "name": null, "model": null, "os": null, "status": devices[number] });
            assert_eq!(shown["device"], device, "every member is present");
        }
    }
}

#[tokio::test]
async fn replies_use_exactly_the_documented_words_and_members() {
    let gateway = TestGateway::start().await;
    let mut words: [BTreeSet<String>; 3] = Default::default();
    for number in 0..9 {
        let token = json!({ "type": number, "status": number });
        let device = json!({ "status": number });
        let list = json!({ "tokenList": [token], "certList": [{ "sn": 1 }], "device": device });
        let shown = reply_for(&gateway, list).await;
        for (words, place) in words.iter_mut().zip(["/tokens/0/type", "/tokens/0/status", "/device/status"]) {
            words.insert(shown.pointer(place).and_then(Value::as_str).expect(place).to_owned());
        }
        for (place, name) in [("/tokens/0", "BoundToken"), ("/certificates/0", "Certificate"), ("/device", "Device")] {
            let sent: BTreeSet<&String> =
                shown.pointer(place).and_then(Value::as_object).expect(place).keys().collect();
            let documented = schema(name);
            assert_eq!(sent, documented["properties"].as_object().unwrap().keys().collect(), "{name}");
            assert_eq!(
                sent.len(),
                documented["required"].as_array().unwrap().len(),
                "{name}: every member is always present"
            );
        }
    }
    for (sent, name) in words.into_iter().zip(["BoundTokenType", "BoundTokenStatus", "DeviceStatus"]) {
        let documented: BTreeSet<String> = serde_json::from_value(schema(name)["x-extensible-enum"].clone()).unwrap();
        assert_eq!(sent, documented, "{name}");
    }
}

#[tokio::test]
async fn a_success_with_any_object_gets_200() {
    let gateway = TestGateway::start().await;
    let list = json!({ "tokenList": [{ "sn": "1", "type": "3", "status": "4" }], "certList": null });
    let fido = json!([{ "serialNumber": "1", "type": "fido", "status": "pendingLocked" }]);
    for object in [list.clone(), json!(list.to_string()), json!([list])] {
        assert_eq!(reply_for(&gateway, object.clone()).await["tokens"], fido, "{object}");
    }
    for object in [
        json!(null),
        json!(""),
        json!("{broken"),
        json!(7),
        json!([]),
        json!({}),
        json!({ "tokenList": null, "certList": "", "device": "" }),
        json!({ "tokenList": [], "certList": [null], "device": {} }),
    ] {
        assert_eq!(reply_for(&gateway, object.clone()).await, nothing_bound("bob"), "{object}");
    }
    let nulls = json!({ "serialNumber": null, "type": null, "status": null });
    assert_eq!(reply_for(&gateway, json!({ "tokenList": ["x"] })).await["tokens"], json!([nulls]));
    let shown = reply_for(&gateway, json!({ "certList": [{ "sn": "1", "revoked": "perhaps" }] })).await;
    assert_eq!(shown["certificates"][0]["revoked"], Value::Null);

    gateway.simulator.instruct(Instruction::once(None, Behaviour::Envelope(json!({ "code": 0 }))));
    assert_eq!(gateway.get_user("bob").await.json(), nothing_bound("bob"), "no object at all");
}

#[tokio::test]
async fn the_location_of_a_created_user_leads_to_the_user_for_any_name() {
    for (public_url, base) in [("http://localhost", ""), ("https://example.com/a/b", "/a/b")] {
        let gateway = Setup::new().set("server.public_url", public_url).start().await;
        for (number, name) in
            ["alice", "a/b", "a%2Fb", "a b", "ü", "Ж😀", "...", "?#", "../x", "a+b;c=d"].into_iter().enumerate()
        {
            let mut new_user = user(&format!("user-{number}"));
            new_user["username"] = json!(name);
            let created = gateway.send(gateway.post(&format!("{base}/users"), &new_user)).await;
            assert_eq!(created.status, 201, "{}", created.text());
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: g\r\n{}\r\n",
                created.header("location").unwrap(),
                raw::usual_headers()
            );
            let found = raw::exchange(gateway.address, request.as_bytes()).await;
            assert_eq!((found.status, found.json()), (200, nothing_bound(name)), "{name}");
            let asked = gateway.simulator.requests().pop().unwrap();
            assert_eq!(asked.member("username"), Some(name));
            assert_eq!(
                (asked.method.as_str(), asked.path.as_str()),
                ("PUT", "/CentagateWS/webresources/user/auth/list/admin")
            );
            assert_eq!(asked.members.len(), 2, "only username and cenToken");
        }
    }
}

#[tokio::test]
async fn ids_are_decoded_once_and_strictly() {
    let gateway = TestGateway::start().await;
    let reply = async |segment: &str| {
        let request = format!("GET /users/{segment} HTTP/1.1\r\nHost: g\r\n{}\r\n", raw::usual_headers());
        raw::exchange(gateway.address, request.as_bytes()).await
    };
    for (segment, name) in
        [("%62ob", "bob"), ("bob?x=/y", "bob"), ("a%2fb", "a/b"), ("a%252Fb", "a%2Fb"), ("%C3%BC", "ü")]
    {
        gateway.simulator.add_user(User::new(name));
        let reply = reply(segment).await;
        assert_eq!((reply.status, &reply.json()["username"]), (200, &json!(name)), "{segment}");
    }
    let asked = gateway.simulator.requests().len();
    let too_long = "a".repeat(256);
    for segment in ["%", "%4", "%ZZ", "%FF", "%C3", ".", "..", "%2e", "%2E%2e", "%00", "a%0Ab", "%C2%85", &too_long] {
        let reply = reply(segment).await;
        assert_eq!((reply.status, reply.faults()), (422, vec!["parameter:id".to_owned()]), "{segment}");
    }
    assert_eq!(gateway.simulator.requests().len(), asked, "an invalid id causes no call");
}

#[tokio::test]
async fn a_body_of_a_get_request_is_ignored_and_does_not_affect_the_next_request() {
    let gateway = TestGateway::start().await;
    for body in ["{", "{\"username\":\"alice\"}", "not JSON at all"] {
        let request = gateway.get_as(callers::EVERYTHING, "/users/bob").header("content-type", "text/plain");
        assert_eq!(gateway.send(request.body(body)).await.json(), nothing_bound("bob"));
    }
    let headers = raw::usual_headers();
    let with_body = format!("GET /users/bob HTTP/1.1\r\nHost: g\r\n{headers}Content-Length: 5\r\n\r\nGET /");
    let next = format!("GET /users/nobody HTTP/1.1\r\nHost: g\r\n{headers}\r\n");
    let mut connection = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    for (request, status) in [(with_body, 200), (next, 404)] {
        tokio::io::AsyncWriteExt::write_all(&mut connection, request.as_bytes()).await.unwrap();
        assert_eq!(raw::read_reply(&mut connection).await.status, status);
    }
}

#[tokio::test]
async fn personal_data_in_the_reply_appears_in_no_log_line_audit_line_or_metric() {
    let (environment, simulator) = Environment::with_simulator().await;
    let device = Device { name: "pl4nted-device".into(), ..Device::default() };
    let certificate = Certificate { subject_dn: "CN=pl4nted-subject".into(), ..Certificate::default() };
    simulator.add_user(User { certificates: vec![certificate], device: Some(device), ..User::new("bob") });
    let mut gateway = environment.serve().await;
    let headers = format!("X-Request-Id: id\r\n{}", raw::usual_headers());
    let reply = raw::exchange(gateway.address, &raw::request("GET", "/users/bob", &headers, b"")).await;
    assert!(reply.text().contains("pl4nted-device") && reply.text().contains("pl4nted-subject"), "{}", reply.text());
    gateway.wait_for_request("id").await;
    let (_, metrics) = gateway.manage("/metrics").await;
    gateway.terminate();
    assert!(gateway.end().await.success());
    for text in [gateway.lines().join("\n"), gateway.audit_trail().text(), metrics] {
        assert!(!text.is_empty() && !text.contains("pl4nted"), "{text}");
    }
}
