//! The approval workflow.

use centagate_simulator::{Change, FurtherChange, OpenAnswers, User, WaitingChange};
use serde_json::{Value, json};

use crate::bench::Bench;

/// A simulator that requires approvals, with the user `alice`.
async fn with_approvals(answers: OpenAnswers) -> Bench {
    let bench = Bench::with_alice().await;
    bench.simulator.set_approval_required(true);
    bench.simulator.set_open_answers(answers);
    bench
}

async fn update(bench: &Bench, city: &str) -> Value {
    bench.call("user/updatebyusername", json!({"username": "alice", "city": city})).await.code()
}

async fn deactivate(bench: &Bench) -> Value {
    bench.call("user/status/update", json!({"username": "alice", "status": "0"})).await.code()
}

async fn delete(bench: &Bench) -> Value {
    bench.call("user/unbindAndDelete", json!({"username": "alice"})).await.code()
}

/// Alice's city and whether she is active, after the approved changes.
fn alice(bench: &Bench) -> Option<(String, bool)> {
    bench.simulator.user("alice").map(|user| (user.city, user.active))
}

#[tokio::test]
async fn each_change_is_applied_only_after_its_approval() {
    for (waiting_change, code) in [(WaitingChange::Success, "0"), (WaitingChange::PendingApproval, "22029")] {
        let bench = with_approvals(OpenAnswers { waiting_change, ..OpenAnswers::default() }).await;
        assert_eq!(update(&bench, "Ipoh").await, code);
        assert_eq!(deactivate(&bench).await, code);
        assert_eq!(alice(&bench), Some((String::new(), true)));
        let waiting = bench.simulator.waiting_changes("alice");
        assert_eq!(waiting, [Change::Update([("city", "Ipoh".to_owned())].into()), Change::SetActive(false)]);
        assert!(bench.simulator.approve("alice"));
        assert_eq!(alice(&bench), Some(("Ipoh".to_owned(), false)));
        assert_eq!(delete(&bench).await, code);
        assert_eq!(bench.get_user(&bench.user_query("alice")).await.code(), "0", "the user still exists");
        assert!(bench.simulator.approve("alice"));
        assert_eq!(alice(&bench), None);
        assert!(!bench.simulator.approve("alice"), "no change waits");
        assert_eq!(bench.simulator.executions(), 0);
    }
}

#[tokio::test]
async fn an_unapproved_user_does_not_exist_but_its_username_is_taken() {
    let bench = with_approvals(OpenAnswers::default()).await;
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!(answer.code(), "0");
    assert_eq!(bench.get_user(&bench.user_query("bob")).await.code(), "22002");
    assert_eq!(bench.create_user(&bench.registration("bob")).await.code(), "22025");
    let mut same_email = bench.registration("eve");
    same_email["userEmail"] = json!("bob@example.com");
    assert_eq!(bench.create_user(&same_email).await.code(), "22001");
    bench.simulator.set_user_limit(Some(2));
    assert_eq!(bench.create_user(&bench.registration("eve")).await.code(), "22013");
    assert!(bench.simulator.approve("bob"));
    assert_eq!(json!(bench.simulator.user("bob").unwrap().id), answer.object());
}

#[tokio::test]
async fn a_rejected_change_has_no_effect() {
    let bench = with_approvals(OpenAnswers::default()).await;
    bench.create_user(&bench.registration("bob")).await;
    delete(&bench).await;
    assert!(bench.simulator.reject("alice"));
    assert!(bench.simulator.reject("bob"));
    assert!(bench.simulator.user("alice").is_some());
    bench.simulator.set_approval_required(false);
    assert_eq!(bench.create_user(&bench.registration("bob")).await.code(), "0");
    assert!(bench.simulator.user("bob").is_some());
}

#[tokio::test]
async fn a_further_change_can_be_refused() {
    let answers = OpenAnswers { further_change: FurtherChange::Refused, ..OpenAnswers::default() };
    let bench = with_approvals(answers).await;
    assert_eq!(update(&bench, "Ipoh").await, "0");
    assert_eq!(update(&bench, "Klang").await, "22029");
    assert_eq!(delete(&bench).await, "22029");
    assert!(bench.simulator.approve("alice"));
    assert_eq!(alice(&bench), Some(("Ipoh".to_owned(), true)));
}

#[tokio::test]
async fn an_approved_change_keeps_the_changes_made_while_it_waited() {
    let bench = with_approvals(OpenAnswers::default()).await;
    assert_eq!(update(&bench, "Ipoh").await, "0");
    assert_eq!(bench.token_code_with(json!({})).await, "0");
    assert!(bench.simulator.approve("alice"));
    assert!(bench.simulator.user("alice").unwrap().tokens.mobile.is_some());
    assert_eq!(update(&bench, "Klang").await, "0");
    bench.simulator.add_user(User { city: "Muar".to_owned(), ..User::new("alice") });
    assert!(bench.simulator.reject("alice"));
    assert_eq!(alice(&bench), Some(("Muar".to_owned(), true)));
}
