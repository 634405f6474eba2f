//! Accepts only pinned server certificates.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::certificate::{self, PublicKey};

/// Accepts exactly these certificates. The handshake's signature proves that the server holds the key.
///
/// It reads only the public key of a certificate, so X.509 version 1 also works, which rustls does not parse.
#[derive(Debug)]
pub(in crate::centagate) struct PinnedVerifier {
    pub(in crate::centagate) certificates: Vec<CertificateDer<'static>>,
    pub(in crate::centagate) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificates.contains(end_entity) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = public_key(certificate)?;
        let schemes = self.provider.signature_verification_algorithms.mapping.iter();
        let mut algorithms =
            schemes.filter(|(scheme, _)| *scheme == signature.scheme).flat_map(|(_, algorithms)| *algorithms);
        let verifies = algorithms.any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == key.algorithm
                && algorithm.verify_signature(key.bits, message, signature.signature()).is_ok()
        });
        if verifies { Ok(HandshakeSignatureValid::assertion()) } else { Err(CertificateError::BadSignature.into()) }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = public_key(certificate)?.der;
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Result<PublicKey<'a>, Error> {
    certificate::public_key(certificate).ok_or_else(|| CertificateError::BadEncoding.into())
}
