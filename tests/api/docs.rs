//! The pages of the contract: served from the gateway alone, or switched off.

use reqwest::Method;

use crate::gateway::{Setup, TestGateway};

#[tokio::test]
async fn docs_can_be_switched_off() {
    let gateway = Setup::new().set("docs.enabled", "false").start().await;
    for path in ["/docs", "/docs/", "/docs/index.html", "/openapi.json", "/openapi-3.0.json"] {
        gateway.get(path).await.problem("not_found");
    }
    assert_eq!(gateway.get("/problems").await.status, 200);
}

#[tokio::test]
async fn swagger_ui_is_served_from_its_own_files() {
    let gateway = TestGateway::start().await;
    let redirect = gateway.get("/docs").await;
    assert_eq!((redirect.status, redirect.header("location")), (307, Some("docs/")));
    let index = gateway.get("/docs/").await;
    assert_eq!(index.status, 200);
    assert!(index.header("content-type").unwrap().starts_with("text/html"));
    let page = index.text();
    let mut files = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        for reference in page.split(attribute).skip(1) {
            let file = reference.split('"').next().unwrap();
            assert!(!file.contains("//"), "{file} is not ours");
            files.push(file.trim_start_matches("./").to_owned());
        }
    }
    let types = |end: &str| files.iter().any(|file| file.rsplit('.').next() == Some(end));
    assert!(types("js") && types("css"), "{files:?}");
    for file in files {
        let path = format!("/docs/{file}");
        assert_eq!(gateway.get(&path).await.status, 200, "{path}");
        let head = gateway.send(gateway.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
    let initializer = gateway.get("/docs/swagger-initializer.js").await.text();
    assert!(initializer.contains("../openapi.json") && !initializer.contains("http"), "{initializer}");
}
