//! Silent connections to the management listener: probes and callers are served all the same.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::process::{Environment, sample};
use crate::raw;

/// More than the listener serves at once and the kernel lets wait, together with those that are being ended.
const SILENT: usize = 1_400;

#[tokio::test]
async fn silent_connections_make_room_for_probes_and_cost_no_open_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap(); // of this process
    let gateway = Environment::without_centagate().serve().await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(gateway.management).await.unwrap());
        if silent.len() % 200 == 0 {
            let started = Instant::now();
            assert_eq!(gateway.manage("/livez").await.0, 200);
            assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed()); // as a probe waits
            let request = b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";
            assert_eq!(raw::exchange(gateway.address, request).await.status, 200);
        }
    }
    let files = sample(&gateway.manage("/metrics").await.1, "process_open_fds");
    assert!(files < 2 * 512 + 64, "{files} open files");
    let (oldest, mut byte) = (&mut silent[0], [0]);
    let ended = timeout(Duration::from_secs(4), oldest.read(&mut byte)).await.expect("the oldest ends before its time");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn connections_that_send_a_request_bit_by_bit_end_in_time() {
    let gateway = Environment::without_centagate().serve().await;
    let mut connection = TcpStream::connect(gateway.management).await.unwrap();
    // A request whose body never ends is answered at once, and cut before long.
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
    .expect("it is cut");
}
