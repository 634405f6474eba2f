//! A way to Redis that falls silent, as a NAT drops a connection without a word: what Redis was told may have been done.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::caller::{Create, is_replayed};
use super::house::House;
use crate::process::GatewayProcess;

/// `redis.timeout_ms`.
const TIMEOUT: Duration = Duration::from_millis(500);

/// For how much longer a reply may take on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// What gets lost on a connection that has fallen silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// What Redis answers.
    Answers,
    /// What it is asked, too.
    Everything,
}

/// A way to Redis on which a connection falls silent at a call. Later connections are as good as ever.
struct Way {
    address: SocketAddr,
    /// Calls until then; 0: no connection falls silent.
    calls_left: Arc<AtomicUsize>,
}

impl Way {
    async fn to(redis: String, lost: Lost) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, calls_left) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
        let left = Arc::clone(&calls_left);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&redis).await.expect("Redis");
                tokio::spawn(carry(near, far, Arc::clone(&left), lost));
            }
        });
        Self { address, calls_left }
    }
}

async fn carry(mut near: TcpStream, mut far: TcpStream, calls_left: Arc<AtomicUsize>, lost: Lost) -> Option<()> {
    let (mut asked, mut answered, mut is_silent) = (vec![0; 64 * 1024], vec![0; 64 * 1024], false);
    loop {
        tokio::select! {
            length = near.read(&mut asked) => {
                let call = &asked[..length.ok().filter(|length| *length > 0)?];
                let has = |word: &[u8]| call.windows(word.len()).any(|bytes| bytes == word);
                let is_call = has(b"EVALSHA") || has(b"PTTL");
                let one_less = |left: usize| left.checked_sub(1);
                is_silent |= is_call && calls_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) == Ok(1);
                if !is_silent || lost == Lost::Answers {
                    far.write_all(call).await.ok()?;
                }
            }
            length = far.read(&mut answered) => {
                let answer = &answered[..length.ok().filter(|length| *length > 0)?];
                if !is_silent {
                    near.write_all(answer).await.ok()?;
                }
            }
        }
    }
}

/// A gateway that has used its way to Redis once: Redis knows the script from then on.
async fn gateway_behind_a_way(house: &House, lost: Lost) -> (Way, GatewayProcess) {
    let url = house.redis.url();
    let way = Way::to(url.trim_start_matches("redis://").trim_end_matches("/0").to_owned(), lost).await;
    let environment = house.environment().set("GATEWAY__REDIS__URL", &format!("redis://{}", way.address));
    let timeout = TIMEOUT.as_millis().to_string();
    let gateway = environment.set("GATEWAY__REDIS__TIMEOUT_MS", &timeout).serve().await;
    assert_eq!(house.caller.create(&gateway, "first", &Create::user("first")).await.status, 201);
    (way, gateway)
}

#[tokio::test]
async fn a_connection_that_falls_silent_costs_time_and_no_request() {
    let house = House::build().await;
    for lost in [Lost::Answers, Lost::Everything] {
        let (way, gateway) = gateway_behind_a_way(&house, lost).await;
        // Claimed, sent, its end; for the repetition: looked up, its secrets read.
        for silent_at in 1..=5 {
            let name = format!("{lost:?}-{silent_at}");
            house.know([name.as_str()]);
            let create = Create::token(&name);
            way.calls_left.store(silent_at, Ordering::SeqCst);
            let started = Instant::now();
            let told = house.caller.create(&gateway, name.as_str(), &create).await;
            assert_eq!((told.status, is_replayed(&told)), (201, false), "{name}: {}", told.text());
            let again = house.caller.create(&gateway, name.as_str(), &create).await;
            assert_eq!((again.status, is_replayed(&again), again.body), (201, true, told.body), "{name}");
            assert!(started.elapsed() < TIMEOUT + SLACK, "{name}: {:?}", started.elapsed());
            assert_eq!((house.sent(&name), way.calls_left.load(Ordering::SeqCst)), (1, 0), "{name}");
        }
    }
}
