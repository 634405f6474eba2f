//! The gateway sends what the sample programs of the vendor's pages send.
//!
//! The repository does not contain these programs. The tests extract them from the Markdown of the two pages, in the
//! directory `CENTAGATE_PAGES` (default: `../shared/centagate`). If the pages are not there, the tests say so and pass.
//! The changes to each program are listed in `node`, `php` and `java`: the server's address, the values to send, and
//! mistakes that keep the program from running.

use std::io::Write;
use std::path::{Path, PathBuf};

use centagate_simulator::{Admin, Simulator};

use super::client::{Client, JAVA, Language, NODE, PHP};
use super::comparison::{compare_with_gateway, start_simulator};
use super::page::{Page, SampleProgram};

/// A vendor page, and the values of its parameters besides `cenToken`.
struct Call {
    page: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

const CALLS: [Call; 2] = [
    Call {
        page: "user-registration.md",
        parameters: &[
            ("firstName", "Zoë"),
            ("lastName", "O'Brien 李"),
            ("username", "zoë@example.com"),
            ("userApp", "portal"),
            ("userUniqueId", "4711"),
            ("userClientId", "C/4711"),
            ("userAdditionalData1", "one"),
            ("userAdditionalData2", "two"),
            ("userAdditionalData3", "three"),
            ("userAdditionalData4", "four"),
            ("userAdditionalData5", "five"),
            ("userEmail", "zoe@example.com"),
            ("roles", "3"),
            ("userGroup", "Staff"),
        ],
    },
    Call { page: "one-time-pin.md", parameters: &[("username", "bob"), ("status", "2"), ("validity", "600")] },
];

/// Changes a sample program so that it makes the call to the simulator.
type Edit = fn(SampleProgram, &Call, &Simulator, &Admin) -> SampleProgram;

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_the_vendors_node_programs() {
    compare("Node Js", NODE, node).await;
}

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_the_vendors_php_programs() {
    compare("PHP", PHP, php).await;
}

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_the_vendors_java_programs() {
    compare("Java", JAVA, java).await;
}

/// Replaces the scheme, host and port, and adds the quotes that a string lacks.
fn node(program: SampleProgram, call: &Call, simulator: &Simulator, admin: &Admin) -> SampleProgram {
    let address = simulator.address();
    let program = program
        .replace("'https'", "'http'")
        .replace("<domain_name>", &address.ip().to_string())
        .replace("443", &address.port().to_string())
        .replace("(sha256", "('sha256'");
    fill_placeholders(program, call, admin)
}

/// Replaces the scheme, host and port.
fn php(program: SampleProgram, call: &Call, simulator: &Simulator, admin: &Admin) -> SampleProgram {
    fill_placeholders(program.replace("https://<domain_name>", &simulator.base_url()), call, admin)
}

/// Replaces the scheme, host and port, adds a `throws`, a `;` and a `=` that are missing, and prints the reply.
fn java(program: SampleProgram, call: &Call, simulator: &Simulator, admin: &Admin) -> SampleProgram {
    let program = program
        .replace("https://<domain_name>", &simulator.base_url())
        .replace("args) {", "args) throws Exception {")
        .replace("\"{authToken}\"", &format!("\"{}\";", admin.auth_token))
        .replace("{adminUsername}", &admin.username)
        .replace(" \"{secretCode}\"", &format!(" = \"{}\"", admin.secret_code))
        .replace("String message", "System.out.println(retJson); String message");
    let program = call
        .parameters
        .iter()
        .fold(program, |program, (name, value)| program.replace(&format!(", \"{name}\")"), &format!(", \"{value}\")")));
    program.framed(include_str!("programs/VendorFrame.java"), "/* VENDOR PROGRAM */")
}

/// Replaces the placeholders in a Node.js or PHP program.
fn fill_placeholders(program: SampleProgram, call: &Call, admin: &Admin) -> SampleProgram {
    let Admin { username, auth_token, secret_code } = admin;
    let session = [("adminUsername", &**username), ("authToken", auth_token), ("secretCode", secret_code)];
    let values = session.iter().chain(call.parameters);
    values.fold(program, |program, (name, value)| program.replace(&format!("<{name}>"), value))
}

/// Runs both programs of a language and compares their requests with the gateway's, if the pages are available.
async fn compare(heading: &str, language: Language, edit: Edit) {
    let directory = pages_directory();
    let pages: Result<Vec<_>, _> = CALLS.iter().map(|call| Page::read(&directory.join(call.page))).collect();
    let pages = match pages {
        Ok(pages) => pages,
        Err(reason) => return report(&format!("The vendor's {heading} programs did not run: {reason}")),
    };
    // The programs do not percent-encode the name.
    let admin = super::admin("admin");
    let simulator = start_simulator(&admin).await;
    let clients: Vec<_> = CALLS
        .iter()
        .zip(&pages)
        .map(|(call, page)| edit(page.program(heading), call, &simulator, &admin).into_source())
        .map(|source| Client { language, source })
        .collect();
    compare_with_gateway(simulator, &admin, &clients).await;
    report(&format!("The vendor's {heading} programs ran, and the gateway sent the same ({}).", directory.display()));
}

fn pages_directory() -> PathBuf {
    let named = std::env::var_os("CENTAGATE_PAGES").filter(|directory| !directory.is_empty());
    named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/centagate"), PathBuf::from)
}

/// Prints a line even if the test passes: the test harness hides only what `print!` and `eprint!` print.
fn report(line: &str) {
    let mut errors = std::io::stderr();
    writeln!(errors, "{line}").expect("standard error");
}
