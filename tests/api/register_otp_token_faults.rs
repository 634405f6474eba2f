//! Tokens and ids that break a rule. The reply lists all faults, and CENTAGATE receives nothing.

use serde_json::{Value, json};

use crate::gateway::{TestGateway, token};
use crate::raw;

const ID: &str = "parameter:id";

#[tokio::test]
async fn every_token_that_breaks_a_rule_is_refused_with_a_pointer_to_each_fault() {
    let gateway = TestGateway::start().await;
    for (body, faults) in [
        (json!({}), vec!["/status"]),
        (json!({"validitySeconds": 300}), vec!["/status"]),
        (json!({"status": null}), vec!["/status"]),
        (json!({"status": ""}), vec!["/status"]),
        (json!({"status": "active"}), vec!["/status"]),
        (json!({"status": "Valid"}), vec!["/status"]),
        (json!({"status": "valid "}), vec!["/status"]),
        (json!({"status": "suspended"}), vec!["/status"]),
        (json!({"status": "2"}), vec!["/status"]),
        (json!({"status": 2}), vec!["/status"]),
        (json!({"status": true}), vec!["/status"]),
        (json!({"status": ["valid"]}), vec!["/status"]),
        (json!({"status": {"valid": true}}), vec!["/status"]),
        (json!({"status": "valid", "validitySeconds": 0}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": -1}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 86_401}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": u64::MAX}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 4_294_967_297_u64}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 300.5}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 86_400.5}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 1e6}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": 1e300}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": "300"}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": true}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": [300]}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validitySeconds": {}}), vec!["/validitySeconds"]),
        (json!({"status": "valid", "validity": 300}), vec!["/validity"]),
        (json!({"status": "valid", "username": "bob"}), vec!["/username"]),
        (json!({"status": "valid", "id": "bob"}), vec!["/id"]),
        (json!({"status": "valid", "Status": "valid"}), vec!["/Status"]),
        (json!({"status": "valid", "a/b~c": 1}), vec!["/a~1b~0c"]),
        (json!({"validitySeconds": 0, "x": null}), vec!["/status", "/validitySeconds", "/x"]),
    ] {
        let reply = gateway.register_otp_token("bob", &body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text());
        assert_eq!(reply.faults(), faults, "{body}: {}", reply.text());
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn an_integer_may_have_any_notation_and_must_be_in_range() {
    let gateway = TestGateway::start().await;
    let post = async |seconds: &str| {
        let body = format!("{{\"status\":\"valid\",\"validitySeconds\":{seconds}}}");
        gateway.post_raw("/users/bob/otp-token", &raw::usual_headers(), body.as_bytes()).await
    };
    for seconds in ["-0", "-0.0", "0e5", "3e-1", "3e9", "1e300", "99999999999999999999", "-99999999999999999999"] {
        assert_eq!(post(seconds).await.faults(), ["/validitySeconds"], "{seconds}");
    }
    for seconds in ["1e400", "-1e400", "1e99999999999999999999"] {
        assert_eq!(post(seconds).await.faults(), [""], "{seconds}: valid JSON, but out of range for a double");
    }
    for text in ["1e400]", "1e", "300.", "+300", "0x12c", "03e2", "Infinity", "1e400,"] {
        post(text).await.problem("malformed_request");
    }
    assert!(gateway.simulator.requests().is_empty());
    for (number, seconds) in ["300", "300.0", "3e2", "3E+2", "30000e-2", "0.3e3"].into_iter().enumerate() {
        let reply = post(seconds).await;
        // Bob gets one token, so later ones are refused.
        assert_eq!(reply.status, if number == 0 { 201 } else { 409 }, "{seconds}: {}", reply.text());
    }
    let sent = gateway.simulator.requests();
    assert!(sent.len() == 6 && sent.iter().all(|request| request.members["validity"] == "300"), "{sent:?}");
}

#[tokio::test]
async fn every_id_that_breaks_a_rule_is_refused_as_a_fault_in_the_path() {
    let gateway = TestGateway::start().await;
    let (long, long_escaped, long_wide) = ("a".repeat(256), "%61".repeat(256), "%F0%9F%98%80".repeat(256));
    let valid: Value = token();
    for segment in [
        "",
        "%",
        "%4",
        "%zz",
        "%4g",
        "a%",
        "a%2",
        "%%41",
        "%u0041",
        "%C3",
        "%FF",
        "%C3%28",
        "%ED%A0%80",
        "%C0%AF",
        "%F5%80%80%80",
        "%E2%82",
        ".",
        "..",
        "%2e",
        "%2E%2E",
        ".%2e",
        "%00",
        "%0a",
        "%0D%0A",
        "%1B",
        "%7F",
        "%C2%80",
        "%C2%85",
        "%C2%9F",
        "bob%00",
        &long,
        &long_escaped,
        &long_wide,
    ] {
        let path = format!("/users/{segment}/otp-token");
        let reply = gateway.post_raw(&path, &raw::usual_headers(), valid.to_string().as_bytes()).await;
        assert_eq!(reply.status, 422, "{segment:.20}: {}", reply.text());
        assert_eq!(reply.faults(), [ID], "{segment:.20}");
        let both = gateway.post_raw(&path, &raw::usual_headers(), b"{\"x\":1}").await;
        assert_eq!(both.faults(), ["/status", "/x", ID], "{segment:.20}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_fault_in_the_path_has_no_pointer() {
    let gateway = TestGateway::start().await;
    let reply = gateway.post_raw("/users/%ff/otp-token", &raw::usual_headers(), token().to_string().as_bytes()).await;
    let errors = reply.problem("invalid_request")["errors"].clone();
    let detail = errors[0]["detail"].clone();
    assert_eq!(errors, json!([{ "parameter": "id", "detail": detail }]));
}
