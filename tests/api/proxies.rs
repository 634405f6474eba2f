//! The connection to CENTAGATE through a proxy: what the proxy receives, and how its refusal is reported.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use centagate_simulator::{Admin, Config, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::certificates::Authority;
use crate::environment::Environment;
use crate::process::GatewayProcess;

/// `printf 'gate:p@ss' | base64`
const CREDENTIALS: &str = "Basic Z2F0ZTpwQHNz";

/// A proxy that requires credentials. It opens tunnels, and answers plain requests by itself.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, heads) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&heads);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen)));
            }
        });
        Self { address, heads, serving }
    }

    fn url(&self, user: &str) -> String {
        format!("http://{user}{}", self.address)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, heads: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_head(&mut stream).await {
        heads.lock().unwrap().push(head.clone());
        let credentials = head.lines().filter_map(|line| line.split_once(": "));
        let mut credentials = credentials.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
        if credentials.next().is_none_or(|(_, value)| value != CREDENTIALS) {
            let _ = stream.write_all(b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n").await;
            return;
        }
        let target = head.split(' ').nth(1).unwrap().to_owned();
        if head.starts_with("CONNECT ") {
            let mut server = TcpStream::connect(target).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut server).await;
            return;
        }
        let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
        stream.read_exact(&mut vec![0; length]).await.unwrap();
        let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"code\":\"0\",\"object\":\"p\"}";
        stream.write_all(reply).await.unwrap();
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Starts a gateway in front of a CENTAGATE with TLS at `https://localhost`, behind `proxy`.
async fn behind(proxy: &Proxy, user: &str) -> (GatewayProcess, Simulator, Environment) {
    let (admin, authority) = (Admin::with_fresh_session("admin"), Authority::new("ca"));
    let mut config = Config::new(admin.clone());
    config.tls = Some(authority.issue("localhost"));
    let simulator = Simulator::start(config).await.unwrap();
    let base_url = format!("https://localhost:{}", simulator.address().port());
    let environment = Environment::new(&base_url, &admin);
    let file = environment.write("ca.pem", authority.pem());
    let environment = environment
        .set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &file)
        .set("GATEWAY__CENTAGATE__PROXY_URL", &proxy.url(user));
    (environment.serve().await, simulator, environment)
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_and_only_connect_contains_the_proxy_credentials() {
    let proxy = Proxy::start().await;
    let (gateway, simulator, _environment) = behind(&proxy, "gate:p%40ss@").await;
    let caller = Caller::of(&gateway);
    caller.wait_for_readiness(200).await;
    assert_eq!(proxy.heads().len(), 1, "the connection check at the start");
    for username in ["alice", "bob"] {
        let reply = caller.create_user(username).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2, "one tunnel for both requests: {heads:?}");
    let server = format!("localhost:{}", simulator.address().port());
    for head in &heads {
        assert!(head.starts_with(&format!("CONNECT {server} HTTP/1.1\r\n")), "{heads:?}");
    }
    let requests = simulator.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!((request.header("host"), request.header("proxy-authorization")), (Some(&*server), None));
    }
}

#[tokio::test]
async fn a_refused_tunnel_gets_503_and_nothing_is_sent() {
    let proxy = Proxy::start().await;
    for user in ["", "gate:wr0ng-word@"] {
        let (gateway, simulator, _environment) = behind(&proxy, user).await;
        let reply = Caller::of(&gateway).create_user("alice").await;
        assert_eq!((reply.status, &reply.problem("centagate_unavailable")["outcome"]), (503, &"notExecuted".into()));
        assert_eq!(simulator.requests().len(), 0);
        let line = gateway.wait_for_request("alice").await;
        let fault = line["upstream_fault"].as_str().unwrap();
        assert!(fault.contains("proxy authorization required") && !fault.contains("wr0ng"), "{fault}");
    }
}

#[tokio::test]
async fn plain_http_requests_are_sent_to_the_proxy_with_the_full_url() {
    let proxy = Proxy::start().await;
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.set("GATEWAY__CENTAGATE__PROXY_URL", &proxy.url("gate:p%40ss@")).serve().await;
    for username in ["alice", "bob"] {
        assert_eq!(Caller::of(&gateway).create_user(username).await.status, 201);
    }
    let (heads, server) = (proxy.heads(), simulator.address());
    let target = format!("PUT http://{server}/CentagateWS/webresources/user/registerUserActivate/admin HTTP/1.1\r\n");
    assert_eq!((heads.len(), simulator.requests().len()), (2, 0));
    for head in heads {
        assert!(head.starts_with(&target) && head.contains(&format!("host: {server}\r\n")), "{head}");
    }
}
