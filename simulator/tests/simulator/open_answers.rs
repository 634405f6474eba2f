//! The answers to open questions: each value changes what the simulator does.

use std::time::SystemTime;

use centagate_simulator::{
    AvailApps, BoundToken, CONTROL_HELP, Certificate, EmptyText, GroupMember, OfflineKey, OpenAnswers, PasswordReset,
    Secret, Timestamp, TokenKind, Tokens, UsedEmail, User,
};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::send;

const KINDS: [(&str, TokenKind); 4] =
    [("1", TokenKind::Mobile), ("2", TokenKind::Sms), ("3", TokenKind::Challenge), ("4", TokenKind::Pki)];

async fn answering(answers: OpenAnswers) -> Bench {
    let bench = Bench::with_alice().await;
    bench.simulator.set_open_answers(answers);
    bench
}

async fn status(bench: &Bench, kind: &str) -> Value {
    bench.call("token/getStatus", json!({"username": "bob", "type": kind})).await.object()
}

async fn update(bench: &Bench, mut members: Value) -> (Value, User) {
    members["username"] = json!("alice");
    let code = bench.call("user/updatebyusername", members).await.code();
    (code, bench.simulator.user("alice").unwrap())
}

#[tokio::test]
async fn question_3_any_type_can_reach_the_token_of_the_one_time_pin() {
    for (reaching, otp_token_kind) in KINDS {
        let bench = answering(OpenAnswers { otp_token_kind, ..OpenAnswers::default() }).await;
        bench.simulator.add_user(User::new("bob"));
        assert!(bench.simulator.bind_token("bob"));
        for (kind, _) in KINDS {
            let expected = if kind == reaching { "2" } else { "" };
            assert_eq!(status(&bench, kind).await, expected, "{reaching} {kind}");
        }
    }
}

#[tokio::test]
async fn question_4_a_type_can_reach_a_hardware_token() {
    for (reaching, kind) in KINDS {
        let answers = OpenAnswers { hardware_token_kind: Some(kind), ..OpenAnswers::default() };
        let bench = answering(answers).await;
        let hardware = Some(BoundToken { sn: "HW1".into(), status: "1".into() });
        bench.simulator.add_user(User { tokens: Tokens { hardware, ..Tokens::default() }, ..User::new("bob") });
        assert_eq!(status(&bench, reaching).await, "2");
        let call = async |path: &str, status: &str| {
            let body = json!({"username": "bob", "type": reaching, "status": status});
            bench.call(path, body).await.code()
        };
        assert_eq!(call("token/update/token/status", "4").await, "0");
        assert_eq!(bench.simulator.user("bob").unwrap().tokens.hardware.unwrap().status, "0");
        assert_eq!(call("token/unregisterActiveToken", "").await, "0");
        assert_eq!(bench.simulator.user("bob").unwrap().tokens, Tokens::default());
        let body = json!({"username": "alice", "tokenType": "2", "tokenSn": "HW1"});
        assert_eq!(bench.call("token/registerActiveToken", body).await.code(), "0", "back in the stock");
    }
}

#[tokio::test]
async fn question_4_by_default_no_type_reaches_a_hardware_token() {
    let bench = answering(OpenAnswers::default()).await;
    let hardware = Some(BoundToken { sn: "HW1".into(), status: "1".into() });
    bench.simulator.add_user(User { tokens: Tokens { hardware, ..Tokens::default() }, ..User::new("bob") });
    for (kind, _) in KINDS {
        assert_eq!(status(&bench, kind).await, "", "{kind}");
    }
}

#[tokio::test]
async fn question_5_the_password_reset_can_be_missing_or_force_a_change() {
    for (password_reset, http_status, must_change) in [
        (PasswordReset::Supported, 200, Some(false)),
        (PasswordReset::MustChange, 200, Some(true)),
        (PasswordReset::Unsupported, 404, None),
    ] {
        let bench = answering(OpenAnswers { password_reset, ..OpenAnswers::default() }).await;
        let body = json!({"username": "alice", "newPassword": "correct horse"});
        assert_eq!(bench.call("password/resetbyusername", body).await.status, http_status);
        let alice = bench.simulator.user("alice").unwrap();
        assert_eq!(alice.password.map(|_| alice.must_change_password), must_change);
    }
}

#[tokio::test]
async fn question_6_an_empty_text_keeps_or_erases_the_value() {
    for (empty_text, name, email) in [(EmptyText::Keep, "Al", "al@example.com"), (EmptyText::Erase, "", "")] {
        let bench = answering(OpenAnswers { empty_text, ..OpenAnswers::default() }).await;
        assert_eq!(update(&bench, json!({"firstName": "Al", "email": "al@example.com"})).await.0, "0");
        let (code, alice) = update(&bench, json!({"firstName": "", "email": "", "city": "Ipoh", "zip": null})).await;
        assert_eq!((code, &*alice.first_name, &*alice.email, &*alice.city), (json!("0"), name, email, "Ipoh"));
    }
}

#[tokio::test]
async fn question_6_the_email_address_of_another_user_is_refused_or_accepted() {
    for (used_email, code, email) in
        [(UsedEmail::Refused, "22001", "alice@example.com"), (UsedEmail::Accepted, "0", "bob@example.com")]
    {
        let bench = answering(OpenAnswers { used_email, ..OpenAnswers::default() }).await;
        bench.simulator.add_user(User { email: "bob@example.com".into(), ..User::new("bob") });
        let (received, alice) = update(&bench, json!({"email": "bob@example.com"})).await;
        assert_eq!((received, &*alice.email), (json!(code), email));
    }
}

#[tokio::test]
async fn question_6_an_app_replaces_the_apps_or_is_added() {
    for (avail_apps, expected) in [(AvailApps::Replace, "second"), (AvailApps::Add, "first,second")] {
        let bench = answering(OpenAnswers { avail_apps, ..OpenAnswers::default() }).await;
        assert_eq!(update(&bench, json!({"availApps": "first"})).await.1.app, "first");
        assert_eq!(update(&bench, json!({"availApps": "second"})).await.1.app, expected);
    }
}

#[tokio::test]
async fn question_6_one_of_two_members_names_the_group() {
    for (group_member, read, ignored) in [
        (GroupMember::UserGroupName, "userGroupName", "userGroup"),
        (GroupMember::UserGroup, "userGroup", "userGroupName"),
    ] {
        let bench = answering(OpenAnswers { group_member, ..OpenAnswers::default() }).await;
        bench.simulator.add_group("Sales");
        let (code, alice) = update(&bench, json!({ignored: "Unknown"})).await;
        assert_eq!((code, &*alice.group), (json!("0"), "Staff"));
        assert_eq!(update(&bench, json!({read: "Unknown"})).await.0, "21001");
        assert_eq!(update(&bench, json!({read: "Sales"})).await.1.group, "Sales");
    }
}

#[tokio::test]
async fn question_8_the_offline_key_has_one_of_three_shapes() {
    for offline_key in [OfflineKey::JsonText, OfflineKey::Object, OfflineKey::PlainText] {
        let bench = answering(OpenAnswers { offline_key, ..OpenAnswers::default() }).await;
        let object = bench.call("token/register/otp/offline", json!({"username": "alice"})).await.object();
        let Secret(key) = bench.simulator.user("alice").unwrap().tokens.offline_key.unwrap();
        let expected = match offline_key {
            OfflineKey::JsonText => json!(json!({"key": key}).to_string()),
            OfflineKey::Object => json!({"key": key}),
            OfflineKey::PlainText => json!(key),
        };
        assert_eq!(object, expected);
    }
}

#[tokio::test]
async fn question_10_the_timestamp_has_one_of_two_units() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    for (timestamp, codes) in [(Timestamp::Milliseconds, ["0", "10002"]), (Timestamp::Seconds, ["10002", "0"])] {
        for (sent, code) in [now.as_millis().to_string(), now.as_secs().to_string()].into_iter().zip(codes) {
            let bench = answering(OpenAnswers { timestamp, ..OpenAnswers::default() }).await;
            let body = json!({"username": "alice", "signature": "MIIB", "timestamp": sent, "status": "2"});
            assert_eq!(bench.call("cert/register/pkcs7", body).await.code(), code);
            let certificates: Vec<Certificate> = bench.simulator.user("alice").unwrap().certificates;
            assert_eq!(certificates.is_empty(), code != "0");
        }
    }
}

#[tokio::test]
async fn the_control_interface_changes_the_answers_that_it_names() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    let post = async |body: &str| send(address, "POST", "/simulator/open-answers", &[], body.as_bytes()).await.status;
    let show = async || send(address, "GET", "/simulator/open-answers", &[], b"").await.json();
    assert_eq!(show().await, json!(OpenAnswers::default()));
    assert_eq!(post(r#"{"emptyText":"erase"}"#).await, 204);
    assert_eq!(post(r#"{"hardwareTokenKind":"challenge"}"#).await, 204);
    for wrong in [r#"{"emptyText":"lost"}"#, r#"{"emptyTexts":"keep"}"#, "[]", r#"{"timestamp":null}"#] {
        assert_eq!(post(wrong).await, 400, "{wrong}");
    }
    let expected = OpenAnswers {
        empty_text: EmptyText::Erase,
        hardware_token_kind: Some(TokenKind::Challenge),
        ..OpenAnswers::default()
    };
    assert_eq!(show().await, json!(expected));
}

#[tokio::test]
async fn the_help_names_every_answer_and_every_value() {
    let bench = Bench::start().await;
    let table = CONTROL_HELP.split_once("Open answers:").unwrap().1;
    let rows = table.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
    let mut named = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let name = cells[1].trim().trim_matches('`');
        let values = cells[3].split('`').skip(1).step_by(2).map(|value| match value {
            "null" => Value::Null,
            text => json!(text),
        });
        for (position, value) in values.enumerate() {
            let body = json!({name: value}).to_string();
            let path = "/simulator/open-answers";
            let answer = send(bench.simulator.address(), "POST", path, &[], body.as_bytes()).await;
            assert_eq!(answer.status, 204, "{body}: {}", answer.body);
            assert!(position > 0 || json!(OpenAnswers::default())[name] == value, "{body} is not the default");
        }
        named.push(name.to_owned());
    }
    named.sort();
    let mut known: Vec<_> = json!(OpenAnswers::default()).as_object().unwrap().keys().cloned().collect();
    known.sort();
    assert_eq!(named, known);
}
