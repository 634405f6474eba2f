//! Swagger UI in a browser: whoever has read what the demo prints can try both operations without typing anything but the
//! caller key.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::browser::{Browser, Failure};
use crate::demo::Demo;

/// What a visit has shown.
struct Visit {
    /// Where the browser ended up after `/docs` was opened.
    address: String,
    user_status: String,
    otp_token_status: String,
    otp_token: String,
    console_errors: Vec<String>,
    foreign_requests: Vec<String>,
}

#[tokio::test]
async fn a_person_registers_a_user_and_an_otp_token_in_swagger_ui() {
    let demo = Demo::start().await;
    let browser = Browser::start().await.expect("a browser");
    try_both_operations(browser, demo.swagger_ui.trim_end_matches("/docs/"), &demo.caller_key).await;
    let ended = demo.stop().await;
    assert!(ended.success(), "after Ctrl-C the demo ended with {ended}");
}

/// Does what a person would with the Swagger UI of the gateway at `url`, and looks at what the page shows.
pub(crate) async fn try_both_operations(browser: Browser, url: &str, caller_key: &str) {
    let visit = visit(&browser, url, caller_key).await;
    let picture = save_picture(&browser, url).await;
    browser.quit().await.expect("the browser quits");
    let visit = visit.unwrap_or_else(|failure| panic!("{failure}; the page at that moment: {picture:?}"));
    assert_eq!(visit.address, format!("{url}/docs/"), "/docs leads to the page");
    assert_eq!(visit.user_status, "201", "{picture:?}");
    assert_eq!(visit.otp_token_status, "201", "{picture:?}");
    assert!(visit.otp_token.contains("\"passcode\": \""), "shown as reply: {}", visit.otp_token);
    assert_eq!(visit.console_errors, [""; 0]);
    assert_eq!(visit.foreign_requests, [""; 0], "the page asks nobody but the gateway");
}

async fn visit(browser: &Browser, url: &str, caller_key: &str) -> Result<Visit, Failure> {
    browser.open(&format!("{url}/docs")).await?;
    let address = browser.url().await?;
    authorize(browser, caller_key).await?;
    open_or_close(browser, "createUser").await?;
    let (user_status, _) = execute(browser, "createUser").await?;
    open_or_close(browser, "createUser").await?;
    open_or_close(browser, "registerOtpToken").await?;
    let (otp_token_status, otp_token) = execute(browser, "registerOtpToken").await?;
    let console = browser.log("browser").await?;
    let errors = console.iter().filter(|entry| entry["level"] == "SEVERE").map(Value::to_string);
    let requests = requests(&browser.log("performance").await?, url)?;
    let foreign = requests.into_iter().filter(|request| !request.starts_with(&format!("{url}/")));
    Ok(Visit {
        address,
        user_status,
        otp_token_status,
        otp_token,
        console_errors: errors.collect(),
        foreign_requests: foreign.collect(),
    })
}

async fn authorize(browser: &Browser, caller_key: &str) -> Result<(), Failure> {
    browser.click("//button[contains(@class, 'authorize')]").await?;
    let dialog = "//div[contains(@class, 'modal-ux')]";
    browser.type_into(&format!("{dialog}//input"), caller_key).await?;
    browser.click(&format!("{dialog}//button[normalize-space() = 'Authorize']")).await?;
    browser.click(&format!("{dialog}//button[normalize-space() = 'Close']")).await
}

async fn open_or_close(browser: &Browser, operation: &str) -> Result<(), Failure> {
    browser.click(&format!("{}//button[@class = 'opblock-summary-control']", block(operation))).await
}

/// Sends an open operation, which is ready to be tried out, with the values it proposes, and answers the status and the
/// body that the page shows.
async fn execute(browser: &Browser, operation: &str) -> Result<(String, String), Failure> {
    let operation = block(operation);
    browser.click(&format!("{operation}//button[normalize-space() = 'Execute']")).await?;
    let reply = format!("{operation}//table[contains(@class, 'live-responses-table')]/tbody/tr[@class = 'response']");
    let status = browser.text(&format!("{reply}/td[contains(@class, 'response-col_status')]")).await?;
    let body = browser.text(&format!("({reply}//pre)[1]")).await?;
    Ok((status, body))
}

/// Where the page shows an operation.
fn block(operation: &str) -> String {
    format!("//div[contains(@id, '-{operation}')]")
}

/// The addresses that pages below `site` asked for over the network.
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

/// Keeps what the window shows of `site` as a file, and answers where it is.
async fn save_picture(browser: &Browser, site: &str) -> Result<PathBuf, Failure> {
    let name = site.rsplit('/').next().unwrap_or_default();
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("swagger-ui-{name}.png"));
    std::fs::write(&picture, BASE64_STANDARD.decode(browser.screenshot().await?)?)?;
    Ok(picture)
}
