//! A constant load of registrations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::caller::Caller;
use crate::callers;

/// The results of a load.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: usize,
    /// The texts of all replies except 201.
    pub(crate) failures: Vec<String>,
    pub(crate) slowest: Duration,
    pub(crate) duration: Duration,
}

/// A running load. Dropping it stops it.
pub(crate) struct Load {
    key: watch::Sender<String>,
    tally: Arc<Mutex<Tally>>,
    senders: JoinSet<()>,
    stop: watch::Sender<bool>,
    started: Instant,
}

impl Load {
    /// Sends `per_second` requests in total over `senders` tasks, each of which waits for its reply before the next
    /// request.
    pub(crate) fn start(caller: &Caller, name: &str, senders: u32, per_second: u32) -> Self {
        let (key, stop) = (watch::Sender::new(callers::EVERYTHING.to_owned()), watch::Sender::new(false));
        let tally = Arc::new(Mutex::new(Tally::default()));
        let mut tasks = JoinSet::new();
        for sender in 0..senders {
            let (caller, key, stop, tally) = (caller.clone(), key.subscribe(), stop.subscribe(), Arc::clone(&tally));
            let name = format!("{name}-{sender}");
            tasks.spawn(async move {
                let mut ticks = interval(Duration::from_secs(1) * senders / per_second);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                for number in 0.. {
                    ticks.tick().await;
                    if *stop.borrow() {
                        return;
                    }
                    let key = key.borrow().clone();
                    let started = Instant::now();
                    let reply = caller.create_user_as(&key, &format!("{name}-{number}")).await;
                    let mut tally = tally.lock().unwrap();
                    tally.requests += 1;
                    tally.slowest = tally.slowest.max(started.elapsed());
                    if reply.status != 201 {
                        tally.failures.push(reply.text());
                    }
                }
            });
        }
        Self { key, tally, senders: tasks, stop, started: Instant::now() }
    }

    /// Uses another caller key for later requests.
    pub(crate) fn change_key(&self, key: &str) {
        self.key.send_replace(key.to_owned());
    }

    /// How many requests have been answered so far.
    pub(crate) fn requests(&self) -> usize {
        self.tally.lock().unwrap().requests
    }

    /// Stops the load after the last reply of every task.
    pub(crate) async fn end(mut self) -> Tally {
        self.stop.send_replace(true);
        while let Some(sender) = self.senders.join_next().await {
            sender.expect("a task that does not panic");
        }
        let mut tally = std::mem::take(&mut *self.tally.lock().unwrap());
        tally.duration = self.started.elapsed();
        tally
    }
}

impl Tally {
    /// Checks that no request failed, and prints the results.
    #[track_caller]
    pub(crate) fn expect_no_failure(&self, what: &str) {
        let failed = self.failures.len();
        assert!(failed == 0, "{what}: {failed} of {} failed, first {}", self.requests, self.failures[0]);
        eprintln!("{what}: {} requests in {:?}, slowest {:?}", self.requests, self.duration, self.slowest);
    }
}
