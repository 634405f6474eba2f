//! What CENTAGATE receives for a caller's request, and what it never receives.

use std::collections::BTreeMap;

use centagate_simulator::{Request, User};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::gateway::{Setup, TestGateway, alice, token, user, with};
use crate::raw;

const ADMIN: (&str, &str, &str) = ("ad min/ö@x", "QUJD+/==", "k3y");
/// The admin's name as the last segment of each upstream path.
pub(crate) const ADMIN_SEGMENT: &str = "ad%20min%2F%C3%B6%40x";

/// `printf %s 'ad min/ö@xQUJD+/==' | openssl dgst -sha256 -hmac k3y`
pub(crate) const CEN_TOKEN: &str = "bb9f31914e92dad6ac8d482f1ece9a34c6048a739708bd0c5caa9651066edd78";

/// A setup whose admin has a name that must be percent-encoded.
pub(crate) fn awkward_admin() -> Setup {
    Setup::new().admin(ADMIN.0, ADMIN.1, ADMIN.2)
}

async fn gateway_with_awkward_admin() -> TestGateway {
    awkward_admin().start().await
}

/// The newest request that CENTAGATE received. Its body must contain exactly these members, in any order.
#[track_caller]
pub(crate) fn expect_members(gateway: &TestGateway, expected: &Value) -> Request {
    let request = gateway.simulator.requests().pop().expect("a request");
    assert_eq!(Value::Object(request.members.clone()), *expected);
    assert!(request.members.values().all(Value::is_string));
    // A repeated member, or any text between the members, would make the body longer.
    let body = String::from_utf8_lossy(&request.body);
    assert_eq!(request.body.len(), expected.to_string().len(), "{body}");
    request
}

/// The members that CENTAGATE receives for `user`, apart from optional ones.
fn upstream(user: &Value) -> Value {
    json!({
        "firstName": user["firstName"], "lastName": user["lastName"], "username": user["username"],
        "userApp": user["app"], "userUniqueId": user["username"], "userClientId": user["username"], "roles": "3",
        "userGroup": user["group"], "userEmail": user["email"], "cenToken": CEN_TOKEN,
    })
}

#[tokio::test]
async fn a_user_becomes_exactly_the_documented_request() {
    let gateway = gateway_with_awkward_admin().await;
    let reply = gateway.create_user(&alice()).await;
    assert_eq!(reply.status, 201, "the simulator accepts the signature: {}", reply.text());
    let request = expect_members(&gateway, &upstream(&alice()));
    assert_eq!(request.method, "PUT");
    assert_eq!(request.path, "/CentagateWS/webresources/user/registerUserActivate/ad%20min%2F%C3%B6%40x");
    assert_eq!(request.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_token_becomes_exactly_the_documented_request() {
    let gateway = gateway_with_awkward_admin().await;
    for (status, wire) in [("pending", "1"), ("valid", "2"), ("temporarilyDeactivated", "3"), ("deactivated", "4")] {
        for (seconds, validity) in [(1, "1"), (300, "300"), (86_400, "86400")] {
            let name = format!("{status}-{seconds}");
            gateway.simulator.add_user(User::new(&name));
            let body = json!({ "status": status, "validitySeconds": seconds });
            assert_eq!(gateway.register_otp_token(&name, &body).await.status, 201);
            let members = json!({ "username": name, "status": wire, "validity": validity, "cenToken": CEN_TOKEN });
            let request = expect_members(&gateway, &members);
            assert_eq!(request.path, "/CentagateWS/webresources/device/register/onetimepin/ad%20min%2F%C3%B6%40x");
        }
    }
}

#[tokio::test]
async fn roles_and_additional_data_have_their_documented_spelling() {
    let gateway = gateway_with_awkward_admin().await;
    for (number, (role, roles)) in [("user", "3"), ("companyAdmin", "2"), ("groupAdmin", "4")].into_iter().enumerate() {
        let user = user(&format!("role-{number}"));
        assert_eq!(gateway.create_user(&with(user.clone(), "role", role)).await.status, 201);
        expect_members(&gateway, &with(upstream(&user), "roles", roles));
    }
    for count in 0..=5 {
        let items: Vec<String> = (1..=count).map(|number| format!("data {number}")).collect();
        let user = user(&format!("data-{count}"));
        assert_eq!(gateway.create_user(&with(user.clone(), "additionalData", json!(items))).await.status, 201);
        let members = items.into_iter().zip(1..).fold(upstream(&user), |members, (item, number)| {
            with(members, &format!("userAdditionalData{number}"), item)
        });
        expect_members(&gateway, &members);
    }
}

#[tokio::test]
async fn awkward_values_arrive_as_they_were_sent() {
    let gateway = gateway_with_awkward_admin().await;
    let longest = "😀".repeat(255);
    for (number, text) in [
        " ",
        "  a  ",
        "\u{a0}",
        "a/b",
        "100%",
        "%2F",
        "a+b",
        "ü",
        "e\u{301}",
        "é",
        "😀👩‍👩‍👧",
        "\u{200e}a\u{200f}",
        "\u{61c}",
        "\"quoted\"",
        "back\\slash",
        "'; DROP TABLE users; --",
        "<script>",
        "${jndi:ldap://x}",
        "null",
        "0",
        "...",
        "\u{feff}a",
        "\u{fffd}",
        "\u{10ffff}",
        "\u{2028}",
        &longest,
    ]
    .into_iter()
    .enumerate()
    {
        let user = ["firstName", "lastName", "app", "uniqueId", "clientId"]
            .into_iter()
            .fold(user(&format!("awkward-{number}")), |user, member| with(user, member, text));
        let user = with(user, "additionalData", json!([text]));
        gateway.create_user(&user).await;
        let members = ["userUniqueId", "userClientId", "userAdditionalData1"]
            .into_iter()
            .fold(upstream(&user), |members, member| with(members, member, text));
        expect_members(&gateway, &members);
        let named = with(alice(), "username", text);
        gateway.create_user(&named).await;
        expect_members(&gateway, &upstream(&named));
        gateway.register_otp_token(text, &token()).await;
        let members = json!({ "username": text, "status": "2", "validity": "600", "cenToken": CEN_TOKEN });
        expect_members(&gateway, &members);
    }
}

#[tokio::test]
async fn an_id_is_decoded_once_and_never_part_of_the_path() {
    let gateway = gateway_with_awkward_admin().await;
    for (segment, name) in [
        ("bob", "bob"),
        ("%62ob", "bob"),
        ("a%2Fb", "a/b"),
        ("a%2fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("%C3%BC", "ü"),
        ("a;b=c", "a;b=c"),
        ("a:b@c", "a:b@c"),
        ("...", "..."),
        ("%3F%23", "?#"),
        ("%2e%2e%2fadmin", "../admin"),
        ("a%5Cb", "a\\b"),
        ("%E2%80%AE", "\u{202e}"),
    ] {
        let path = format!("/users/{segment}/otp-token");
        gateway.post_raw(&path, &raw::usual_headers(), token().to_string().as_bytes()).await;
        let members = json!({ "username": name, "status": "2", "validity": "600", "cenToken": CEN_TOKEN });
        let request = expect_members(&gateway, &members);
        assert_eq!(request.path, "/CentagateWS/webresources/device/register/onetimepin/ad%20min%2F%C3%B6%40x");
    }
}

#[tokio::test]
async fn configured_defaults_replace_only_an_absent_group_or_app() {
    let gateway = awkward_admin().set("users.default_group", "Staff").set("users.default_app", "desk").start().await;
    let mut user = alice();
    user.as_object_mut().unwrap().remove("group");
    let user = with(user, "app", Value::Null);
    let reply = gateway.create_user(&user).await;
    assert_eq!((&reply.json()["group"], &reply.json()["app"]), (&json!("Staff"), &json!("desk")));
    expect_members(&gateway, &upstream(&with(with(alice(), "app", "desk"), "group", "Staff")));

    gateway.create_user(&with(alice(), "group", "Other")).await.problem("group_not_found");
    expect_members(&gateway, &upstream(&with(alice(), "group", "Other")));
    let empty = gateway.create_user(&with(with(alice(), "group", ""), "app", 1)).await;
    assert_eq!(empty.faults(), ["/app", "/group"]);
}

#[tokio::test]
async fn no_header_of_the_caller_reaches_centagate() {
    let gateway = gateway_with_awkward_admin().await;
    let mut request = gateway.post("/users", &alice());
    for (name, value) in [
        ("x-request-id", "planted"),
        ("cookie", "planted=1"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "planted=1"),
        ("x-forwarded-for", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7"),
        ("accept-language", "de"),
        ("user-agent", "planted"),
        ("referer", "https://planted.example/"),
        ("idempotency-key", "planted"),
        ("expect", "planted"),
    ] {
        request = request.header(name, value);
    }
    gateway.send(request).await;
    let request = gateway.simulator.requests().pop().expect("a request");
    let headers: BTreeMap<_, _> = request.headers.iter().cloned().collect();
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    assert_eq!(names, ["accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"]);
    assert_eq!(headers["accept-encoding"], "identity");
    assert!(headers["user-agent"].starts_with("centagate-gateway/"));
    assert_eq!(headers["host"], gateway.simulator.address().to_string());
}

#[test]
fn the_known_cen_token_matches_the_documented_formula() {
    let mut mac = Hmac::<Sha256>::new_from_slice(ADMIN.2.as_bytes()).unwrap();
    mac.update(format!("{}{}", ADMIN.0, ADMIN.1).as_bytes());
    assert_eq!(hex::encode(mac.finalize().into_bytes()), CEN_TOKEN);
}
