//! Clients generated from the contract. A Python client calls the gateway, the TypeScript compiler accepts the types,
//! and both versions of the document are valid.

use std::path::Path;

use centagate_simulator::{Admin, Config, Simulator};

use crate::gateway::{Gateway, KEY, client};
use crate::program::Program;

const PACKAGE: &str = "what .ci/run installs, with Debian's python3-venv, nodejs and npm";

const PYTHON: Program =
    Program { name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/generated_clients/bin/python"), package: PACKAGE };
const OPENAPI_PYTHON_CLIENT: Program = Program {
    name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/generated_clients/bin/openapi-python-client"),
    package: PACKAGE,
};
const OPENAPI_TYPESCRIPT: Program = Program {
    name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/typescript/node_modules/.bin/openapi-typescript"),
    package: PACKAGE,
};
const TSC: Program =
    Program { name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/typescript/node_modules/.bin/tsc"), package: PACKAGE };

/// Starts a gateway and writes the document that it serves at `path` to `openapi.json`.
async fn start(path: &str, directory: &Path) -> (Simulator, Gateway) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Gateway::start(&simulator, &admin);
    let reply = client().get(format!("{}{path}", gateway.url)).send().await.expect("a reply");
    std::fs::write(directory.join("openapi.json"), reply.bytes().await.expect("a document"))
        .expect("the document is written");
    (simulator, gateway)
}

/// Generates a Python client from the document at `path`, and calls every operation.
async fn call_with_python(path: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path();
    let (_simulator, gateway) = start(path, home).await;
    std::fs::write(home.join("config.yml"), "post_hooks: []\n").expect("the generator's options");
    let generate = ["generate", "--path", "openapi.json", "--config", "config.yml", "--meta", "none"];
    let output = ["--output-path", "centagate_gateway_client", "--fail-on-warning"];
    OPENAPI_PYTHON_CLIENT.run(&[&generate[..], &output].concat(), home).await;
    std::fs::write(home.join("call.py"), include_str!("generated_clients/call.py"))
        .expect("the Python program is written");
    let printed = PYTHON.run(&["call.py", &gateway.url, KEY], home).await;
    assert_eq!(printed, "called\n");
    gateway.stop().await;
}

#[tokio::test]
async fn a_generated_python_client_calls_every_operation() {
    call_with_python("/openapi.json").await;
}

#[tokio::test]
async fn a_python_client_generated_from_the_3_0_document_calls_every_operation() {
    call_with_python("/openapi-3.0.json").await;
}

#[tokio::test]
async fn generated_typescript_types_pass_the_strict_compiler() {
    for path in ["/openapi.json", "/openapi-3.0.json"] {
        let directory = tempfile::tempdir().expect("a directory");
        let home = directory.path();
        let (_simulator, gateway) = start(path, home).await;
        OPENAPI_TYPESCRIPT.run(&["openapi.json", "--output", "contract.ts"], home).await;
        std::fs::write(home.join("call.ts"), include_str!("generated_clients/call.ts"))
            .expect("the TypeScript program is written");
        TSC.run(&["--strict", "--noEmit", "--target", "es2022", "--module", "es2022", "call.ts"], home).await;
        gateway.stop().await;
    }
}

#[tokio::test]
async fn both_documents_are_valid() {
    for path in ["/openapi.json", "/openapi-3.0.json"] {
        let directory = tempfile::tempdir().expect("a directory");
        let (_simulator, gateway) = start(path, directory.path()).await;
        let printed = PYTHON.run(&["-m", "openapi_spec_validator", "openapi.json"], directory.path()).await;
        assert_eq!(printed, "openapi.json: OK\n");
        gateway.stop().await;
    }
}
