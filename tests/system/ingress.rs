//! Two gateways behind an ingress, used by callers, by a person with a browser, and during a rolling update.

mod load;
mod nginx;
mod rolling;
mod running;

use centagate_simulator::{Admin, Config, Simulator};
use reqwest::{Client, Method, Response, Url};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::caller::Caller;
use crate::callers::EVERYTHING;
use crate::environment::Environment;
use crate::process::GatewayProcess;
use crate::swagger_ui;
use load::Load;
use nginx::Nginx;

/// The gateway's public URL: the host and the path of the manifest's Ingress.
const PUBLIC_URL: &str = "https://api.example.com/centagate";

/// Usernames that need percent-encoding in a path, each for a different reason.
const AWKWARD: [&str; 8] = ["a/b", "Zoë 日本 ✓", "100%", "a+b c", "?#[]@!$&'()*,;=", "a%2Fb", "..%2e", "-./~_"];

struct Cluster {
    simulator: Simulator,
    admin: Admin,
    replicas: Vec<GatewayProcess>,
    ingress: Nginx,
}

impl Cluster {
    async fn start() -> Self {
        let admin = Admin::with_fresh_session("admin");
        let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
        let mut replicas = Vec::new();
        for _ in 0..2 {
            replicas.push(start_replica(&simulator, &admin).await);
        }
        let ingress = Nginx::start(&[replicas[0].address, replicas[1].address]).await;
        assert_eq!(ingress.url, PUBLIC_URL);
        Self { simulator, admin, replicas, ingress }
    }

    /// Replaces a replica under `load`: adds a new one, then stops an old one and removes it from the ingress while it
    /// drains.
    async fn replace(&mut self, load: &mut Load) {
        let new = start_replica(&self.simulator, &self.admin).await;
        let (mut old, kept) = (self.replicas.remove(0), self.replicas[0].address);
        self.ingress.reload(&[old.address, kept, new.address]);
        load.wait_for_more(100).await;
        old.terminate();
        load.wait_for_more(50).await; // the ingress still sends requests to the old replica
        self.ingress.reload(&[kept, new.address]);
        assert!(old.end().await.success());
        load.wait_for_more(100).await;
        self.replicas.push(new);
    }
}

/// Starts a gateway with this public URL and the default drain time, and waits until it is ready.
async fn start_replica(simulator: &Simulator, admin: &Admin) -> GatewayProcess {
    let environment = Environment::new(&simulator.base_url(), admin).unset("GATEWAY__SERVER__DRAIN_MS");
    let gateway = environment.set("GATEWAY__SERVER__PUBLIC_URL", PUBLIC_URL).serve().await;
    Caller::of(&gateway).wait_for_readiness(200).await;
    gateway
}

async fn send(client: &Client, method: Method, url: Url, body: Option<&Value>) -> Response {
    let mut request = client.request(method, url).bearer_auth(EVERYTHING);
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    request.send().await.expect("a reply")
}

fn user(name: &str, number: usize) -> Value {
    json!({
        "username": name, "firstName": "A", "lastName": "B", "email": format!("user-{number}@example.com"),
        "group": "Staff", "app": "portal",
    })
}

#[tokio::test]
async fn percent_encoded_usernames_and_locations_work_through_the_ingress() {
    let cluster = Cluster::start().await;
    let client = cluster.ingress.client();
    let users = Url::parse(&format!("{PUBLIC_URL}/users")).expect("a URL");
    for (number, name) in AWKWARD.into_iter().enumerate() {
        let created = send(&client, Method::POST, users.clone(), Some(&user(name, number))).await;
        assert_eq!(created.status(), 201, "{name}");
        let location = created.headers()["Location"].to_str().expect("text").to_owned();
        assert!(location.starts_with("/centagate/users/"), "{location}");
        let found = users.join(&location).expect("a URL");
        assert_eq!(found.path(), location, "the location is already percent-encoded");
        let token = Url::parse(&format!("{found}/otp-token")).expect("a URL");
        let registered = send(&client, Method::POST, token, Some(&json!({ "status": "valid" }))).await;
        assert_eq!(registered.status(), 201, "{name}");
        assert!(cluster.simulator.last_passcode(name).is_some(), "{name} has a token");
        let found = send(&client, Method::GET, found, None).await;
        assert_eq!(found.status(), 200, "{name}");
        let found: Value = serde_json::from_slice(&found.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(found["username"], name);
    }
    assert_eq!(cluster.simulator.executions(), 2 * AWKWARD.len());
    let log = cluster.ingress.access_log();
    for replica in &cluster.replicas {
        assert!(log.iter().any(|line| line.starts_with(&format!("{} ", replica.address))), "{log:?}");
    }
}

#[tokio::test]
async fn only_requests_below_the_public_path_reach_the_gateway() {
    let cluster = Cluster::start().await;
    let client = cluster.ingress.client();
    let url = |path: &str| Url::parse(&format!("https://api.example.com{path}")).expect("a URL");
    let large = user(&"x".repeat(60_000), 0);
    let refused = send(&client, Method::POST, url("/centagate/users"), Some(&large)).await;
    assert_eq!(refused.status(), 413);
    assert_eq!(refused.headers()["Content-Type"], "application/problem+json", "the reply comes from the gateway");
    for path in ["/centagate/metrics", "/centagate/readyz", "/centagate//users/a"] {
        let reply = send(&client, Method::GET, url(path), None).await;
        assert_eq!(reply.status(), 404, "{path}");
        assert_eq!(reply.headers()["Content-Type"], "application/problem+json", "{path}");
    }
    for path in ["/users/a", "/", "/centagates/users/a"] {
        let reply = send(&client, Method::GET, url(path), None).await;
        assert!(reply.status() == 404 && reply.headers().get("X-Request-Id").is_none(), "{path}: {reply:?}");
    }
}

#[tokio::test]
async fn no_request_is_lost_behind_an_ingress_that_offers_to_upgrade() {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let replica = start_replica(&simulator, &admin).await;
    let ingress = Nginx::start_with_upgrades(&[replica.address]).await;
    let mut load = Load::start(&ingress.client(), PUBLIC_URL);
    load.wait_for_more(1_000).await;
    let (requests, failures) = load.end().await;
    println!("{requests} requests, {} failures", failures.len());
    assert_eq!(failures, [""; 0], "of {requests} requests");
    assert_eq!(simulator.executions(), requests);
}

#[tokio::test]
async fn swagger_ui_works_through_the_ingress() {
    let cluster = Cluster::start().await;
    let browser = Browser::start_with(&cluster.ingress.browser_options()).await.expect("a browser");
    swagger_ui::try_operations(browser, PUBLIC_URL, EVERYTHING).await;
    assert_eq!(cluster.simulator.executions(), 6, "all operations except getTokenStatus change something");
}

#[tokio::test]
async fn both_replicas_are_replaced_under_load_without_a_failed_request() {
    let mut cluster = Cluster::start().await;
    let mut load = Load::start(&cluster.ingress.client(), PUBLIC_URL);
    load.wait_for_more(100).await;
    cluster.replace(&mut load).await;
    cluster.replace(&mut load).await;
    let (requests, failures) = load.end().await;
    println!("{requests} requests, {} failures", failures.len());
    assert_eq!(failures, [""; 0], "of {requests} requests");
    assert_eq!(cluster.simulator.executions(), requests, "each user is registered once");
    let sent_twice = cluster.ingress.access_log().into_iter().filter(|line| line.contains(", "));
    assert_eq!(sent_twice.collect::<Vec<_>>(), [""; 0], "nginx never had to try a second replica");
}
