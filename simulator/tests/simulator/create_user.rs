//! `createUser`: every return code that follows from the state or the input.

use serde_json::json;

use crate::bench::Bench;

#[tokio::test]
async fn a_registration_returns_only_the_id_of_the_new_user() {
    let bench = Bench::start().await;
    let mut body = bench.registration("bob");
    body["userAdditionalData2"] = json!("blue");
    let answer = bench.create_user(&body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let user = bench.simulator.user("bob").unwrap();
    assert_eq!(answer.body, format!(r#"{{"code":"0","message":"Success","object":"{}"}}"#, user.id));
    assert!(user.active);
    assert_eq!(user.email, "bob@example.com");
    assert_eq!(user.additional_data[1].as_deref(), Some("blue"));
    let second = bench.create_user(&bench.registration("eve")).await;
    assert_ne!(second.object(), json!(user.id));
    assert_eq!(bench.simulator.executions(), 2);
}

#[tokio::test]
async fn a_failure_returns_an_empty_object_and_changes_nothing() {
    let bench = Bench::start().await;
    let mut body = bench.registration("bob");
    body["userGroup"] = json!("Nobody");
    let answer = bench.create_user(&body).await;
    assert_eq!(answer.body, r#"{"code":"21001","message":"Group not found","object":""}"#);
    assert!(bench.simulator.user("bob").is_none());
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn each_refusal_follows_from_the_state() {
    let bench = Bench::with_alice().await;
    let simulator = &bench.simulator;
    assert_eq!(bench.code_with(json!({"username": "alice"})).await, "22025");
    assert_eq!(bench.code_with(json!({"username": "admin"})).await, "22025");
    assert_eq!(bench.code_with(json!({"userEmail": "ALICE@example.com"})).await, "22001");
    assert_eq!(bench.code_with(json!({"userGroup": "Sales"})).await, "21001");
    simulator.set_user_limit(Some(1));
    assert_eq!(bench.code_with(json!({})).await, "22013");
    simulator.set_user_limit(None);
    simulator.set_company_exists(false);
    assert_eq!(bench.code_with(json!({})).await, "20002");
    simulator.set_company_exists(true);
    simulator.set_licence_valid(false);
    assert_eq!(bench.code_with(json!({})).await, "27001");
    simulator.set_licence_valid(true);
    simulator.add_group("Sales");
    assert_eq!(bench.code_with(json!({"userGroup": "Sales"})).await, "0");
}

#[tokio::test]
async fn the_licence_limit_does_not_count_the_admin() {
    let bench = Bench::start().await;
    bench.simulator.set_user_limit(Some(1));
    assert_eq!(bench.code_with(json!({})).await, "0");
    let more = json!({"username": "eve", "userEmail": "eve@example.com"});
    assert_eq!(bench.code_with(more).await, "22013");
}

#[tokio::test]
async fn invalid_input_is_refused() {
    let bench = Bench::start().await;
    for required in [
        "firstName",
        "lastName",
        "username",
        "userApp",
        "userUniqueId",
        "userClientId",
        "roles",
        "userGroup",
        "userEmail",
        "cenToken",
    ] {
        for wrong in [json!(null), json!(""), json!([]), json!({})] {
            let code = bench.code_with(json!({required: wrong})).await;
            assert_eq!(code, "10002", "{required} {wrong}");
        }
    }
    for blank in ["firstName", "username", "roles", "userGroup", "userEmail"] {
        assert_eq!(bench.code_with(json!({blank: " "})).await, "10002", "{blank}");
    }
    for role in ["0", "1", "5", "03", "user", " 3"] {
        assert_eq!(bench.code_with(json!({"roles": role})).await, "10002", "{role}");
    }
    for email in ["alice", "@", "a@", "@b"] {
        assert_eq!(bench.code_with(json!({"userEmail": email})).await, "10002", "{email}");
    }
    let list = json!({"userAdditionalData3": []});
    assert_eq!(bench.code_with(list).await, "10002");
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn all_three_roles_and_a_blank_client_id_are_accepted() {
    let bench = Bench::start().await;
    for role in ["2", "3", "4"] {
        let changes = json!({
            "username": format!("user{role}"), "userEmail": format!("{role}@example.com"), "roles": role,
            "userClientId": " ", "userUniqueId": " ", "userAdditionalData1": "",
        });
        assert_eq!(bench.code_with(changes).await, "0", "{role}");
        let user = bench.simulator.user(&format!("user{role}")).unwrap();
        assert_eq!(user.client_id, " ");
        assert_eq!(user.additional_data[0], None);
    }
}

#[tokio::test]
async fn exactly_one_of_many_concurrent_registrations_of_a_name_succeeds() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    let body = bench.registration("bob").to_string();
    let calls = (0..40).map(|_| {
        let body = body.clone();
        tokio::spawn(async move {
            let path = crate::bench::CREATE_USER;
            let answer = crate::client::send(address, "PUT", path, &[], body.as_bytes()).await;
            answer.code()
        })
    });
    let mut won = 0;
    for call in calls.collect::<Vec<_>>() {
        let code = call.await.unwrap();
        assert!(code == "0" || code == "22025", "{code}");
        won += usize::from(code == "0");
    }
    assert_eq!(won, 1);
    assert_eq!(bench.simulator.executions(), 1);
}
