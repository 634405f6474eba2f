//! Which server certificates are trusted.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error};
use thiserror::Error as ThisError;

use super::pinned_verifier::PinnedVerifier;
use super::server_certificate::{RecordingVerifier, ServerCertificate};
use crate::certificate;

/// The server certificates that are trusted. It is not possible to trust all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Certificates issued by a CA in the operating system's store.
    #[default]
    Public,
    /// Certificates issued by one of these CAs.
    PrivateCa(Vec<CertificateDer<'static>>),
    /// Exactly these leaf certificates of a self-signed on-premise server; two during a replacement. Their names and dates are
    /// not checked, but the server must prove that it holds the key.
    Pinned(Vec<CertificateDer<'static>>),
}

/// Why a certificate file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum TrustFault {
    /// There is no PEM block with a certificate.
    #[error("expected PEM with at least one certificate")]
    NoCertificate,
    /// A certificate is not a CA certificate.
    #[error("expected certificates of CAs")]
    NotACa,
}

impl Trust {
    /// Trusts the CAs in `pem`.
    ///
    /// # Errors
    /// If `pem` holds no certificate, or one that is not a CA's.
    pub fn private_ca(pem: &[u8]) -> Result<Self, TrustFault> {
        let certificates = certificate::parse_pem(pem).ok_or(TrustFault::NoCertificate)?;
        certificate::root_store(&certificates).map_err(|_| TrustFault::NotACa)?;
        Ok(Self::PrivateCa(certificates))
    }

    /// Trusts exactly the certificates in `pem`.
    ///
    /// # Errors
    /// If `pem` holds no certificate.
    pub fn pinned(pem: &[u8]) -> Result<Self, TrustFault> {
        certificate::parse_pem(pem).map(Self::Pinned).ok_or(TrustFault::NoCertificate)
    }

    /// The TLS configuration for this trust. Accepted certificates are recorded in `seen`.
    pub(in crate::centagate) fn client_config(&self, seen: &Arc<ServerCertificate>) -> Result<ClientConfig, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = RecordingVerifier { verifier: self.verifier(&provider)?, seen: Arc::clone(seen) };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // rustls's word for any verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        let provider = Arc::clone(provider);
        Ok(match self {
            Self::Public => Arc::new(rustls_platform_verifier::Verifier::new(provider)?),
            Self::PrivateCa(certificates) => {
                let roots = Arc::new(certificate::root_store(certificates)?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
                verifier.map_err(|fault| Error::General(fault.to_string()))?
            }
            Self::Pinned(certificates) => Arc::new(PinnedVerifier { certificates: certificates.clone(), provider }),
        })
    }
}

/// What an operator can do about a failed handshake.
pub(in crate::centagate) fn fix(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the certificate's CA is not known: set centagate.ca_certificate_file to the CA's certificate"
        }
        Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "the certificate is expired or not yet valid: renew it, or set this machine's clock",
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the certificate is for another host: centagate.base_url must name a host that it names",
        Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => {
            "the certificate is not the pinned one: put the server's current one into centagate.pinned_certificate_file"
        }
        Error::InvalidCertificate(CertificateError::Other(other))
            if format!("{other:?}").contains("CaUsedAsEndEntity") =>
        {
            "the server uses a CA's certificate as its own, as self-signed ones are: put it into \
             centagate.pinned_certificate_file"
        }
        Error::InvalidCertificate(CertificateError::Other(other))
            if format!("{other:?}").contains("UnsupportedCertVersion") =>
        {
            "the certificate has X.509 version 1 or 2, which is accepted only as a pin: put it into \
             centagate.pinned_certificate_file"
        }
        Error::InvalidMessage(_) => "the server does not speak TLS on this port: check centagate.base_url",
        Error::PeerIncompatible(_)
        | Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        ) => "no TLS version or cipher in common: the server must offer TLS 1.2 or 1.3 with ECDHE and an AEAD cipher",
        _ => "TLS failed",
    }
}
