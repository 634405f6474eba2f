//! Records the server certificate, for the metric of its expiry.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use url::Url;

use crate::certificate;

/// The expiry of CENTAGATE's certificate, as far as it is known.
#[derive(Debug)]
pub(in crate::centagate) struct ServerCertificate {
    /// The server's name, to ignore the certificate of a proxy.
    server: Option<ServerName<'static>>,
    expiry: Mutex<Option<SystemTime>>,
}

impl ServerCertificate {
    /// Nothing is known yet about the server at `base_url`.
    pub(in crate::centagate) fn of(base_url: &Url) -> Self {
        let host = base_url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        Self { server: ServerName::try_from(host.to_owned()).ok(), expiry: Mutex::default() }
    }

    /// When the certificate expires that CENTAGATE sent last.
    pub(in crate::centagate) fn expiry(&self) -> Option<SystemTime> {
        *self.expiry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, server: &ServerName<'_>, certificate: &CertificateDer<'_>) {
        if self.server.as_ref() == Some(server) {
            *self.expiry.lock().unwrap_or_else(PoisonError::into_inner) = certificate::expiry(certificate);
        }
    }
}

/// Wraps a verifier and records the certificates that it accepts. A resumed TLS session shows no certificate.
#[derive(Debug)]
pub(in crate::centagate) struct RecordingVerifier {
    pub(in crate::centagate) verifier: Arc<dyn ServerCertVerifier>,
    pub(in crate::centagate) seen: Arc<ServerCertificate>,
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        self.seen.record(server_name, end_entity);
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
