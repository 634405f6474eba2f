//! Swagger UI in a browser. A person who types only the caller key tries the operations of a user's life cycle.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::browser::{Browser, Failure};
use crate::demo::Demo;

/// The operations to try, in this order: the status, and a part of the body if there is one.
const TRIED: [(&str, &str, Option<&str>); 7] = [
    ("createUser", "201", Some("\"username\": \"alice\"")),
    ("updateUser", "204", None),
    ("registerOtpToken", "201", Some("\"passcode\": \"")),
    ("registerSmsToken", "201", Some("\"phoneNumber\": \"+")),
    ("getTokenStatus", "200", Some("\"status\": \"valid\"")),
    ("unregisterToken", "204", None),
    ("setUserStatus", "204", None),
];

/// What the browser showed.
struct Visit {
    /// The final URL after `/docs` was opened.
    address: String,
    /// The HTML IDs of the groups and the operations in page order.
    order: Vec<String>,
    /// The status of each reply, and its body, which may be empty.
    replies: Vec<(String, String)>,
    console_errors: Vec<String>,
    foreign_requests: Vec<String>,
}

#[tokio::test]
async fn each_operation_works_in_swagger_ui_with_only_the_caller_key() {
    let demo = Demo::start().await;
    let browser = Browser::start().await.expect("a browser");
    try_operations(browser, demo.swagger_ui.trim_end_matches("/docs/"), &demo.caller_key).await;
    let ended = demo.stop().await;
    assert!(ended.success(), "after Ctrl-C the demo ended with {ended}");
}

/// Tries the operations in the Swagger UI of the gateway at `url` and checks the page.
pub(crate) async fn try_operations(browser: Browser, url: &str, caller_key: &str) {
    let visit = visit(&browser, url, caller_key).await;
    let picture = save_picture(&browser, url).await;
    browser.quit().await.expect("the browser quits");
    let visit = visit.unwrap_or_else(|failure| panic!("{failure}; the page at that moment: {picture:?}"));
    assert_eq!(visit.address, format!("{url}/docs/"), "/docs leads to the page");
    assert_eq!(visit.order, documented_order(), "{picture:?}");
    for ((operation, status, body), (shown_status, shown_body)) in TRIED.into_iter().zip(visit.replies) {
        assert_eq!(shown_status, status, "{operation}: {picture:?}");
        assert!(shown_body.contains(body.unwrap_or_default()), "{operation}: {shown_body}");
    }
    assert_eq!(visit.console_errors, [""; 0]);
    assert_eq!(visit.foreign_requests, [""; 0], "the page sends requests only to the gateway");
}

/// The HTML IDs of the groups and their operations, in the order of the contract.
fn documented_order() -> Vec<String> {
    let text = include_str!("../../openapi/openapi.json");
    let document: Value = serde_json::from_str(text).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").values();
    let operations: Vec<&Value> = paths.flat_map(|path| path.as_object().expect("operations").values()).collect();
    let mut order = Vec::new();
    for tag in document["tags"].as_array().expect("tags") {
        let name = tag["name"].as_str().expect("a name").replace(' ', "_");
        order.push(format!("operations-tag-{name}"));
        let tagged = operations.iter().filter(|operation| operation["tags"][0] == tag["name"]);
        let mut ids: Vec<&str> = tagged.filter_map(|operation| operation["operationId"].as_str()).collect();
        ids.sort_by_key(|id| text.find(&format!("\"{id}\""))); // parsed JSON does not preserve the order
        order.extend(ids.into_iter().map(|id| format!("operations-{name}-{id}")));
    }
    order
}

async fn visit(browser: &Browser, url: &str, caller_key: &str) -> Result<Visit, Failure> {
    browser.open(&format!("{url}/docs")).await?;
    let address = browser.url().await?;
    authorize(browser, caller_key).await?;
    let order = browser.ids("//h3[@data-tag] | //div[contains(@class, 'opblock ') and @id]").await?;
    let mut replies = Vec::new();
    for (operation, _, body) in TRIED {
        open_or_close(browser, operation).await?;
        replies.push(execute(browser, operation, body.is_some()).await?);
        open_or_close(browser, operation).await?;
    }
    let console = browser.log("browser").await?;
    let errors = console.iter().filter(|entry| entry["level"] == "SEVERE").map(Value::to_string);
    let requests = requests(&browser.log("performance").await?, url)?;
    let foreign = requests.into_iter().filter(|request| !request.starts_with(&format!("{url}/")));
    Ok(Visit { address, order, replies, console_errors: errors.collect(), foreign_requests: foreign.collect() })
}

pub(crate) async fn authorize(browser: &Browser, caller_key: &str) -> Result<(), Failure> {
    browser.click("//button[contains(@class, 'authorize')]").await?;
    let dialog = "//div[contains(@class, 'modal-ux')]";
    browser.type_into(&format!("{dialog}//input"), caller_key).await?;
    browser.click(&format!("{dialog}//button[normalize-space() = 'Authorize']")).await?;
    browser.click(&format!("{dialog}//button[normalize-space() = 'Close']")).await
}

pub(crate) async fn open_or_close(browser: &Browser, operation: &str) -> Result<(), Failure> {
    browser.click(&format!("{}//button[@class = 'opblock-summary-control']", block(operation))).await
}

/// Executes an open operation with the page's proposed values. Returns the displayed status and body.
pub(crate) async fn execute(browser: &Browser, operation: &str, has_body: bool) -> Result<(String, String), Failure> {
    let operation = block(operation);
    browser.click(&format!("{operation}//button[normalize-space() = 'Execute']")).await?;
    let reply = format!("{operation}//table[contains(@class, 'live-responses-table')]/tbody/tr[@class = 'response']");
    let status = browser.text(&format!("{reply}/td[contains(@class, 'response-col_status')]")).await?;
    if !has_body {
        return Ok((status, String::new()));
    }
    let body = format!("{reply}//h5[normalize-space() = 'Response body']/following-sibling::*//pre");
    Ok((status, browser.text(&format!("({body})[1]")).await?))
}

/// The `XPath` of an operation on the page.
pub(crate) fn block(operation: &str) -> String {
    format!("//div[contains(@class, 'opblock ') and contains(@id, '-{operation}')]")
}

/// The URLs of all network requests of the pages below `site`.
fn requests(log: &[Value], site: &str) -> Result<Vec<String>, Failure> {
    let mut urls = Vec::new();
    for entry in log {
        let event: Value = serde_json::from_str(entry["message"].as_str().ok_or("no event")?)?;
        let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (page, url) = (text("/message/params/documentURL"), text("/message/params/request/url"));
        let asked = text("/message/method") == "Network.requestWillBeSent" && page.starts_with(site);
        if asked && !url.starts_with("data:") {
            urls.push(url.to_owned());
        }
    }
    if urls.is_empty() { Err("the browser recorded no request".into()) } else { Ok(urls) }
}

/// Saves a screenshot of the window and returns its path.
async fn save_picture(browser: &Browser, site: &str) -> Result<PathBuf, Failure> {
    let name = site.rsplit('/').next().unwrap_or_default();
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("swagger-ui-{name}.png"));
    std::fs::write(&picture, BASE64_STANDARD.decode(browser.screenshot().await?)?)?;
    Ok(picture)
}
