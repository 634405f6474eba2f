//! The drain loses no connection if the process has no capabilities, as in a container.

use std::os::unix::fs::PermissionsExt as _;

use crate::environment::Environment;
use crate::new_connections::expect_no_lost_connection;

/// Runs the gateway without capabilities, also if the test runs as root.
const WRAPPER: &str = concat!(
    "#!/bin/sh\nexec /usr/bin/setpriv --bounding-set=-all --inh-caps=-all '",
    env!("CARGO_BIN_EXE_centagate-gateway"),
    "' \"$@\"\n"
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_capabilities_loses_no_connection_when_it_stops() {
    for _ in 0..5 {
        let (mut environment, simulator) = Environment::with_simulator().await;
        let wrapper = environment.write("gateway", WRAPPER);
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).expect("an executable file");
        environment.program = wrapper.leak();
        expect_no_lost_connection(&environment, &simulator).await;
    }
}
