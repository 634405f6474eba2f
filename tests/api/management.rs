//! The management listener serves only health and metrics.

use reqwest::Method;

use crate::gateway::TestGateway;

#[tokio::test]
async fn a_gateway_is_live_at_the_start_and_ready_after_it_has_reached_centagate() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.manage("/livez").await, (200, "alive\n".into()));
    gateway.wait_until_ready().await;
    assert_eq!(gateway.manage("/readyz").await, (200, "ready\n".into()));
    let (status, verbose) = gateway.manage("/readyz?verbose").await;
    let (session, lines): (Vec<&str>, Vec<&str>) = verbose.lines().partition(|line| line.starts_with("session: "));
    let expected = [
        "ready",
        "draining: no",
        "startup: complete",
        "CENTAGATE: can be reached; no call yet",
        "audit: ok",
        "idempotency store check: passed",
    ];
    assert_eq!((status, &lines[..]), (200, &expected[..]));
    assert!(session[0].starts_with("session: given ") && session[0].ends_with(" s ago; no successful call yet"));
    assert_eq!(gateway.manage("/readyz?verbose=1").await.1.lines().count(), verbose.lines().count());
    assert_eq!(gateway.manage("/readyz?verbosely").await.1, "ready\n");
}

#[tokio::test]
async fn each_listener_has_only_its_own_routes() {
    let gateway = TestGateway::start().await;
    for path in
        ["/users", "/users/bob/otp-token", "/problems", "/openapi.json", "/openapi-3.0.json", "/docs", "/docs/", "/"]
    {
        assert_eq!(gateway.manage(path).await.0, 404, "{path}");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        gateway.get(path).await.problem("not_found");
    }
}

#[tokio::test]
async fn health_pages_accept_only_get_and_head() {
    let gateway = TestGateway::start().await;
    gateway.wait_until_ready().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/livez", "/readyz", "/metrics"] {
        let url = format!("http://{}{path}", gateway.management);
        let head = client.head(&url).send().await.unwrap();
        assert_eq!(head.status().as_u16(), 200, "{path}");
        let post = client.request(Method::POST, &url).send().await.unwrap();
        assert_eq!(post.status().as_u16(), 405, "{path}");
    }
}
