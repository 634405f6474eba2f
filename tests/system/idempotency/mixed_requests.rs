//! Many users go through their life cycles behind two gateways and a network that loses replies. In the end, CENTAGATE
//! is in the same state as without losses.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::Operation;
use reqwest::Method;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::cluster::Cluster;
use super::life_cycle::{Settlement, Step, actual, expected, name, prepare, steps};
use super::lossy_proxy::{Delivery, LossyProxy};
use crate::process::GatewayProcess;
use crate::reply::Reply;

/// Their life cycles have more than 1,000 requests.
const USERS: usize = 48;
/// How many users are active at once.
const AT_ONCE: usize = 16;
const TIME: Duration = Duration::from_secs(60);
/// The pause before a retry, if the gateway asks the caller to wait.
const PAUSE: Duration = Duration::from_millis(20);

/// Loses every tenth reply to the caller.
fn to_callers(number: usize) -> Delivery {
    if number % 10 == 9 { Delivery::ReplyLost } else { Delivery::Delivered }
}

/// Loses or delays every tenth reply of CENTAGATE. Loses a few requests to CENTAGATE.
///
/// No request arrives late. So callers need no pause before they read a user or retry.
fn to_centagate(number: usize) -> Delivery {
    match (number % 10, number % 50, number % 200) {
        (_, _, 109) => Delivery::ReplyHeld,
        (9, _, _) => Delivery::ReplyLost,
        (_, 25, _) => Delivery::RequestLost,
        _ => Delivery::Delivered,
    }
}

/// A user, and the caller that sends the requests about this user.
struct LifeCycle {
    cluster: Arc<Cluster>,
    gateways: [SocketAddr; 2],
    number: usize,
    /// Requests sent, including those that settle an outcome.
    sent: usize,
    /// Requests whose outcome the caller did not know.
    unknown: usize,
}

impl LifeCycle {
    async fn run(mut self) -> Self {
        for (number, step) in steps(self.number).iter().enumerate() {
            (step.before)(&self.cluster.simulator, &name(self.number));
            self.send_until_executed(step, number).await;
        }
        self
    }

    /// Retries a request until it is certain that it was executed.
    async fn send_until_executed(&mut self, step: &Step, number: usize) {
        let (mut may_be_done, mut keys) = (false, 0);
        loop {
            let key = format!("{}-{number}-{keys}", name(self.number));
            let Some(reply) = self.send(step, &key).await else {
                may_be_done = true;
                continue; // retry with the same key
            };
            if reply.status == step.success {
                return;
            }
            let problem = reply.json();
            match step.settlement {
                Settlement::RetryUnlessDone(done) if may_be_done && problem["code"] == done => return,
                _ if problem["outcome"] == "unknown" => {}
                _ if reply.status == 503 || problem["code"] == "idempotency_in_progress" => {
                    sleep(PAUSE).await;
                    continue;
                }
                _ => panic!("{} {}: {problem}", step.method, step.path),
            }
            self.unknown += 1;
            may_be_done = true;
            match step.settlement {
                Settlement::UserExists if self.get_user().await.status == 200 => return,
                Settlement::UserLists(list, prefix) if has_entry(&self.get_user().await, list, prefix) => return,
                // The request was not executed, so it is sent as a new request.
                Settlement::UserExists | Settlement::UserLists(..) => keys += 1,
                Settlement::Retry | Settlement::RetryUnlessDone(_) | Settlement::RetryWithNewCodes => {}
            }
        }
    }

    /// Sends a request once, alternating between the gateways. Returns `None` if the reply was lost.
    async fn send(&mut self, step: &Step, key: &str) -> Option<Reply> {
        self.sent += 1;
        let gateway = self.gateways[(self.number + self.sent) % 2];
        let new_codes = json!({ "codes": [format!("1{:06}", self.sent), format!("2{:06}", self.sent)] });
        let body = if matches!(step.settlement, Settlement::RetryWithNewCodes) {
            Some(&new_codes)
        } else {
            step.body.as_ref()
        };
        let key = matches!(step.settlement, Settlement::UserExists | Settlement::UserLists(..)).then_some(key);
        let reply = self.cluster.caller.try_send(gateway, key, &step.method, &step.path, body).await.ok();
        self.unknown += usize::from(reply.is_none());
        reply
    }

    /// Repeats `GET /users/{id}` until it gets a reply.
    async fn get_user(&mut self) -> Reply {
        let path = format!("/users/{}", name(self.number));
        loop {
            self.sent += 1;
            let gateway = self.gateways[(self.number + self.sent) % 2];
            let reply = self.cluster.caller.try_send(gateway, None, &Method::GET, &path, None).await;
            if let Ok(reply) = reply
                && matches!(reply.status, 200 | 404)
            {
                return reply;
            }
        }
    }
}

/// Whether a user has a token or certificate whose serial number starts with `prefix`.
fn has_entry(user: &Reply, list: &str, prefix: &str) -> bool {
    let user = user.json();
    let entries = user[list].as_array().expect("a list");
    entries.iter().any(|entry| entry["serialNumber"].as_str().is_some_and(|number| number.starts_with(prefix)))
}

/// How often CENTAGATE executed each operation for each user.
fn executions(cluster: &Cluster) -> HashMap<(String, Operation), usize> {
    let mut executions = HashMap::new();
    for request in cluster.simulator.requests().iter().filter(|request| request.executed) {
        let username = request.member("username").or(request.member("lockedUsername")).expect("a user");
        *executions.entry((username.to_owned(), request.operation.expect("a call"))).or_default() += 1;
    }
    executions
}

/// Checks the state of CENTAGATE, and that no unsafe request was executed twice.
fn expect_final_state(cluster: &Cluster) {
    let executions = executions(cluster);
    for number in 0..USERS {
        let name = name(number);
        assert_eq!(actual(cluster.simulator.user(&name)), expected(number), "{name}");
        let steps = steps(number);
        for step in &steps {
            let wanted = steps.iter().filter(|other| other.operation == step.operation).count();
            let executed = executions.get(&(name.clone(), step.operation)).copied().unwrap_or(0);
            match step.settlement {
                Settlement::UserExists | Settlement::UserLists(..) | Settlement::RetryUnlessDone(_) => {
                    assert_eq!(executed, wanted, "{name}: {:?}", step.operation);
                }
                Settlement::Retry if step.method == Method::GET => assert_eq!(executed, 0, "{name}"),
                Settlement::Retry | Settlement::RetryWithNewCodes => {
                    assert!(executed >= wanted, "{name}: {:?}", step.operation);
                }
            }
        }
    }
}

#[tokio::test]
async fn many_users_end_in_the_requested_state_although_replies_are_lost() {
    let cluster = Arc::new(Cluster::start().await);
    prepare(&cluster.simulator, USERS);
    let upstream = LossyProxy::start(cluster.simulator.address(), to_centagate).await;
    let environment = || {
        let environment = cluster.environment_behind(&format!("http://{}", upstream.address));
        environment.set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "3000")
    };
    let gateways = [environment().serve().await, environment().serve().await];
    let start_proxy = async |gateway: &GatewayProcess| LossyProxy::start(gateway.address, to_callers).await;
    let proxies = [start_proxy(&gateways[0]).await, start_proxy(&gateways[1]).await];
    let proxy_addresses = proxies.each_ref().map(|proxy| proxy.address);

    let started = Instant::now();
    let (permits, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for number in 0..USERS {
        let life_cycle =
            LifeCycle { cluster: Arc::clone(&cluster), gateways: proxy_addresses, number, sent: 0, unknown: 0 };
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire().await.expect("a permit");
            life_cycle.run().await
        });
    }
    let life_cycles = timeout(TIME, running.join_all()).await.expect("all life cycles end within TIME");
    let took = started.elapsed();

    expect_final_state(&cluster);
    let requests: usize = (0..USERS).map(|number| steps(number).len()).sum();
    let (sent, unknown): (usize, usize) = life_cycles
        .iter()
        .fold((0, 0), |(sent, unknown), life_cycle| (sent + life_cycle.sent, unknown + life_cycle.unknown));
    let calls = upstream.requests();
    let lost = calls.iter().filter(|(_, delivery)| *delivery != Delivery::Delivered).count();
    println!(
        "{requests} requests, {sent} sent, {unknown} unknown outcomes settled; {} calls, {lost} lost; {took:?}",
        calls.len(),
    );
    assert!(requests >= 1000 && lost >= calls.len() / 10 && unknown >= sent / 10, "{requests} {sent} {unknown} {lost}");
}
