use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use url::Url;

use crate::certificate;

/// What is known of the certificate that CENTAGATE shows.
#[derive(Debug)]
pub(in crate::centagate) struct ServerCertificate {
    /// Not that of a proxy on the way.
    server: Option<ServerName<'static>>,
    expiry: Mutex<Option<SystemTime>>,
}

impl ServerCertificate {
    /// That of the server at `base_url`, which has shown nothing yet.
    pub(in crate::centagate) fn of(base_url: &Url) -> Self {
        let host = base_url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        Self { server: ServerName::try_from(host.to_owned()).ok(), expiry: Mutex::default() }
    }

    /// When the certificate ends that was last taken for CENTAGATE's.
    pub(in crate::centagate) fn expiry(&self) -> Option<SystemTime> {
        *self.expiry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self, server: &ServerName<'_>, certificate: &CertificateDer<'_>) {
        if self.server.as_ref() == Some(server) {
            *self.expiry.lock().unwrap_or_else(PoisonError::into_inner) = certificate::expiry(certificate);
        }
    }
}

/// Takes what another verifier takes, and notes it. It sees whole handshakes alone: a session that TLS resumes shows no
/// certificate.
#[derive(Debug)]
pub(in crate::centagate) struct NotingVerifier {
    pub(in crate::centagate) verifier: Arc<dyn ServerCertVerifier>,
    pub(in crate::centagate) seen: Arc<ServerCertificate>,
}

impl ServerCertVerifier for NotingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        self.seen.taken(server_name, end_entity);
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
