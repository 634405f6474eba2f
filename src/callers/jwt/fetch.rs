//! Fetches a JWK set from its URL.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};

use crate::callers::configuration::{CA_CERTIFICATE_FILE, JwksUrl};
use crate::configuration::SettingsFault;
use crate::configuration::file::read_for;

/// The maximum size of a JWK set. Sets with certificate chains (`x5c`) need tens of KiB.
const MAX_BYTES: usize = 256 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);

/// A way to get the text of a JWK set.
pub(crate) trait FetchKeys: Send + 'static {
    /// Returns the text, or a cause for the log.
    fn fetch(&self) -> impl Future<Output = Result<Vec<u8>, String>> + Send;
}

/// Fetches a JWK set over HTTP. Fetches are rare, so each one opens a new connection and reads the CA file again. A changed
/// file takes effect with the next fetch.
pub(crate) struct HttpFetch(JwksUrl);

impl HttpFetch {
    /// Checks the settings.
    ///
    /// # Errors
    /// The CA file cannot be used.
    pub(super) fn new(url: JwksUrl) -> Result<Self, SettingsFault> {
        client(&url)?;
        Ok(Self(url))
    }
}

impl FetchKeys for HttpFetch {
    async fn fetch(&self) -> Result<Vec<u8>, String> {
        let client = client(&self.0).map_err(|fault| fault.to_string())?;
        read(client.get(self.0.url.clone())).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Vec<u8>, String> {
    let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
    let mut response = request.header(ACCEPT, accept).send().await.map_err(causes)?;
    if response.status() != StatusCode::OK {
        return Err(format!("HTTP status {}", response.status().as_u16()));
    }
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(causes)? {
        if text.len() + chunk.len() > MAX_BYTES {
            return Err("larger than 256 KiB".to_owned());
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

fn client(settings: &JwksUrl) -> Result<Client, SettingsFault> {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .https_only(settings.url.scheme() == "https")
        .user_agent(concat!("centagate-gateway/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    if let Some(path) = &settings.ca_certificate {
        let pem = read_for(CA_CERTIFICATE_FILE, path)?;
        let unusable = || {
            let problem = "cannot be used; expected PEM with certificates of CAs";
            SettingsFault::of_file(CA_CERTIFICATE_FILE, path, problem)
        };
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| unusable())?;
        if certificates.is_empty() {
            return Err(unusable());
        }
        return client.tls_certs_only(certificates).build().map_err(|_| unusable());
    }
    client.build().map_err(|_| SettingsFault::of("jwt.jwks_url", "TLS cannot be set up"))
}

/// Describes an error and its causes, without the URL.
fn causes(error: reqwest::Error) -> String {
    crate::causes::causes(&error.without_url())
}
