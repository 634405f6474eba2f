//! A wrong password with several replicas and restarts does not lock the admin's account.

use centagate_simulator::Login;
use futures_util::future::join_all;

use crate::caller::Caller;
use crate::login_bench::{LoginBench, files};

/// One replica with its own admin: one start and two restarts with a wrong password, while callers keep sending
/// requests.
async fn three_starts(number: usize) {
    let bench = LoginBench::with(&format!("admin-{number}"), |_| ()).await;
    bench.secrets.swap(&files(&Login { password: "wrong".into(), ..bench.login.clone() }));
    for start in 1..=3 {
        let mut gateway = bench.environment.serve().await;
        gateway.wait_for_line(|line| line.contains("refused the login")).await;
        let caller = Caller::of(&gateway);
        for _ in 0..20 {
            caller.create_user("pressing").await.problem("centagate_unavailable");
        }
        assert_eq!(bench.simulator.wrong_passwords(), start, "one wrong password per start");
        assert_eq!(bench.attempts(), start as usize);
        gateway.terminate();
        assert!(gateway.end().await.success());
    }
    assert!(!bench.simulator.is_locked());
    bench.secrets.swap(&files(&bench.login));
    let gateway = bench.serve_logged_in().await;
    assert_eq!(Caller::of(&gateway).create_user("alice").await.status, 201, "the correct password still works");
}

#[tokio::test]
async fn three_replicas_that_restart_twice_with_a_wrong_password_lock_no_account() {
    join_all((0..3).map(three_starts)).await;
}

#[tokio::test]
async fn rewriting_the_same_secrets_or_changing_others_causes_no_further_login() {
    let bench = LoginBench::new().await;
    let wrong = Login { password: "wrong".into(), ..bench.login.clone() };
    bench.secrets.swap(&files(&wrong));
    let gateway = bench.environment.serve().await;
    gateway.wait_for_line(|line| line.contains("refused the login")).await;
    let caller = Caller::of(&gateway);
    for _ in 0..5 {
        bench.secrets.swap(&files(&wrong));
        tokio::time::sleep(std::time::Duration::from_millis(150)).await; // three polls
    }
    // Another secret, which is not part of the login.
    let [password, key, app] = files(&wrong);
    bench.secrets.swap(&[password, key, app, ("centagate.proxy_url", "http://127.0.0.1:1")]);
    caller.wait_for_metric("gateway_reloads_total{set=\"secrets\",result=\"applied\"}", 1).await;
    caller.create_user("alice").await.problem("centagate_unavailable");
    assert_eq!((bench.attempts(), bench.simulator.wrong_passwords()), (1, 1));
}
