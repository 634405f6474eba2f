//! Opens connections: directly, through a proxy, or through a tunnel.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HOST, HeaderMap, HeaderValue, PROXY_AUTHORIZATION};
use http::uri::{PathAndQuery, Scheme, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use percent_encoding::percent_decode_str;
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;
use url::Url;

use super::connection::Connection;
use super::options::SetupError;
use super::stream::Stream;

type Hop = HttpsConnector<HttpConnector>;

/// Opens connections to one server, directly or through a proxy.
#[derive(Clone, Debug)]
pub(in crate::centagate) struct Connector {
    route: Route,
    /// The server's scheme, host and port.
    server: Uri,
    /// The headers of each request: `Host`, and the proxy's credentials if the proxy reads the requests.
    pub(in crate::centagate) headers: HeaderMap,
}

#[derive(Clone, Debug)]
enum Route {
    Direct(Hop),
    /// Plain HTTP through the proxy at this address.
    Proxied(Hop, Uri),
    /// TLS through a tunnel, which the proxy cannot read.
    Tunneled(HttpsConnector<Tunnel<Hop>>),
}

impl Connector {
    /// Connects to the server at `base_url`. `connect_timeout` applies to each of its addresses.
    pub(in crate::centagate) fn new(
        base_url: &Url,
        connect_timeout: Duration,
        proxy_url: Option<&SecretString>,
        tls: ClientConfig,
    ) -> Result<Self, SetupError> {
        let server = origin(base_url).ok_or(SetupError::Server)?;
        let host = server.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.and_then(Result::ok).ok_or(SetupError::Server)?);
        let tls = Arc::new(tls);
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        let hop = HttpsConnector::from((tcp, Arc::clone(&tls)));
        let Some(proxy_url) = proxy_url else { return Ok(Self { route: Route::Direct(hop), server, headers }) };
        let proxy = Url::parse(proxy_url.expose_secret()).map_err(|_| SetupError::Proxy)?;
        let (address, credentials) = (origin(&proxy).ok_or(SetupError::Proxy)?, basic_credentials(&proxy));
        let route = if server.scheme() == Some(&Scheme::HTTPS) {
            let tunnel = Tunnel::new(address, hop);
            let tunnel = match credentials {
                Some(credentials) => tunnel.with_auth(credentials),
                None => tunnel,
            };
            Route::Tunneled(HttpsConnector::from((tunnel, tls)))
        } else {
            if let Some(credentials) = credentials {
                headers.insert(PROXY_AUTHORIZATION, credentials);
            }
            Route::Proxied(hop, address)
        };
        Ok(Self { route, server, headers })
    }

    pub(in crate::centagate) async fn connect(&self) -> Result<Connection, Box<dyn StdError + Send + Sync>> {
        let stream: Box<dyn Stream> = match self.route.clone() {
            Route::Direct(hop) => Box::new(open(hop, self.server.clone()).await?),
            Route::Proxied(hop, proxy) => Box::new(open(hop, proxy).await?),
            Route::Tunneled(tunnel) => Box::new(open(tunnel, self.server.clone()).await?),
        };
        Ok(Connection::over(stream).await?)
    }

    /// The request target for `path` (RFC 9112, section 3.2). For a proxy, it includes the server.
    pub(in crate::centagate) fn target(&self, path: PathAndQuery) -> Uri {
        let mut target = http::uri::Parts::default();
        if matches!(self.route, Route::Proxied(..)) {
            target = self.server.clone().into_parts();
        }
        target.path_and_query = Some(path);
        Uri::from_parts(target).unwrap_or_default()
    }
}

async fn open<S: Service<Uri>>(mut service: S, to: Uri) -> Result<S::Response, S::Error> {
    std::future::poll_fn(|context| service.poll_ready(context)).await?;
    service.call(to).await
}

/// The scheme, host and port of `url`, which must be http or https.
fn origin(url: &Url) -> Option<Uri> {
    let scheme = Some(url.scheme()).filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Uri::builder().scheme(scheme).authority(authority).path_and_query("/").build().ok()
}

/// The user information of `url` as a `Basic` credential (RFC 7617).
fn basic_credentials(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut credentials = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(plain))).ok()?;
    credentials.set_sensitive(true);
    Some(credentials)
}
