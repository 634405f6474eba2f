//! TLS for callers, with a certificate that can be replaced while connections are open.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::configuration::TlsFiles;
use crate::certificate;
use crate::configuration::file::read_for;
use crate::configuration::{SettingsFault, gather};

/// The current certificate of the listener and its private key.
#[derive(Clone)]
pub(crate) struct ListenerCertificate(Arc<ArcSwap<CertifiedKey>>);

impl ListenerCertificate {
    pub(crate) fn new(certificate: CertifiedKey) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(certificate)))
    }

    /// Uses another certificate for new connections. Open connections are not affected.
    pub(crate) fn replace(&self, certificate: CertifiedKey) {
        self.0.store(Arc::new(certificate));
    }

    /// Returns when the current certificate expires.
    pub(crate) fn expiry(&self) -> Option<SystemTime> {
        self.0.load().cert.first().and_then(certificate::expiry)
    }

    /// Returns a configuration for HTTP/1.1 over TLS 1.2 and 1.3.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for ListenerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl fmt::Debug for ListenerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListenerCertificate")
    }
}

impl TlsFiles {
    /// Loads the certificate chain and the private key.
    ///
    /// # Errors
    /// All faults. Each names the file and the problem, but not the content.
    pub(crate) fn load(&self) -> Result<CertifiedKey, SettingsFault> {
        let (chain, key) = gather!(chain: self.load_chain(), key: self.load_key())?;
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|_| {
            let problem = "does not fit the certificate, or its kind is not supported";
            SettingsFault::of_file(Self::KEY, &self.key, problem)
        })
    }

    fn load_chain(&self) -> Result<Vec<CertificateDer<'static>>, SettingsFault> {
        let pem = read_for(Self::CERTIFICATE, &self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
            SettingsFault::of_file(Self::CERTIFICATE, &self.certificate, "cannot be used; expected PEM certificates")
        })
    }

    fn load_key(&self) -> Result<PrivateKeyDer<'static>, SettingsFault> {
        let pem = read_for(Self::KEY, &self.key)?;
        PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| SettingsFault::of_file(Self::KEY, &self.key, "cannot be used; expected a PEM private key"))
    }
}
