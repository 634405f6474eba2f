//! The programs in `docs/clients.md` work as the page says.

use std::path::Path;

use centagate_simulator::{Admin, Config, Simulator};

use crate::gateway::{Gateway, KEY};
use crate::program::Program;

const PAGE: &str = include_str!("../../docs/clients.md");

/// Passes the page's environment variables to a program.
const ENV: Program = Program { name: "env", package: "coreutils" };

const TSC: Program = Program {
    name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/typescript/node_modules/.bin/tsc"),
    package: "what .ci/run installs",
};

/// The page's only program in `language`.
fn program(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).expect(language);
    rest.split_once("```").expect("the end of the block").0
}

/// Stores the program as `file_name` and runs `command` on it twice.
async fn run(language: &str, file_name: &str, command: &[&str]) {
    let home = tempfile::tempdir().expect("a directory");
    std::fs::write(home.path().join(file_name), program(language)).expect("the program is written");
    run_in(home.path(), command).await;
}

/// Runs `command` twice. The first run creates the user, and the second run gets `username_taken`.
async fn run_in(home: &Path, command: &[&str]) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Gateway::start(&simulator, &admin);
    let (url, key) = (format!("GATEWAY_URL={}", gateway.url), format!("GATEWAY_KEY={KEY}"));
    let arguments = [&[&*url, &*key], command].concat();
    assert_eq!(ENV.run(&arguments, home).await, "201 alice\n");
    assert_eq!(ENV.run(&arguments, home).await, "409 username_taken\n");
    gateway.stop().await;
}

#[tokio::test]
async fn the_curl_commands_work() {
    // The page's command prints the status to standard error and the body to standard output.
    let show =
        "sh client.sh 2>status | sed -E 's/.*\"(username|code)\":\"([^\"]*)\".*/\\2/' >word; echo $(cat status word)";
    run("sh", "client.sh", &["sh", "-c", show]).await;
}

#[tokio::test]
async fn the_python_program_works() {
    run("python", "client.py", &["python3", "client.py"]).await;
}

#[tokio::test]
async fn the_typescript_program_works() {
    let home = tempfile::tempdir().expect("a directory");
    std::fs::write(home.path().join("client.ts"), program("typescript")).expect("the program is written");
    TSC.run(&["--strict", "--target", "es2022", "--lib", "es2022,dom", "client.ts"], home.path()).await;
    run_in(home.path(), &["node", "client.js"]).await;
}

#[tokio::test]
async fn the_java_program_works() {
    run("java", "Client.java", &["java", "Client.java"]).await;
}

#[tokio::test]
async fn the_go_program_works() {
    run("go", "client.go", &["go", "run", "client.go"]).await;
}

#[tokio::test]
async fn the_php_program_works() {
    run("php", "client.php", &["php", "client.php"]).await;
}
