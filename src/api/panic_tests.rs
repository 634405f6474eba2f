//! Panics in handlers.

use std::collections::BTreeMap;
use std::path::Path;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, rt, web};

use super::{Gateway, boundary};
use crate::metrics::Exposition;
use crate::settings::{Settings, Sources};
use crate::startup::Application;

/// `printf %s test-key | sha256sum`
const CALLERS: &str = "[[callers]]\nname = \"one\"\nscopes = []\n\
                       key_sha256 = \"62af8704764faf8ea82fc61ce9c4c3908b6cb97d463a634e9e587d7c885db0ef\"\n";

async fn panics() -> &'static str {
    panic!("s3cr3t")
}

/// A gateway whose CENTAGATE is unreachable.
fn gateway() -> web::Data<Gateway> {
    let directory = tempfile::tempdir().unwrap();
    let callers_file = directory.path().join("callers.toml");
    std::fs::write(&callers_file, CALLERS).unwrap();
    let set = |name: &str, value: &str| (format!("GATEWAY__{name}"), value.to_owned());
    let settings = Settings::load(&Sources {
        config_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
        environment: "local".to_owned(),
        variables: BTreeMap::from([
            set("SERVER__PORT", "0"),
            set("MANAGEMENT__PORT", "0"),
            set("CENTAGATE__BASE_URL", "http://127.0.0.1:1"),
            set("CENTAGATE__ADMIN__USERNAME", "admin"),
            set("CENTAGATE__ADMIN__AUTH_TOKEN", "token"),
            set("CENTAGATE__ADMIN__SECRET_CODE", "code"),
            set("CALLERS_FILE", callers_file.to_str().unwrap()),
        ]),
        secrets_dir: None,
    });
    Application::build(settings.unwrap()).unwrap().gateway
}

#[test]
fn a_panic_becomes_a_problem_document_and_is_counted() {
    let gateway = gateway();
    let shared = gateway.clone();
    rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            App::new().app_data(shared.clone()).route("/panic", web::get().to(panics)).wrap(from_fn(boundary))
        });
        let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/panic", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        rt::spawn(server);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..2 {
            let reply = client.get(&url).header("x-request-id", "the-id").send().await.unwrap();
            assert_eq!((reply.status().as_u16(), &reply.headers()["x-request-id"]), (500, &"the-id".parse().unwrap()));
            assert_eq!(reply.headers()["content-type"], "application/problem+json");
            let body = reply.text().await.unwrap();
            assert!(body.contains("\"code\":\"internal\"") && !body.contains("s3cr3t"), "{body}");
        }
        handle.stop(true).await;
    });
    let metrics = gateway.metrics.encode(Exposition::Text).unwrap();
    assert!(metrics.contains("gateway_panics_total 2"), "{metrics}");
    assert!(metrics.contains("status=\"500\""), "{metrics}");
}
