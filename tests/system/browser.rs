//! Headless Chromium, driven over the W3C `WebDriver` protocol.
//!
//! Each lookup of an element waits for the element, up to the driver's implicit timeout. So a test states an
//! expectation as an element of the page.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::timeout;

use crate::printed::Printed;
use crate::program::Program;

const CHROMIUM: Program = Program { name: "chromium", package: "chromium" };
const CHROMEDRIVER: Program = Program { name: "chromedriver", package: "chromium-driver" };

/// How long the driver waits for an element.
const ELEMENT_DEADLINE_MS: u64 = 20_000;
/// The timeout for a command, including the wait for an element and Chromium's start.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);

/// The driver's error message.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A browser with one empty page. [`quit`](Self::quit) ends it.
pub(crate) struct Browser {
    client: reqwest::Client,
    session: String,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Result<Self, Failure> {
        Self::start_with(&[]).await
    }

    /// Starts a browser with more command-line options of Chromium.
    pub(crate) async fn start_with(options: &[String]) -> Result<Self, Failure> {
        let profile = tempfile::tempdir()?;
        CHROMIUM.run(&["--version"], profile.path()).await;
        let mut driver = CHROMEDRIVER.start(&["--port=0"], profile.path());
        let mut printed = Printed::by(&mut driver);
        let port = timeout(COMMAND_DEADLINE, printed.after("started successfully on port ")).await?;
        printed.ignore_the_rest();
        let client = reqwest::Client::builder().no_proxy().timeout(COMMAND_DEADLINE).build()?;
        let url = format!("http://127.0.0.1:{}/session", port.trim_end_matches('.'));
        let created = command(client.post(&url).body(capabilities(profile.path(), options).to_string())).await?;
        let id = created["sessionId"].as_str().ok_or("a session without an id")?;
        Ok(Self { session: format!("{url}/{id}"), client, driver, _profile: profile })
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(), Failure> {
        self.post("url", &json!({ "url": url })).await.map(drop)
    }

    /// The URL of the current page.
    pub(crate) async fn url(&self) -> Result<String, Failure> {
        let url = command(self.client.get(format!("{}/url", self.session))).await?;
        Ok(url.as_str().ok_or("no address")?.to_owned())
    }

    /// Waits for an element and returns its visible text.
    pub(crate) async fn text(&self, xpath: &str) -> Result<String, Failure> {
        let element = self.element(xpath).await?;
        let text = command(self.client.get(format!("{}/{element}/text", self.session))).await?;
        Ok(text.as_str().ok_or("no text")?.to_owned())
    }

    /// Waits for the first matching element and returns the HTML IDs of all of them in page order.
    pub(crate) async fn ids(&self, xpath: &str) -> Result<Vec<String>, Failure> {
        let script = "const found = document.evaluate(arguments[0], document, null, 7, null); \
                      return Array.from({ length: found.snapshotLength }, (_, index) => found.snapshotItem(index).id)";
        self.element(xpath).await?;
        let ids = self.post("execute/sync", &json!({ "script": script, "args": [xpath] })).await?;
        Ok(serde_json::from_value(ids)?)
    }

    /// Waits for an element and scrolls it to the top of the window.
    pub(crate) async fn scroll_to(&self, xpath: &str) -> Result<(), Failure> {
        let script = "document.evaluate(arguments[0], document, null, 9, null).singleNodeValue.scrollIntoView()";
        self.element(xpath).await?;
        self.post("execute/sync", &json!({ "script": script, "args": [xpath] })).await.map(drop)
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, xpath: &str) -> Result<(), Failure> {
        let element = self.element(xpath).await?;
        self.post(&format!("{element}/click"), &json!({})).await.map(drop)
    }

    /// Waits for an input and types into it.
    pub(crate) async fn type_into(&self, xpath: &str, text: &str) -> Result<(), Failure> {
        let element = self.element(xpath).await?;
        self.post(&format!("{element}/value"), &json!({ "text": text })).await.map(drop)
    }

    /// The log entries since the last call. `browser` is the console, `performance` contains every request.
    pub(crate) async fn log(&self, kind: &str) -> Result<Vec<Value>, Failure> {
        let entries = self.post("se/log", &json!({ "type": kind })).await?;
        Ok(entries.as_array().ok_or("no log")?.clone())
    }

    /// A screenshot of the window as base64-encoded PNG.
    pub(crate) async fn screenshot(&self) -> Result<String, Failure> {
        let picture = command(self.client.get(format!("{}/screenshot", self.session))).await?;
        Ok(picture.as_str().ok_or("no picture")?.to_owned())
    }

    /// Ends the browser and its driver.
    pub(crate) async fn quit(mut self) -> Result<(), Failure> {
        command(self.client.delete(&self.session)).await?;
        Ok(self.driver.kill().await?)
    }

    async fn element(&self, xpath: &str) -> Result<String, Failure> {
        let found = self.post("element", &json!({ "using": "xpath", "value": xpath })).await?;
        let id = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        Ok(format!("element/{}", id.ok_or("an element without an id")?))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        command(self.client.post(format!("{}/{path}", self.session)).body(body.to_string())).await
    }
}

fn capabilities(profile: &Path, options: &[String]) -> Value {
    let user_data = format!("--user-data-dir={}", profile.join("chromium").display());
    let usual = [
        &user_data,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-proxy-server",
        "--window-size=1280,2400",
    ];
    let options: Vec<&str> = usual.into_iter().chain(options.iter().map(String::as_str)).collect();
    json!({ "capabilities": { "alwaysMatch": {
        "timeouts": { "implicit": ELEMENT_DEADLINE_MS, "pageLoad": 30_000 },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": { "args": options },
    } } })
}

/// Sends a command and returns its value.
async fn command(request: reqwest::RequestBuilder) -> Result<Value, Failure> {
    let reply = request.header("Content-Type", "application/json").send().await?;
    let failed = !reply.status().is_success();
    let mut reply: Value = serde_json::from_slice(&reply.bytes().await?)?;
    let value = reply["value"].take();
    if failed { Err(value["message"].to_string().into()) } else { Ok(value) }
}
