//! Takes the screenshots in `docs/pictures/` from the demo:
//!
//!     cargo test --locked --test system -- --ignored take_the_pictures_of_the_documents

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::browser::{Browser, Failure};
use crate::demo::Demo;
use crate::swagger_ui::{authorize, block, execute, open_or_close};

/// The maximum size of a screenshot in bytes.
const LARGEST: usize = 150_000;

#[tokio::test]
#[ignore = "changes files of the repository"]
async fn take_the_pictures_of_the_documents() {
    let demo = Demo::start().await;
    let browser = Browser::start_with(&["--window-size=1000,1000".to_owned()]).await.expect("a browser");
    take(&browser, demo.swagger_ui.trim_end_matches("docs/"), &demo.caller_key).await.expect("the pictures");
    browser.quit().await.expect("the browser quits");
    assert!(demo.stop().await.success());
}

async fn take(browser: &Browser, url: &str, caller_key: &str) -> Result<(), Failure> {
    browser.open(&format!("{url}docs/")).await?;
    authorize(browser, caller_key).await?;
    open_or_close(browser, "createUser").await?;
    execute(browser, "createUser", true).await?;
    // Scrolls past the curl command, which shows the caller key.
    browser.scroll_to(&format!("{}//div[contains(@class, 'request-url')]", block("createUser"))).await?;
    save(browser, "swagger-ui.png").await?;
    browser.open(&format!("{url}problems")).await?;
    save(browser, "problems.png").await
}

async fn save(browser: &Browser, name: &str) -> Result<(), Failure> {
    let picture = BASE64_STANDARD.decode(browser.screenshot().await?)?;
    assert!(picture.len() <= LARGEST, "{name} has {} bytes", picture.len());
    Ok(std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(name), picture)?)
}
