//! Callers that register one user after another until the test stops them.

use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::callers::EVERYTHING;

/// The number of concurrent callers.
const CALLERS: usize = 8;

/// Running callers.
pub(crate) struct Load {
    stop: watch::Sender<bool>,
    done: watch::Receiver<usize>,
    callers: JoinSet<Vec<String>>,
}

impl Load {
    /// Starts the callers.
    pub(crate) fn start(client: &Client, url: &str) -> Self {
        Self::start_with_pause(client, url, Duration::ZERO)
    }

    /// Starts callers that pause between two requests.
    pub(crate) fn start_with_pause(client: &Client, url: &str, pause: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (finished, done) = watch::channel(0);
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let (client, url, stopped, finished) = (client.clone(), url.to_owned(), stopped.clone(), finished.clone());
            callers.spawn(async move {
                let mut failures = Vec::new();
                for number in 0.. {
                    if *stopped.borrow() {
                        break;
                    }
                    let name = format!("caller-{caller}-{number}");
                    failures.extend(register(&client, &url, &name).await.err());
                    finished.send_modify(|count| *count += 1);
                    tokio::time::sleep(pause).await; // sets the rate
                }
                failures
            });
        }
        Self { stop, done, callers }
    }

    /// Waits until this many more requests have been answered.
    pub(crate) async fn wait_for_more(&mut self, requests: usize) {
        let goal = *self.done.borrow() + requests;
        self.done.wait_for(|count| *count >= goal).await.expect("running callers");
    }

    /// Stops the callers and waits for their last replies. Returns the number of requests, and the failures.
    pub(crate) async fn end(self) -> (usize, Vec<String>) {
        self.stop.send_replace(true);
        let failures = self.callers.join_all().await.concat();
        (*self.done.borrow(), failures)
    }
}

/// Registers a user. The error is any other reply.
async fn register(client: &Client, url: &str, name: &str) -> Result<(), String> {
    let user = json!({
        "username": name, "firstName": "A", "lastName": "B", "email": format!("{name}@example.com"),
        "group": "Staff", "app": "portal",
    });
    let request =
        client.post(format!("{url}/users")).bearer_auth(EVERYTHING).header("Content-Type", "application/json");
    let reply = request.body(user.to_string()).send().await.map_err(|error| format!("{name}: {error:?}"))?;
    if reply.status() == 201 { Ok(()) } else { Err(format!("{name}: {} {:?}", reply.status(), reply.text().await)) }
}
