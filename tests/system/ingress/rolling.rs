//! Two processes behind plain nginx with the configuration of docker-compose.yml. They are restarted in turn under
//! load.

use std::net::SocketAddr;
use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator, User};
use reqwest::Client;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::load::Load;
use super::running::Running;
use crate::caller::Caller;
use crate::callers::EVERYTHING;
use crate::environment::Environment;
use crate::own_address::own_address;
use crate::process::GatewayProcess;

/// How often both processes are restarted.
const ROUNDS: usize = 10;

/// The minimum number of requests.
const REQUESTS: usize = 10_000;

/// How long CENTAGATE takes for a slow call.
const SLOW_CALL: Duration = Duration::from_secs(6);

/// How many slow calls are in flight at all times.
const SLOW_CALLERS: usize = 6;

/// The pause of a caller between two quick calls.
const PAUSE: Duration = Duration::from_millis(50);

/// The drain time. It is longer than nginx's `keepalive_timeout` of 1 s.
const DRAIN_MS: &str = "1500";

/// The configuration of docker-compose.yml with this test's addresses and directory.
fn configuration(directory: &str, address: SocketAddr, gateways: [SocketAddr; 2]) -> String {
    let mut text = include_str!("../../../deploy/compose/nginx.conf").to_owned();
    let [first, second] = gateways.map(|gateway| format!("server {gateway} "));
    let directory = format!(" {directory}/");
    for (compose, test) in [
        ("listen 8080;", format!("listen {address};").as_str()),
        ("server gateway-1:8080 ", &first),
        ("server gateway-2:8080 ", &second),
        (" /tmp/", &directory),
    ] {
        assert!(text.contains(compose), "the configuration has no {compose:?}");
        text = text.replace(compose, test);
    }
    text
}

/// Starts a gateway on `address`, as a restart does. nginx may send it requests before it is ready.
async fn start(address: SocketAddr, simulator: &Simulator, admin: &Admin) -> GatewayProcess {
    let environment = Environment::new(&simulator.base_url(), admin)
        .set("GATEWAY__SERVER__HOST", &address.ip().to_string())
        .set("GATEWAY__SERVER__PORT", &address.port().to_string())
        .set("GATEWAY__SERVER__DRAIN_MS", DRAIN_MS)
        // On a busy machine, slow calls take longer. nginx waits for 15 s.
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "11000")
        .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", "14000");
    let gateway = environment.serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    gateway
}

/// Registers tokens until the test stops it; each takes [`SLOW_CALL`]. Returns the number of tokens.
async fn register_tokens(client: Client, url: String, users: Vec<String>, stopped: watch::Receiver<bool>) -> usize {
    for (number, user) in users.iter().enumerate() {
        if *stopped.borrow() {
            return number;
        }
        let request = client.post(format!("{url}/users/{user}/otp-token")).bearer_auth(EVERYTHING);
        let request = request.header("Content-Type", "application/json");
        let reply = request.body(json!({ "status": "valid" }).to_string()).send().await.expect("a reply");
        assert_eq!(reply.status(), 201, "{user}: {:?}", reply.text().await);
    }
    panic!("there are too few users");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_behind_nginx_restart_in_turn_without_a_failed_request() {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    simulator.instruct(Instruction::always(Operation::RegisterOtpToken, Behaviour::Delay(SLOW_CALL)));
    let addresses = [own_address(), own_address()];
    let mut gateways = Vec::new();
    for address in addresses {
        gateways.push(start(address, &simulator, &admin).await);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let address = own_address();
    let text = configuration(&directory.path().display().to_string(), address, addresses);
    let nginx = Running::start(directory, &text, address).await;
    let url = format!("http://{address}");
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");

    let (stop, stopped) = watch::channel(false);
    let mut slow = JoinSet::new();
    for caller in 0..SLOW_CALLERS {
        let users: Vec<_> = (0..100).map(|number| format!("slow-{caller}-{number}")).collect();
        for user in &users {
            simulator.add_user(User::new(user));
        }
        slow.spawn(register_tokens(client.clone(), url.clone(), users, stopped.clone()));
    }
    let mut load = Load::start_with_pause(&client, &url, PAUSE);
    for _ in 0..ROUNDS {
        for (gateway, address) in gateways.iter_mut().zip(addresses) {
            load.wait_for_more(REQUESTS / (2 * ROUNDS)).await;
            gateway.terminate();
            assert!(gateway.end().await.success());
            *gateway = start(address, &simulator, &admin).await;
        }
    }
    stop.send_replace(true);
    let tokens: usize = slow.join_all().await.into_iter().sum();
    let (users, failures) = load.end().await;
    println!("{users} users and {tokens} slow tokens, {} failures", failures.len());
    assert_eq!(failures, [""; 0], "of {users} requests; nginx: {}", nginx.read("error.log"));
    assert!(users >= REQUESTS && tokens >= 2 * ROUNDS, "{users} users, {tokens} tokens");
    assert_eq!(simulator.executions(), users + tokens, "each request is executed once");
}
