//! Headers and process settings that protect against attackers.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::environment::Environment;
use crate::gateway::TestGateway;
use crate::reply::Reply;

const PAGES: [&str; 3] = ["/docs/", "/docs/index.html", "/problems"];

/// The sources of each directive of a Content-Security-Policy.
fn policy(reply: &Reply) -> BTreeMap<&str, Vec<&str>> {
    let policy = reply.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {reply:?}"));
    let directives = policy.split(';').map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        (words.next().expect("a name"), words.collect())
    });
    directives.collect()
}

#[tokio::test]
async fn every_page_allows_only_the_gateways_scripts_and_no_frames() {
    let gateway = TestGateway::start().await;
    for path in PAGES {
        for method in [Method::GET, Method::HEAD] {
            let reply = gateway.send(gateway.request(method, path)).await;
            assert!(reply.header("content-type").unwrap().starts_with("text/html"), "{path}");
            let policy = policy(&reply);
            assert_eq!(policy["script-src"], ["'self'"], "{path}");
            for none in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
                assert_eq!(policy[none], ["'none'"], "{path} {none}");
            }
            for (directive, sources) in &policy {
                let known = ["'self'", "'none'", "data:", "'unsafe-inline'"];
                assert!(sources.iter().all(|source| known.contains(source)), "{directive} {sources:?}");
                let inline = sources.contains(&"'unsafe-inline'");
                assert!(!inline || *directive == "style-src", "{path}: {directive} {sources:?}");
            }
            assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{path}");
            assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        }
    }
}

#[tokio::test]
async fn no_page_contains_an_inline_script() {
    let gateway = TestGateway::start().await;
    for path in PAGES {
        let page = gateway.get(path).await.text().to_ascii_lowercase();
        for script in page.split("<script").skip(1) {
            let (tag, content) = script.split_once('>').expect(path);
            let content = content.split("</script").next().expect(path);
            assert!(tag.contains("src=") && content.trim().is_empty(), "{path}: {tag} {content}");
        }
        for handler in [" onload=", " onclick=", " onerror=", "javascript:"] {
            assert!(!page.contains(handler), "{path}: {handler}");
        }
    }
}

#[tokio::test]
async fn no_route_allows_cross_origin_requests() {
    let gateway = TestGateway::start().await;
    for path in [
        "/users",
        "/users/bob/otp-token",
        "/problems",
        "/openapi.json",
        "/openapi-3.0.json",
        "/docs",
        "/docs/",
        "/docs/index.html",
    ] {
        for (method, requested_method) in [(Method::OPTIONS, "POST"), (Method::GET, "GET"), (Method::POST, "POST")] {
            let request = gateway.request(method.clone(), path).header("origin", "https://elsewhere.example");
            let request = request.header("access-control-request-method", requested_method);
            let request = request.header("access-control-request-headers", "authorization");
            // `Reply` checks every header against a list without CORS headers.
            let reply = gateway.send(request).await;
            assert_eq!(reply.status == 405, method == Method::OPTIONS || reply.header("allow").is_some(), "{path}");
            assert!(!reply.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{path}");
        }
    }
}

#[tokio::test]
async fn the_process_leaves_no_core_dump() {
    let gateway = Environment::without_centagate().serve().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gateway.id())).expect("the limits of the process");
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).expect("a limit");
    assert_eq!(core.split_ascii_whitespace().collect::<Vec<_>>()[..2], ["0", "0"], "soft and hard");
}
