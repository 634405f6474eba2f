//! TLS for the simulator.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, ServerConfig, SupportedProtocolVersion};

/// The certificate, and restrictions on version and cipher suites.
#[derive(Clone)]
pub struct Tls {
    /// The certificate chain in PEM, the server's certificate first.
    pub certificate_pem: String,
    /// The private key in PEM.
    pub key_pem: String,
    /// The only version to offer; both if `None`.
    pub version: Option<TlsVersion>,
    /// The only cipher suites to offer, by IANA name (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`,
    /// `TLS13_AES_128_GCM_SHA256`); all if empty. An RSA suite with an ECDSA certificate leaves no common cipher suite.
    pub cipher_suites: Vec<String>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl Tls {
    /// Both versions, all cipher suites.
    pub fn new(certificate_pem: impl Into<String>, key_pem: impl Into<String>) -> Self {
        Self {
            certificate_pem: certificate_pem.into(),
            key_pem: key_pem.into(),
            version: None,
            cipher_suites: Vec::new(),
        }
    }

    pub(crate) fn server_config(&self) -> io::Result<ServerConfig> {
        let versions: &[&SupportedProtocolVersion] = match self.version {
            None => &[&TLS13, &TLS12],
            Some(TlsVersion::V1_2) => &[&TLS12],
            Some(TlsVersion::V1_3) => &[&TLS13],
        };
        let mut provider: CryptoProvider = aws_lc_rs::default_provider();
        if !self.cipher_suites.is_empty() {
            provider.cipher_suites.retain(|known| {
                let name = format!("{:?}", known.suite());
                self.cipher_suites.contains(&name)
            });
        }
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(invalid)?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(invalid)?;
        let key = provider.key_provider.load_private_key(key).map_err(invalid)?;
        let certified = CertifiedKey::new(chain, key);
        // All other errors are left to the clients: rustls cannot parse a version 1 certificate, but some clients
        // accept it.
        if let Err(error @ (Error::NoCertificatesPresented | Error::InconsistentKeys(_))) = certified.keys_match() {
            return Err(invalid(error));
        }
        let certificate = Arc::new(SingleCertAndKey::from(certified));
        ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .map(|builder| builder.with_no_client_auth().with_cert_resolver(certificate))
            .map_err(invalid)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("version", &self.version)
            .field("cipher_suites", &self.cipher_suites)
            .finish_non_exhaustive()
    }
}

fn invalid(error: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("TLS: {error}"))
}
