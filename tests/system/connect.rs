//! The commands in README's chapter "Connect your CENTAGATE", pasted into bash, start a gateway that logs in.

use std::os::unix::fs::symlink;

use centagate_simulator::{Admin, Config, Login, Simulator};

use crate::markdown::Document;
use crate::pasted::{commands, paste};

#[tokio::test]
async fn the_commands_in_the_readme_start_a_gateway_that_logs_in() {
    let mut readme = Document::named("README.md");
    let (_, chapter) = readme.text.split_once("\n## Connect your CENTAGATE\n").expect("the chapter");
    readme.text = chapter.split("\n## ").next().unwrap_or_default().to_owned();
    let commands = commands(&readme);
    let admin = Admin { username: "gateway-admin".into(), auth_token: String::new(), secret_code: String::new() };
    let login = Login::fresh();
    let mut config = Config::new(admin);
    config.login = Some(login.clone());
    let simulator = Simulator::start(config).await.expect("a simulator");
    let home = tempfile::tempdir().expect("a directory");
    symlink(env!("CARGO_BIN_EXE_centagate-gateway"), home.path().join("centagate-gateway")).expect("a link");
    let typed = home.path().join("typed");
    let secrets = format!("{}\n{}\n{}\n", login.password, login.integration_key, login.app_secret_key);
    std::fs::write(&typed, secrets).expect("the secrets");
    let commands = commands.replace("https://centagate.example.com", &simulator.base_url());
    let commands = format!("export PATH=$PWD:$PATH\n{commands}kill -TERM -- -$!\nwait $! || true\n");
    let printed = paste(&commands, &typed, home.path()).await;
    for part in ["\nvalid\n", "\nready\n", "session: live"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(simulator.live_sessions(), 0, "the gateway has logged out");
}
