//! Locks after too many wrong passwords or codes.

use centagate_simulator::{Login, User};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::log_in::{log_in, start_with};

async fn sync(bench: &Bench, first: &str, second: &str) -> Value {
    let body = json!({"username": "alice", "otpStr1": first, "otpStr2": second});
    bench.call("token/syncToken", body).await.code()
}

async fn unlock_user(bench: &Bench, username: &str) -> Value {
    bench.call("user/unlockUser", json!({"lockedUsername": username})).await.code()
}

#[tokio::test]
async fn wrong_codes_in_a_row_lock_a_hardware_token_until_it_is_unlocked() {
    let bench = Bench::with_alice().await;
    bench.simulator.set_allowed_attempts(3);
    bench.simulator.add_to_stock("HW1");
    let body = json!({"username": "alice", "tokenType": "2", "tokenSn": "HW1"});
    assert_eq!(bench.call("token/registerActiveToken", body).await.code(), "0");
    let tokens = || bench.simulator.user("alice").unwrap().tokens;
    for (first, second) in [("000000", "123456"), ("123456", "000000")] {
        assert_eq!(sync(&bench, first, second).await, "54002");
    }
    assert_eq!(sync(&bench, "123456", "654321").await, "0", "a success resets the count");
    for count in 1..=3 {
        assert_eq!(sync(&bench, "123456", "123456").await, "54002");
        assert_eq!(tokens().wrong_codes, count);
    }
    assert_eq!(tokens().hardware.unwrap().status, "2", "active and locked");
    assert_eq!(sync(&bench, "123456", "654321").await, "29002");
    let unlock = async || bench.call("token/unlockToken", json!({"username": "alice"})).await.code();
    assert_eq!(unlock().await, "0");
    assert_eq!((tokens().hardware.unwrap().status.as_str(), tokens().wrong_codes), ("1", 0));
    assert_eq!(sync(&bench, "123456", "654321").await, "0");
    assert_eq!(unlock().await, "29017");
    assert!(!bench.simulator.user("alice").unwrap().locked, "a token's lock is not the user's lock");
}

#[tokio::test]
async fn wrong_passwords_in_a_row_lock_the_admin() {
    let (bench, login) = start_with(|config| config.allowed_attempts = 2).await;
    let wrong = Login { password: "wrong".to_owned(), ..login.clone() };
    for locked in [false, true] {
        assert_eq!(log_in(&bench, &wrong).await.0, "23001");
        assert_eq!(bench.simulator.user("admin").unwrap().locked, locked);
    }
    assert_eq!(log_in(&bench, &login).await.0, "22033");
    assert_eq!(bench.simulator.user("admin").unwrap().failed_attempts, 2);
    bench.simulator.unlock();
    assert_eq!(log_in(&bench, &login).await.0, "0");
}

#[tokio::test]
async fn unlock_user_clears_the_lock_and_the_count_of_another_user() {
    let bench = Bench::with_alice().await;
    assert_eq!(unlock_user(&bench, "alice").await, "22016");
    bench.simulator.add_user(User { locked: true, failed_attempts: 5, ..User::new("alice") });
    assert_eq!(unlock_user(&bench, "alice").await, "0");
    let alice = bench.simulator.user("alice").unwrap();
    assert_eq!((alice.locked, alice.failed_attempts), (false, 0));
    assert_eq!(unlock_user(&bench, "alice").await, "22016");
    assert!(bench.simulator.set_user_locked("admin", true));
    assert_eq!(unlock_user(&bench, "admin").await, "22006");
    assert!(bench.simulator.is_locked());
}
