//! Two gateways behind an ingress: what callers, a person with a browser and whoever rolls out a new version see there.

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
use crate::process::{Environment, GatewayProcess};
use crate::swagger_ui;
use load::Load;
use nginx::Nginx;

/// Whoever made the manifest's host the gateway's own.
const PUBLIC_URL: &str = "https://api.example.com/centagate";

/// Users whose names must be percent-encoded in a path, each in its own way.
const AWKWARD: [&str; 8] = ["a/b", "Zoë 日本 ✓", "100%", "a+b c", "?#[]@!$&'()*,;=", "a%2Fb", "..%2e", "-./~_"];

struct House {
    simulator: Simulator,
    admin: Admin,
    replicas: Vec<GatewayProcess>,
    ingress: Nginx,
}

impl House {
    async fn build() -> Self {
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

    /// Takes a new replica into use, then an old one out of it while it drains, under `load`.
    async fn replace(&mut self, load: &mut Load) {
        let new = start_replica(&self.simulator, &self.admin).await;
        let (mut old, kept) = (self.replicas.remove(0), self.replicas[0].address);
        self.ingress.reload(&[old.address, kept, new.address]);
        load.more(100).await;
        old.terminate();
        load.more(50).await; // the ingress has not noticed yet
        self.ingress.reload(&[kept, new.address]);
        assert!(old.end().await.success());
        load.more(100).await;
        self.replicas.push(new);
    }
}

/// A gateway that callers see at the public URL, which drains for as long as in production; it is ready.
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
async fn awkward_names_pass_the_ingress_and_location_leads_back_through_it() {
    let house = House::build().await;
    let client = house.ingress.client();
    let users = Url::parse(&format!("{PUBLIC_URL}/users")).expect("a URL");
    for (number, name) in AWKWARD.into_iter().enumerate() {
        let created = send(&client, Method::POST, users.clone(), Some(&user(name, number))).await;
        assert_eq!(created.status(), 201, "{name}");
        let location = created.headers()["Location"].to_str().expect("text").to_owned();
        assert!(location.starts_with("/centagate/users/"), "{location}");
        let found = users.join(&location).expect("a URL");
        assert_eq!(found.path(), location, "nothing of it needs encoding");
        let token = Url::parse(&format!("{found}/otp-token")).expect("a URL");
        let registered = send(&client, Method::POST, token, Some(&json!({ "status": "valid" }))).await;
        assert_eq!(registered.status(), 201, "{name}");
        assert!(house.simulator.last_passcode(name).is_some(), "{name} has a token");
        let found = send(&client, Method::GET, found, None).await;
        assert_eq!(found.status(), 200, "{name}");
        let found: Value = serde_json::from_slice(&found.bytes().await.expect("a body")).expect("JSON");
        assert_eq!(found["username"], name);
    }
    assert_eq!(house.simulator.executions(), 2 * AWKWARD.len());
    let log = house.ingress.access_log();
    for replica in &house.replicas {
        assert!(log.iter().any(|line| line.starts_with(&format!("{} ", replica.address))), "{log:?}");
    }
}

#[tokio::test]
async fn the_gateway_answers_below_its_path_and_nothing_else_does() {
    let house = House::build().await;
    let client = house.ingress.client();
    let url = |path: &str| Url::parse(&format!("https://api.example.com{path}")).expect("a URL");
    let large = user(&"x".repeat(60_000), 0);
    let refused = send(&client, Method::POST, url("/centagate/users"), Some(&large)).await;
    assert_eq!(refused.status(), 413);
    assert_eq!(refused.headers()["Content-Type"], "application/problem+json", "the gateway's own");
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
    load.more(1_000).await;
    let (requests, failures) = load.end().await;
    println!("{requests} requests, {} failures", failures.len());
    assert_eq!(failures, [""; 0], "of {requests} requests");
    assert_eq!(simulator.executions(), requests);
}

#[tokio::test]
async fn a_person_uses_swagger_ui_through_the_ingress() {
    let house = House::build().await;
    let browser = Browser::start_with(&house.ingress.browser_options()).await.expect("a browser");
    swagger_ui::try_operations(browser, PUBLIC_URL, EVERYTHING).await;
    assert_eq!(house.simulator.executions(), 6, "all but getTokenStatus change something");
}

#[tokio::test]
async fn both_replicas_are_replaced_under_load_without_a_failed_request() {
    let mut house = House::build().await;
    let mut load = Load::start(&house.ingress.client(), PUBLIC_URL);
    load.more(100).await;
    house.replace(&mut load).await;
    house.replace(&mut load).await;
    let (requests, failures) = load.end().await;
    println!("{requests} requests, {} failures", failures.len());
    assert_eq!(failures, [""; 0], "of {requests} requests");
    assert_eq!(house.simulator.executions(), requests, "each user is registered once");
    let sent_twice = house.ingress.access_log().into_iter().filter(|line| line.contains(", "));
    assert_eq!(sent_twice.collect::<Vec<_>>(), [""; 0], "no replica was away while it was in use");
}
