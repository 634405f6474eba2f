//! The documents are true: links lead somewhere, requests get the replies that stand behind them, and the blocks of code are valid.

use reqwest::Method;
use serde_json::Value;

use crate::callers;
use crate::gateway::{Setup, TestGateway};
use crate::markdown::{Block, documents, root};
use crate::process::Environment;

/// Languages of blocks that other tests check, or that nothing can check.
const OTHER_LANGUAGES: [&str; 9] = ["console", "go", "java", "mermaid", "php", "python", "sh", "text", "typescript"];

#[test]
fn every_relative_link_leads_to_a_file_and_its_anchor() {
    let mut broken = Vec::new();
    let mut checked = 0;
    let documents = documents();
    for document in &documents {
        let directory = document.path.parent().expect("a directory");
        for (line, target) in document.links() {
            // `../../actions` is a page of the repository's host.
            if target.contains("://") || target.starts_with("mailto:") || target.starts_with("../../actions/") {
                continue;
            }
            checked += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { document.path.clone() } else { directory.join(file) };
            let path = path.canonicalize();
            let linked = path.ok().filter(|path| path.starts_with(root().canonicalize().expect("the root")));
            let is_found = linked.is_some_and(|path| {
                let linked = documents.iter().find(|other| other.path.canonicalize().is_ok_and(|other| other == path));
                anchor.is_empty() || linked.is_some_and(|linked| linked.anchors().contains(anchor))
            });
            if !is_found {
                broken.push(format!("{}:{line}: {target}", document.name()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(checked > 50, "{checked}");
}

#[test]
fn blocks_of_json_toml_and_yaml_are_valid() {
    for document in documents() {
        for block in document.blocks() {
            let place = format!("{}:{}", document.name(), block.line);
            let error = match block.language {
                "json" => serde_json::from_str::<Value>(&block.text).err().map(|error| error.to_string()),
                "toml" => toml_fault(&block.text),
                "yaml" => yaml_serde::from_str::<yaml_serde::Value>(&block.text).err().map(|error| error.to_string()),
                "http" => None,
                language if OTHER_LANGUAGES.contains(&language) => None,
                language => Some(format!("the language {language:?} is not known")),
            };
            assert_eq!(error, None, "{place}");
        }
    }
}

/// What is wrong with a callers file or a configuration file.
fn toml_fault(text: &str) -> Option<String> {
    let mut environment = Environment::without_centagate();
    if text.contains("jwt_subject") {
        environment = environment
            .set("GATEWAY__JWT__ISSUER", "https://id.example.com")
            .set("GATEWAY__JWT__AUDIENCE", "centagate-gateway")
            .set("GATEWAY__JWT__JWKS_URL", "http://127.0.0.1:1/jwks");
    }
    if text.contains("[[callers]]") {
        environment.write("callers.toml", text);
    } else {
        environment.write("config/production.toml", text);
    }
    let run = environment.run(&["check-config"]);
    (!run.stdout.ends_with("valid\n")).then(|| format!("{run:?}"))
}

#[tokio::test]
async fn every_request_gets_the_reply_behind_it() {
    let mut requests = 0;
    for document in documents() {
        let blocks = document.blocks();
        let exchanges: Vec<_> = blocks.iter().filter(|block| block.language == "http").collect();
        if exchanges.is_empty() {
            continue;
        }
        let gateway = Setup::new().without_rate_limit().start().await;
        for block in exchanges {
            let place = format!("{}:{}", document.name(), block.line);
            check(&gateway, &Exchange::parse(block, &place), &place).await;
            requests += 1;
        }
    }
    assert!(requests >= 3, "{requests}");
}

/// A request and its reply, as documents show them.
struct Exchange {
    method: Method,
    path: String,
    request_headers: Vec<(String, String)>,
    request_body: String,
    status: u16,
    reply_headers: Vec<(String, String)>,
    reply_body: String,
}

impl Exchange {
    fn parse(block: &Block<'_>, place: &str) -> Self {
        let (request, reply) = block.text.split_once("HTTP/1.1 ").expect(place);
        let (first, rest) = request.split_once('\n').expect(place);
        let (method, path) = first.split_once(' ').expect(place);
        let (request_headers, request_body) = split(rest);
        let (status_line, rest) = reply.split_once('\n').expect(place);
        let (reply_headers, reply_body) = split(rest);
        Self {
            method: method.parse().expect(place),
            path: path.to_owned(),
            request_headers,
            request_body,
            status: status_line[..3].parse().expect(place),
            reply_headers,
            reply_body,
        }
    }
}

/// The headers and the body, which begins with `{`.
fn split(text: &str) -> (Vec<(String, String)>, String) {
    let body = text.find('{').unwrap_or(text.len());
    let headers = text[..body].lines().filter_map(|line| line.split_once(": "));
    (headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), text[body..].trim().to_owned())
}

async fn check(gateway: &TestGateway, exchange: &Exchange, place: &str) {
    let mut request = gateway.request(exchange.method.clone(), &exchange.path).bearer_auth(callers::EVERYTHING);
    for (name, value) in exchange.request_headers.iter().filter(|(name, _)| name != "Authorization") {
        request = request.header(name, value);
    }
    if !exchange.request_body.is_empty() {
        serde_json::from_str::<Value>(&exchange.request_body).expect(place);
        request = request.header("content-type", "application/json").body(exchange.request_body.clone());
    }
    let reply = gateway.send(request).await;
    assert_eq!(reply.status, exchange.status, "{place}: {}", reply.text());
    for (name, value) in &exchange.reply_headers {
        assert_eq!(reply.header(name), Some(&**value), "{place}: {name}");
    }
    if exchange.reply_body.is_empty() {
        assert_eq!(reply.text(), "", "{place}");
    } else {
        let documented: Value = serde_json::from_str(&exchange.reply_body).expect(place);
        assert!(matches(&documented, &reply.json()), "{place}: documented {documented}, got {}", reply.text());
    }
}

/// Whether `actual` is as documented. The text `…` stands for any value.
fn matches(documented: &Value, actual: &Value) -> bool {
    match (documented, actual) {
        (Value::String(text), _) if text == "…" => true,
        (Value::Object(documented), Value::Object(actual)) => {
            documented.len() == actual.len()
                && documented.iter().all(|(name, value)| actual.get(name).is_some_and(|actual| matches(value, actual)))
        }
        (Value::Array(documented), Value::Array(actual)) => {
            documented.len() == actual.len() && documented.iter().zip(actual).all(|(one, other)| matches(one, other))
        }
        (documented, actual) => documented == actual,
    }
}
