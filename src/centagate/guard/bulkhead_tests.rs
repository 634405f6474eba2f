//! Shares and limits of the bulkhead.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

use super::{Bulkhead, CallPermit, FEW_QUOTAS, WAITING_PER_CALL};
use crate::centagate::NotSent;
use crate::domain::CallerShare;

type Entered = Result<CallPermit, NotSent>;

fn caller(name: &str) -> Arc<str> {
    name.into()
}

fn in_ten_seconds() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// The requests of a caller, each of which asks for a permit in its own task.
fn enter(bulkhead: &Arc<Bulkhead>, name: &str, requests: usize) -> Vec<JoinHandle<Entered>> {
    let send_by = in_ten_seconds();
    let request = |_| {
        let (bulkhead, caller) = (Arc::clone(bulkhead), caller(name));
        tokio::spawn(async move { bulkhead.enter(&caller, send_by).await })
    };
    (0..requests).map(request).collect()
}

/// Lets all tasks go as far as they can.
async fn settle() {
    advance(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn calls_above_the_limit_wait_and_too_many_are_refused() {
    let bulkhead = Arc::new(Bulkhead::new(2, CallerShare::default()));
    let first = bulkhead.enter(&caller("a"), in_ten_seconds()).await.expect("a permit");
    let _second = bulkhead.enter(&caller("b"), in_ten_seconds()).await.expect("a permit");
    let half = WAITING_PER_CALL;
    let waiting = [enter(&bulkhead, "a", half), enter(&bulkhead, "b", half)].into_iter().flatten();
    settle().await;
    assert_eq!(bulkhead.load(), (2, 2 * WAITING_PER_CALL));
    assert!(matches!(bulkhead.enter(&caller("c"), in_ten_seconds()).await, Err(NotSent::Busy)));
    drop(first);
    for (number, waiting) in waiting.enumerate() {
        if number == half {
            break; // the permit of "b" is still taken
        }
        drop(waiting.await.unwrap().expect("a permit, one after the other"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_the_deadline() {
    let bulkhead = Bulkhead::new(1, CallerShare::default());
    let send_by = Instant::now() + Duration::from_secs(1);
    let _permit = bulkhead.enter(&caller("a"), send_by).await.expect("a permit");
    for name in ["a", "b"] {
        assert!(matches!(bulkhead.enter(&caller(name), send_by).await, Err(NotSent::DeadlineSpent)));
        assert_eq!(bulkhead.load(), (1, 0), "a request that has gone is not counted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_has_three_quarters_of_the_permits_and_another_one_need_not_wait() {
    let bulkhead = Arc::new(Bulkhead::new(8, CallerShare::default()));
    let greedy = enter(&bulkhead, "greedy", 50);
    settle().await;
    assert_eq!(bulkhead.load(), (6, 44));
    let others = enter(&bulkhead, "other", 2);
    settle().await;
    assert_eq!(bulkhead.load(), (8, 44));
    assert!(others.iter().all(JoinHandle::is_finished), "those 44 do not stand before it");
    let third = enter(&bulkhead, "third", 1).remove(0);
    settle().await;
    drop(others);
    drop(third.await.unwrap().expect("a permit as soon as one is free"));
    assert_eq!(greedy.iter().filter(|request| request.is_finished()).count(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_caller_has_three_quarters_of_the_waiting_slots_and_another_one_may_wait() {
    let bulkhead = Arc::new(Bulkhead::new(4, CallerShare::default()));
    let greedy = enter(&bulkhead, "greedy", 3 + 48);
    settle().await;
    assert_eq!(bulkhead.load(), (3, 48));
    assert!(matches!(bulkhead.enter(&caller("greedy"), in_ten_seconds()).await, Err(NotSent::ShareOfCaller)));
    let others = enter(&bulkhead, "other", 1 + 2);
    settle().await;
    assert_eq!(bulkhead.load(), (4, 50));
    assert!(greedy.iter().chain(&others).filter(|request| request.is_finished()).count() == 4);
}

#[tokio::test(start_paused = true)]
async fn quotas_of_idle_callers_are_removed() {
    let bulkhead = Arc::new(Bulkhead::new(4, CallerShare::default()));
    let permits = enter(&bulkhead, "busy", 3);
    settle().await;
    for number in 0..10 * FEW_QUOTAS {
        drop(bulkhead.enter(&caller(&format!("caller-{number}")), in_ten_seconds()).await.expect("a permit"));
    }
    let quotas = bulkhead.callers.lock().unwrap().quotas.len();
    assert!(quotas <= FEW_QUOTAS, "{quotas}");
    let fourth = enter(&bulkhead, "busy", 1).remove(0);
    settle().await;
    assert!(!fourth.is_finished(), "its share is still used up");
    drop(permits); // together with their permits
    assert!(fourth.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_sole_caller_has_every_permit_until_there_are_others() {
    let share = CallerShare::default();
    share.set_sole_caller(true);
    let bulkhead = Arc::new(Bulkhead::new(4, share.clone()));
    let _permits = enter(&bulkhead, "a", 4);
    settle().await;
    assert_eq!(bulkhead.load(), (4, 0));
    share.set_sole_caller(false);
    let bulkhead = Arc::new(Bulkhead::new(4, share));
    let permits = enter(&bulkhead, "a", 4);
    settle().await;
    assert_eq!(bulkhead.load(), (3, 1));
    drop(permits);
}
