//! Programs that call CENTAGATE directly send exactly what the gateway sends.
//!
//! Our own clients in `clients/programs/` always run. They are written from the parameter tables of the vendor's pages,
//! except that the tables capitalise some names (`LastName`) that CENTAGATE expects in camel case (`lastName`).
//! The sample programs of these pages run if the pages are available (`vendor`).

mod client;
mod comparison;
mod page;
mod vendor;

use centagate_simulator::Admin;

use client::{Client, JAVA, Language, NODE, PHP};
use comparison::{compare_with_gateway, start_simulator};

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_our_node_client() {
    compare(NODE, include_str!("clients/programs/client.js")).await;
}

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_our_php_client() {
    compare(PHP, include_str!("clients/programs/client.php")).await;
}

#[tokio::test]
async fn the_gateway_sends_the_same_calls_as_our_java_client() {
    compare(JAVA, include_str!("clients/programs/Client.java")).await;
}

/// Our clients percent-encode the admin's name, so it contains characters that need it.
async fn compare(language: Language, source: &str) {
    let admin = admin("anna wú+1@example.com");
    let simulator = start_simulator(&admin).await;
    compare_with_gateway(simulator, &admin, &[Client { language, source: source.to_owned() }]).await;
}

/// An admin whose `secretCode` is not ASCII: every program must sign the same bytes.
fn admin(username: &str) -> Admin {
    let mut admin = Admin::with_fresh_session(username);
    admin.secret_code.push('é');
    admin
}
