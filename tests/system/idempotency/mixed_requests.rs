//! Many users live their lives through two gateways and a network that loses replies. At the end, CENTAGATE is in the state
//! that a network without losses would leave.

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

use super::house::House;
use super::life_cycle::{Step, Way, expected, name, prepare, shown, steps};
use super::lossy_link::{Fate, LossyLink};
use crate::process::GatewayProcess;
use crate::reply::Reply;

/// Their lives have more than 1,000 requests.
const USERS: usize = 48;
/// How many users act at once.
const AT_ONCE: usize = 16;
const TIME: Duration = Duration::from_secs(60);
/// The pause of a caller that was told to wait.
const PAUSE: Duration = Duration::from_millis(20);

/// Every tenth reply is lost on its way to the caller.
fn to_callers(number: usize) -> Fate {
    if number % 10 == 9 { Fate::ReplyLost } else { Fate::Carried }
}

/// Every tenth reply is lost on its way from CENTAGATE, or comes too late. A few requests are lost on their way there.
///
/// No request arrives late, so callers need not wait before they look a user up or send a request again.
fn to_centagate(number: usize) -> Fate {
    match (number % 10, number % 50, number % 200) {
        (_, _, 109) => Fate::ReplyHeld,
        (9, _, _) => Fate::ReplyLost,
        (_, 25, _) => Fate::RequestLost,
        _ => Fate::Carried,
    }
}

/// One user, and the caller that sends the requests about that user.
struct Life {
    house: Arc<House>,
    gateways: [SocketAddr; 2],
    number: usize,
    /// How many requests were sent, those that settle an outcome included.
    sent: usize,
    /// How often the caller did not know the outcome.
    unknown: usize,
}

impl Life {
    async fn live(mut self) -> Self {
        for (number, step) in steps(self.number).iter().enumerate() {
            (step.before)(&self.house.simulator, &name(self.number));
            self.succeed(step, number).await;
        }
        self
    }

    /// Sends a request until it is certain that it was executed.
    async fn succeed(&mut self, step: &Step, number: usize) {
        let (mut may_be_done, mut keys) = (false, 0);
        loop {
            let key = format!("{}-{number}-{keys}", name(self.number));
            let Some(reply) = self.send(step, &key).await else {
                may_be_done = true;
                continue; // with the same key
            };
            if reply.status == step.success {
                return;
            }
            let problem = reply.json();
            match step.way {
                Way::SendAgainUnlessDone(done) if may_be_done && problem["code"] == done => return,
                _ if problem["outcome"] == "unknown" => {}
                _ if reply.status == 503 || problem["code"] == "idempotency_in_progress" => {
                    sleep(PAUSE).await;
                    continue;
                }
                _ => panic!("{} {}: {problem}", step.method, step.path),
            }
            self.unknown += 1;
            may_be_done = true;
            match step.way {
                Way::LookForUser if self.look().await.status == 200 => return,
                Way::LookFor(list, prefix) if lists(&self.look().await, list, prefix) => return,
                // It was not executed, so it is sent as a new request.
                Way::LookForUser | Way::LookFor(..) => keys += 1,
                Way::SendAgain | Way::SendAgainUnlessDone(_) | Way::SendNewCodes => {}
            }
        }
    }

    /// Sends a request once, to the one gateway or the other. `None`: the reply was lost.
    async fn send(&mut self, step: &Step, key: &str) -> Option<Reply> {
        self.sent += 1;
        let gateway = self.gateways[(self.number + self.sent) % 2];
        let new_codes = json!({ "codes": [format!("1{:06}", self.sent), format!("2{:06}", self.sent)] });
        let body = if matches!(step.way, Way::SendNewCodes) { Some(&new_codes) } else { step.body.as_ref() };
        let key = matches!(step.way, Way::LookForUser | Way::LookFor(..)).then_some(key);
        let reply = self.house.caller.try_send(gateway, key, &step.method, &step.path, body).await.ok();
        self.unknown += usize::from(reply.is_none());
        reply
    }

    /// Looks the user up until there is an answer.
    async fn look(&mut self) -> Reply {
        let path = format!("/users/{}", name(self.number));
        loop {
            self.sent += 1;
            let gateway = self.gateways[(self.number + self.sent) % 2];
            let reply = self.house.caller.try_send(gateway, None, &Method::GET, &path, None).await;
            if let Ok(reply) = reply
                && matches!(reply.status, 200 | 404)
            {
                return reply;
            }
        }
    }
}

/// Whether a user has a token or certificate whose serial number begins like this.
fn lists(user: &Reply, list: &str, prefix: &str) -> bool {
    let user = user.json();
    let entries = user[list].as_array().expect("a list");
    entries.iter().any(|entry| entry["serialNumber"].as_str().is_some_and(|number| number.starts_with(prefix)))
}

/// How often CENTAGATE executed each call for each user.
fn executions(house: &House) -> HashMap<(String, Operation), usize> {
    let mut executions = HashMap::new();
    for request in house.simulator.requests().iter().filter(|request| request.executed) {
        let username = request.member("username").or(request.member("lockedUsername")).expect("a user");
        *executions.entry((username.to_owned(), request.operation.expect("a call"))).or_default() += 1;
    }
    executions
}

/// Checks that CENTAGATE executed each request that must not be executed twice once, and that its state is as requested.
fn expect_final_state(house: &House) {
    let executions = executions(house);
    for number in 0..USERS {
        let name = name(number);
        assert_eq!(shown(house.simulator.user(&name)), expected(number), "{name}");
        let steps = steps(number);
        for step in &steps {
            let wanted = steps.iter().filter(|other| other.operation == step.operation).count();
            let executed = executions.get(&(name.clone(), step.operation)).copied().unwrap_or(0);
            match step.way {
                Way::LookForUser | Way::LookFor(..) | Way::SendAgainUnlessDone(_) => {
                    assert_eq!(executed, wanted, "{name}: {:?}", step.operation);
                }
                Way::SendAgain if step.method == Method::GET => assert_eq!(executed, 0, "{name}"),
                Way::SendAgain | Way::SendNewCodes => assert!(executed >= wanted, "{name}: {:?}", step.operation),
            }
        }
    }
}

#[tokio::test]
async fn many_users_live_as_if_no_reply_were_lost() {
    let house = Arc::new(House::build().await);
    prepare(&house.simulator, USERS);
    let upstream = LossyLink::to(house.simulator.address(), to_centagate).await;
    let environment = || {
        let environment = house.environment_behind(&format!("http://{}", upstream.address));
        environment.set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "3000")
    };
    let gateways = [environment().serve().await, environment().serve().await];
    let link = async |gateway: &GatewayProcess| LossyLink::to(gateway.address, to_callers).await;
    let links = [link(&gateways[0]).await, link(&gateways[1]).await];
    let gateways_of_callers = links.each_ref().map(|link| link.address);

    let started = Instant::now();
    let (turns, mut running) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for number in 0..USERS {
        let life = Life { house: Arc::clone(&house), gateways: gateways_of_callers, number, sent: 0, unknown: 0 };
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await.expect("a turn");
            life.live().await
        });
    }
    let lives = timeout(TIME, running.join_all()).await.expect("an end in time");
    let took = started.elapsed();

    expect_final_state(&house);
    let requests: usize = (0..USERS).map(|number| steps(number).len()).sum();
    let (sent, unknown): (usize, usize) =
        lives.iter().fold((0, 0), |(sent, unknown), life| (sent + life.sent, unknown + life.unknown));
    let calls = upstream.requests();
    let lost = calls.iter().filter(|(_, fate)| *fate != Fate::Carried).count();
    println!(
        "{requests} requests, {sent} sent, {unknown} unknown outcomes settled; {} calls, {lost} lost; {took:?}",
        calls.len(),
    );
    assert!(requests >= 1000 && lost >= calls.len() / 10 && unknown >= sent / 10, "{requests} {sent} {unknown} {lost}");
}
