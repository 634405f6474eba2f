//! The pages of the contract: served from the gateway's own files, or disabled.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::Method;

use crate::gateway::{Setup, TestGateway};

#[tokio::test]
async fn docs_can_be_disabled() {
    let gateway = Setup::new().set("docs.enabled", "false").start().await;
    for path in ["/", "/docs", "/docs/", "/docs/index.html", "/openapi.json", "/openapi-3.0.json"] {
        gateway.get(path).await.problem("not_found");
    }
    assert_eq!(gateway.get("/problems").await.status, 200);
}

#[tokio::test]
async fn the_root_and_docs_redirect_to_the_page() {
    let gateway = TestGateway::start().await;
    for path in ["/", "/docs"] {
        let redirect = gateway.get(path).await;
        assert_eq!((redirect.status, redirect.header("location")), (307, Some("docs/")), "{path}");
    }
    let gateway = Setup::new().set("docs.enabled", "false").start().await;
    gateway.get("/").await.problem("not_found");
}

/// The files that the page `/docs/` refers to.
fn files_of(page: &str) -> Vec<String> {
    let references = ["src=\"", "href=\""].into_iter().flat_map(|attribute| page.split(attribute).skip(1));
    let files = references.map(|reference| reference.split('"').next().unwrap().to_owned());
    files.filter(|file| !file.starts_with("data:")).collect()
}

#[tokio::test]
async fn swagger_ui_is_served_from_its_own_files() {
    let gateway = TestGateway::start().await;
    let index = gateway.get("/docs/").await;
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let page = index.text();
    for part in ["<title>CENTAGATE gateway: API</title>", "name=\"viewport\"", "rel=\"icon\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let files = files_of(&page);
    let types = |end: &str| files.iter().filter(|file| file.rsplit('.').next() == Some(end)).count();
    assert_eq!((types("js"), types("css"), files.len()), (2, 1, 3), "{files:?}");
    for file in files {
        assert!(!file.contains('/'), "{file} is in the same directory");
        let path = format!("/docs/{file}");
        let reply = gateway.get(&path).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, None), "{path}");
        let head = gateway.send(gateway.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        if file.starts_with("initializer.") {
            assert!(reply.text().contains("../openapi.json") && !reply.text().contains("http"), "{}", reply.text());
        }
    }
    for missing in ["/docs/swagger-ui-bundle.js", "/docs/initializer.js", "/docs/index.htm", "/docs/icon.url"] {
        gateway.get(missing).await.problem("not_found");
    }
}

#[tokio::test]
async fn a_reload_transfers_less_than_50_kb() {
    let gateway = TestGateway::start().await;
    let get =
        async |path: &str| gateway.send(gateway.request(Method::GET, path).header("accept-encoding", "br, gzip")).await;
    let mut first_visit = 0;
    let mut reload = 0;
    let files = files_of(&gateway.get("/docs/").await.text());
    for file in files {
        let reply = get(&format!("/docs/{file}")).await;
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{file}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{file}");
        first_visit += reply.body.len();
    }
    for path in ["/docs/", "/openapi.json", "/openapi-3.0.json"] {
        let reply = get(path).await;
        assert_eq!((reply.header("content-encoding"), reply.header("vary")), (Some("gzip"), Some("Accept-Encoding")));
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        reload += reply.body.len();
    }
    assert!(first_visit < 500_000 && reload < 50_000, "{first_visit} {reload}");
}

#[tokio::test]
async fn a_file_is_compressed_only_if_the_request_accepts_it() {
    let gateway = TestGateway::start().await;
    let plain = gateway.get("/openapi.json").await;
    for (accept, coding) in [
        ("gzip", Some("gzip")),
        ("gzip;q=0.5", Some("gzip")),
        ("*", None),
        ("gzip;q=0", None),
        ("gzip;q=0.1, identity", None),
        ("br", None),
        ("identity", None),
        ("", None),
        ("nonsense;;", None),
    ] {
        let request = gateway.request(Method::GET, "/openapi.json").header("accept-encoding", accept);
        let reply = gateway.send(request).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, coding), "{accept}");
        if coding.is_some() {
            let mut text = String::new();
            GzDecoder::new(&*reply.body).read_to_string(&mut text).expect("gzip");
            assert_eq!(text, plain.text(), "{accept}");
        } else {
            assert_eq!(reply.text(), plain.text(), "{accept}");
        }
    }
}
