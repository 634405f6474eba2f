//! Answers of Redis that are lost on their way: what it was told may have been done.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::caller::{Create, is_replayed};
use super::house::House;
use crate::process::GatewayProcess;

/// A way to Redis on which the answer to one call is lost, and all that follow on its connection.
struct Way {
    address: SocketAddr,
    /// Calls until then; 0: no answer is lost.
    calls_left: Arc<AtomicUsize>,
}

impl Way {
    async fn to(redis: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (address, calls_left) = (listener.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
        let left = Arc::clone(&calls_left);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&redis).await.expect("Redis");
                tokio::spawn(carry(near, far, Arc::clone(&left)));
            }
        });
        Self { address, calls_left }
    }
}

async fn carry(mut near: TcpStream, mut far: TcpStream, calls_left: Arc<AtomicUsize>) -> Option<()> {
    let (mut asked, mut answered, mut is_mute) = (vec![0; 64 * 1024], vec![0; 64 * 1024], false);
    loop {
        tokio::select! {
            length = near.read(&mut asked) => {
                let call = &asked[..length.ok().filter(|length| *length > 0)?];
                let is_call = call.windows(7).any(|word| word == b"EVALSHA");
                let last = |left: usize| left.checked_sub(1);
                is_mute |= is_call && calls_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, last) == Ok(1);
                far.write_all(call).await.ok()?;
            }
            length = far.read(&mut answered) => {
                let answer = &answered[..length.ok().filter(|length| *length > 0)?];
                if !is_mute {
                    near.write_all(answer).await.ok()?;
                }
            }
        }
    }
}

/// A gateway that has used its way to Redis once: Redis knows the script from then on.
async fn gateway_behind_a_way(house: &House) -> (Way, GatewayProcess) {
    let url = house.redis.url();
    let way = Way::to(url.trim_start_matches("redis://").trim_end_matches("/0").to_owned()).await;
    let environment = house.environment().set("GATEWAY__REDIS__URL", &format!("redis://{}", way.address));
    let gateway = environment.set("GATEWAY__REDIS__TIMEOUT_MS", "500").serve().await;
    assert_eq!(house.caller.create(&gateway, "first", &Create::user("first")).await.status, 201);
    (way, gateway)
}

#[tokio::test]
async fn a_request_that_was_not_sent_leaves_its_key_free_also_where_the_answer_to_sent_is_lost() {
    let house = House::build().await;
    let (way, gateway) = gateway_behind_a_way(&house).await;
    way.calls_left.store(2, Ordering::SeqCst); // claimed, sent
    let lost = house.caller.create(&gateway, "second", &Create::user("second")).await;
    assert_eq!(lost.problem("idempotency_unavailable")["outcome"], "notExecuted");
    assert_eq!(house.sent("second"), 0);
    let again = house.caller.create(&gateway, "second", &Create::user("second")).await;
    assert_eq!((again.status, is_replayed(&again)), (201, false), "{}", again.text());
}

#[tokio::test]
async fn a_reply_is_remembered_also_where_the_answer_to_its_writing_is_lost() {
    let house = House::build().await;
    let (way, gateway) = gateway_behind_a_way(&house).await;
    way.calls_left.store(3, Ordering::SeqCst); // claimed, sent, its end
    let reply = house.caller.create(&gateway, "second", &Create::user("second")).await;
    assert_eq!(reply.status, 201);
    let again = house.caller.create(&gateway, "second", &Create::user("second")).await;
    assert_eq!((again.status, is_replayed(&again)), (201, true), "{}", again.text());
    assert_eq!(house.sent("second"), 1);
}
