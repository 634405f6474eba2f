//! Silent connections to the management listener do not block probes or callers.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::environment::Environment;
use crate::process::sample;
use crate::raw;

/// More than the listener serves at once and the kernel queues, including connections that are being closed.
const SILENT: usize = 1_400;

#[tokio::test]
async fn silent_connections_are_closed_to_make_room_for_probes() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap(); // of this process
    let gateway = Environment::without_centagate().serve().await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(gateway.management).await.unwrap());
        if silent.len() % 200 == 0 {
            let started = Instant::now();
            assert_eq!(gateway.manage("/livez").await.0, 200);
            assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed()); // the timeout of a probe
            let request = b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";
            assert_eq!(raw::exchange(gateway.address, request).await.status, 200);
        }
    }
    let files = sample(&gateway.manage("/metrics").await.1, "process_open_fds");
    assert!(files < 2 * 512 + 64, "{files} open files");
    let (oldest, mut byte) = (&mut silent[0], [0]);
    let ended =
        timeout(Duration::from_secs(4), oldest.read(&mut byte)).await.expect("the oldest connection is closed early");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn connections_that_send_a_request_slowly_are_closed_in_time() {
    let gateway = Environment::without_centagate().serve().await;
    let mut connection = TcpStream::connect(gateway.management).await.unwrap();
    // A request whose body never ends is answered at once, and its connection is closed soon after.
    let head = b"GET /livez HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut connection, head).await.unwrap();
    assert!(raw::read_head(&mut connection).await.starts_with("HTTP/1.1 200 "));
    let (mut reader, mut writer) = connection.split();
    let trickle = async {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, b"1\r\nx\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await; // a slow client
        }
    };
    let mut rest = Vec::new();
    timeout(Duration::from_secs(40), async {
        tokio::select! {
            () = trickle => {}
            _ = reader.read_to_end(&mut rest) => {}
        }
    })
    .await
    .expect("the connection is closed");
}
