//! `healthcheck`: asks the running gateway whether it is alive.

use std::error::Error as _;
use std::process::ExitCode;
use std::time::Duration;

use super::output::{FAILURE, fail, fail_configuration};
use super::runtime::block_on;
use crate::settings::{ManagementSettings, Settings, Sources};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Calls `/livez` on the management listener.
pub(super) fn run() -> ExitCode {
    let (sources, _) = Sources::from_process();
    let management = match Settings::load_management(&sources) {
        Ok(management) => management,
        Err(fault) => return fail_configuration(&fault),
    };
    let mut failures = Vec::new();
    for url in urls(&management) {
        match block_on(probe(&url)) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                failures.push(format!("no healthy answer from {url}{cause}"));
            }
        }
    }
    fail(FAILURE, &failures.join("; "))
}

/// Returns the URLs at which this machine reaches the listener. One of them must answer.
fn urls(management: &ManagementSettings) -> Vec<String> {
    let url = |host: &str| format!("http://{host}:{}/livez", management.port);
    match management.host.as_str() {
        "0.0.0.0" => vec![url("127.0.0.1")],
        "::" => vec![url("127.0.0.1"), url("[::1]")], // the kernel may support only one of the two
        host if host.contains(':') => vec![url(&format!("[{host}]"))],
        host => vec![url(host)],
    }
}

async fn probe(url: &str) -> Result<(), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    client.get(url).send().await?.error_for_status().map(|_| ())
}
