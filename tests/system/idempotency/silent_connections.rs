//! Connections to Redis that fall silent, as when a NAT drops a connection without a packet. Redis may have executed
//! the command.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::caller::{Create, is_replayed};
use super::cluster::Cluster;
use crate::process::GatewayProcess;

/// The value of `redis.timeout_ms`.
const TIMEOUT: Duration = Duration::from_millis(500);

/// How much longer a reply may take on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// What is lost on a silent connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The replies of Redis.
    Replies,
    /// The commands and the replies.
    Everything,
}

/// A proxy in front of Redis that silences one connection at a chosen command. Later connections work.
struct SilencingProxy {
    address: SocketAddr,
    /// The number of commands until a connection falls silent. 0 means that none does.
    commands_left: Arc<AtomicUsize>,
}

impl SilencingProxy {
    async fn start(redis: String, lost: Lost) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let (address, commands_left) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
        let left = Arc::clone(&commands_left);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&redis).await.expect("Redis");
                tokio::spawn(forward(client, server, Arc::clone(&left), lost));
            }
        });
        Self { address, commands_left }
    }
}

async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    commands_left: Arc<AtomicUsize>,
    lost: Lost,
) -> Option<()> {
    let (mut sent, mut received, mut is_silent) = (vec![0; 64 * 1024], vec![0; 64 * 1024], false);
    loop {
        tokio::select! {
            length = client.read(&mut sent) => {
                let command = &sent[..length.ok().filter(|length| *length > 0)?];
                let has = |word: &[u8]| command.windows(word.len()).any(|bytes| bytes == word);
                let is_command = has(b"EVALSHA") || has(b"PTTL");
                let count_down = |left: usize| left.checked_sub(1);
                is_silent |= is_command
                    && commands_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count_down) == Ok(1);
                if !is_silent || lost == Lost::Replies {
                    server.write_all(command).await.ok()?;
                }
            }
            length = server.read(&mut received) => {
                let reply = &received[..length.ok().filter(|length| *length > 0)?];
                if !is_silent {
                    client.write_all(reply).await.ok()?;
                }
            }
        }
    }
}

/// Starts a gateway behind a proxy and sends one request, so that Redis has cached the script.
async fn gateway_behind_proxy(cluster: &Cluster, lost: Lost) -> (SilencingProxy, GatewayProcess) {
    let url = cluster.redis.url();
    let proxy = SilencingProxy::start(url.trim_start_matches("redis://").trim_end_matches("/0").to_owned(), lost).await;
    let environment = cluster.environment().set("GATEWAY__REDIS__URL", &format!("redis://{}", proxy.address));
    let timeout = TIMEOUT.as_millis().to_string();
    let gateway = environment.set("GATEWAY__REDIS__TIMEOUT_MS", &timeout).serve().await;
    assert_eq!(cluster.caller.create(&gateway, "first", &Create::user("first")).await.status, 201);
    (proxy, gateway)
}

#[tokio::test]
async fn a_silent_connection_to_redis_delays_requests_and_fails_none() {
    let cluster = Cluster::start().await;
    for lost in [Lost::Replies, Lost::Everything] {
        let (proxy, gateway) = gateway_behind_proxy(&cluster, lost).await;
        // The five commands: claim the key, mark it as sent, store the outcome; then, for the retry, read the record
        // and its secrets.
        for silent_at in 1..=5 {
            let name = format!("{lost:?}-{silent_at}");
            cluster.add_users([name.as_str()]);
            let create = Create::token(&name);
            proxy.commands_left.store(silent_at, Ordering::SeqCst);
            let started = Instant::now();
            let first = cluster.caller.create(&gateway, name.as_str(), &create).await;
            assert_eq!((first.status, is_replayed(&first)), (201, false), "{name}: {}", first.text());
            let retried = cluster.caller.create(&gateway, name.as_str(), &create).await;
            assert_eq!((retried.status, is_replayed(&retried), retried.body), (201, true, first.body), "{name}");
            assert!(started.elapsed() < TIMEOUT + SLACK, "{name}: {:?}", started.elapsed());
            assert_eq!((cluster.calls_for(&name), proxy.commands_left.load(Ordering::SeqCst)), (1, 0), "{name}");
        }
    }
}
