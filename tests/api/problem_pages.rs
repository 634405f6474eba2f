//! `/problems` explains every problem to people and to programs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, alice};
use crate::reply::{PROBLEMS, Reply};

async fn problems(gateway: &TestGateway, accept: Option<&str>) -> Reply {
    let request = gateway.request(Method::GET, "/problems");
    let request = match accept {
        Some(accept) => request.header("accept", accept),
        None => request,
    };
    let reply = gateway.send(request).await;
    assert_eq!((reply.status, reply.header("vary")), (200, Some("Accept")));
    reply
}

#[tokio::test]
async fn programs_get_exactly_the_contracts_problems_as_json() {
    let gateway = TestGateway::start().await;
    let explained = problems(&gateway, Some("application/json")).await.json();
    let explained = explained.as_array().expect("an array");
    let mut listed: Vec<(&str, u64)> = Vec::new();
    for problem in explained {
        let code = problem["code"].as_str().expect("code");
        assert_eq!(problem["type"], format!("urn:centagate-gateway:problem:{}", code.replace('_', "-")));
        for text in ["title", "detail", "advice"] {
            assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        listed.push((code, problem["status"].as_u64().expect("status")));
    }
    let mut expected = PROBLEMS.map(|(code, status)| (code, u64::from(status)));
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn people_get_a_page_with_an_anchor_for_each_problem() {
    let gateway = TestGateway::start().await;
    let reply = problems(&gateway, Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")).await;
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    let page = reply.text();
    for (code, _) in PROBLEMS {
        let anchor = code.replace('_', "-");
        assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}");
        assert!(page.contains(&format!("<code>{code}</code>")), "{code}");
    }
    for outside in ["http://", "https://", "<script", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[tokio::test]
async fn the_accept_header_selects_html_or_json() {
    let gateway = TestGateway::start().await;
    for (accept, is_json) in [
        (None, false),
        (Some("*/*"), false),
        (Some("text/html"), false),
        (Some("text/*"), false),
        (Some("image/png"), false),
        (Some("nonsense"), false),
        (Some("application/json"), true),
        (Some("application/json; charset=utf-8"), true),
        (Some("text/html;q=0.5, application/json"), true),
        (Some("application/json;q=0.5, text/html"), false),
        (Some("application/json, */*;q=0.1"), true),
    ] {
        let reply = problems(&gateway, accept).await;
        let content_type = reply.header("content-type").unwrap();
        assert_eq!(content_type.starts_with("application/json"), is_json, "{accept:?}: {content_type}");
    }
    let head = gateway.send(gateway.request(Method::HEAD, "/problems")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn problems_have_the_titles_on_the_page() {
    let gateway = TestGateway::start().await;
    let explained = problems(&gateway, Some("application/json")).await.json();
    let title = |code: &str| {
        let problem = explained.as_array().unwrap().iter().find(|problem| problem["code"] == code);
        problem.expect(code)["title"].clone()
    };
    gateway.create_user(&alice()).await;
    let met: [Value; 4] = [
        gateway.create_user(&alice()).await.json(),
        gateway.create_user(&json!({})).await.json(),
        gateway.get("/users").await.json(),
        gateway.get("/nowhere").await.json(),
    ];
    for problem in met {
        assert_eq!(problem["title"], title(problem["code"].as_str().unwrap()));
    }
}
