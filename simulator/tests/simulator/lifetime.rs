//! Starting and stopping, under any runtime.

use centagate_simulator::{Admin, Config, Simulator};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::Bench;
use crate::client::TEST_TIMEOUT;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_simulator_runs_under_a_multi_thread_runtime() {
    let bench = Bench::start().await;
    assert_eq!(bench.code_with(serde_json::json!({})).await, "0");
}

#[test]
fn the_simulator_runs_under_an_actix_system() {
    actix_web::rt::System::new().block_on(async {
        let bench = Bench::start().await;
        assert_eq!(bench.code_with(serde_json::json!({})).await, "0");
        bench.simulator.stop().await;
    });
}

#[tokio::test]
async fn stopping_frees_the_address() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    assert_eq!(bench.simulator.base_url(), format!("http://{address}"));
    timeout(TEST_TIMEOUT, bench.simulator.stop()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    let mut config = Config::new(Admin::with_fresh_session("admin"));
    config.address = address;
    let second = Simulator::start(config.clone()).await.unwrap();
    assert_eq!(second.address(), address);
    assert!(Simulator::start(config).await.is_err());
}

#[tokio::test]
async fn dropping_the_handle_stops_the_simulator() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    let mut connection = TcpStream::connect(address).await.unwrap();
    drop(bench);
    let end = tokio::io::AsyncReadExt::read_u8(&mut connection);
    assert!(timeout(TEST_TIMEOUT, end).await.unwrap().is_err());
}
