//! The commands in README's chapter "Connect your CENTAGATE", pasted into bash, start a gateway that logs in.

use std::os::unix::fs::symlink;

use centagate_simulator::{Admin, Config, Login, Simulator};

use crate::own_address::own_address;
use crate::program::Program;

const BASH: Program = Program { name: "bash", package: "bash and curl" };

/// The commands in the chapter.
fn commands() -> String {
    let readme = include_str!("../../README.md");
    let (_, chapter) = readme.split_once("## Connect your CENTAGATE\n").expect("the chapter");
    let (_, block) = chapter.split_once("```console\n").expect("a block of commands");
    let (block, _) = block.split_once("```").expect("the end of the block");
    block.lines().map(|line| line.strip_prefix("$ ").expect("a command").to_owned() + "\n").collect()
}

#[tokio::test]
async fn the_commands_in_the_readme_start_a_gateway_that_logs_in() {
    let admin = Admin { username: "gateway-admin".into(), auth_token: String::new(), secret_code: String::new() };
    let login = Login::fresh();
    let mut config = Config::new(admin);
    config.login = Some(login.clone());
    let simulator = Simulator::start(config).await.expect("a simulator");
    let home = tempfile::tempdir().expect("a directory");
    symlink(env!("CARGO_BIN_EXE_centagate-gateway"), home.path().join("centagate-gateway")).expect("a link");
    let typed = format!("{}\n{}\n{}\n", login.password, login.integration_key, login.app_secret_key);
    std::fs::write(home.path().join("typed"), typed).expect("the secrets");
    // Uses the test's own address instead of the usual loopback address.
    let host = own_address().ip().to_string();
    let commands =
        commands().replace("127.0.0.1", &host).replace("https://centagate.example.com", &simulator.base_url());
    let script = format!(
        "set -me\nexport PATH=$PWD:$PATH GATEWAY__SERVER__HOST={host} GATEWAY__MANAGEMENT__HOST={host} \
         GATEWAY__SERVER__DRAIN_MS=0\n{commands}kill -TERM -- -$!\nwait $! || true\n"
    );
    let input = home.path().join("typed");
    let printed = BASH.run_on(input.to_str().expect("a path in UTF-8"), &["-c", &script], home.path()).await;
    for part in ["\nvalid\n", "\nready\n", "session: live"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(simulator.live_sessions(), 0, "the gateway has logged out");
}
