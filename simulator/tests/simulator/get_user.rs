//! `getUser`: the list of tokens, certificates and devices of a user.

use centagate_simulator::{BoundToken, Certificate, Device, Operation, Tokens, User};
use serde_json::{Value, json};

use crate::bench::{Bench, GET_USER};
use crate::client::{Answer, send};

fn object(answer: &Answer) -> Value {
    assert_eq!(answer.code(), "0");
    serde_json::from_str(answer.object().as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_object_is_json_text_in_a_string_and_reading_changes_nothing() {
    let bench = Bench::with_alice().await;
    let answer = bench.get_user(&bench.user_query("alice")).await;
    assert_eq!(object(&answer), json!({"tokenList": [], "certList": [], "device": null}));
    assert_eq!(bench.simulator.executions(), 0);
    let request = bench.simulator.requests().pop().unwrap();
    assert_eq!((request.operation, request.executed), (Some(Operation::GetUser), false));
}

#[tokio::test]
async fn a_mobile_token_is_listed_with_type_2_and_its_translated_status() {
    let bench = Bench::with_alice().await;
    for (registered, listed) in [("1", "3"), ("2", "1"), ("3", "2"), ("4", "0")] {
        assert_eq!(bench.token_code_with(json!({"status": registered})).await, "0");
        let list = object(&bench.get_user(&bench.user_query("alice")).await);
        let sn = format!("PIN{}", bench.simulator.user("alice").unwrap().id);
        assert_eq!(list["tokenList"], json!([{"sn": sn, "type": "2", "status": listed}]));
        assert!(bench.simulator.unbind_token("alice"));
    }
}

#[tokio::test]
async fn sms_and_hardware_tokens_are_listed_with_their_serial_number_type_and_status() {
    let bench = Bench::start().await;
    let token = |sn: &str, status: &str| Some(BoundToken { sn: sn.to_owned(), status: status.to_owned() });
    let tokens = Tokens { sms: token("+60123456789", "1"), hardware: token("HW1", "2"), ..Tokens::default() };
    bench.simulator.add_user(User { tokens, ..User::new("alice") });
    let list = object(&bench.get_user(&bench.user_query("alice")).await);
    let sms = json!({"sn": "+60123456789", "type": "1", "status": "1"});
    let hardware = json!({"sn": "HW1", "type": "2", "status": "2"});
    assert_eq!(list["tokenList"], json!([sms, hardware]));
}

#[tokio::test]
async fn certificates_and_the_device_are_listed_as_they_were_added() {
    let bench = Bench::start().await;
    let certificate =
        Certificate { sn: "7".into(), subject_dn: "CN=a".into(), revoked: "1".into(), ..Certificate::default() };
    let device = Device { name: "phone".into(), status: "2".into(), ..Device::default() };
    let user = User { certificates: vec![certificate], device: Some(device), ..User::new("alice") };
    bench.simulator.add_user(user);
    let list = object(&bench.get_user(&bench.user_query("alice")).await);
    let certificate = json!({
        "sn": "7", "fingerprint": "", "subjectDn": "CN=a", "issuerDn": "", "revoked": "1", "validFrom": "", "validTo": "",
    });
    assert_eq!(list["certList"], json!([certificate]));
    assert_eq!(list["device"], json!({"name": "phone", "model": "", "os": "", "status": "2"}));

    let from_outside = json!({"username": "bob", "certificates": [{"sn": "8"}], "device": {"name": "tablet"}});
    let body = from_outside.to_string();
    let headers = ["Content-Type: application/json"];
    let put = send(bench.simulator.address(), "POST", "/simulator/users", &headers, body.as_bytes()).await;
    assert_eq!(put.status, 200, "{}", put.body);
    let list = object(&bench.get_user(&bench.user_query("bob")).await);
    assert_eq!((&list["certList"][0]["sn"], &list["device"]["name"]), (&json!("8"), &json!("tablet")));
}

#[tokio::test]
async fn each_kind_of_invalid_request_gets_its_refusal() {
    let bench = Bench::with_alice().await;
    let code = async |body: Value| bench.get_user(&body).await.code();
    assert_eq!(code(bench.user_query("nobody")).await, "22002");
    for required in ["username", "cenToken"] {
        for wrong in [json!(null), json!(""), json!(" "), json!([])] {
            let mut body = bench.user_query("alice");
            body[required] = wrong.clone();
            assert_eq!(code(body).await, "10002", "{required} {wrong}");
        }
    }
    let body = bench.user_query("alice");
    for method in ["GET", "POST"] {
        let answer = send(bench.simulator.address(), method, GET_USER, &[], body.to_string().as_bytes()).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("PUT")), "{method}");
    }
    bench.simulator.expire_session();
    assert_eq!(code(body).await, "10001");
}
