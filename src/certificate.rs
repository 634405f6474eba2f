//! Reads certificates from PEM, and their expiry and public key in any version of X.509.

use std::time::{SystemTime, UNIX_EPOCH};

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

/// Parses PEM. Returns `None` if it contains no certificate, or one whose public key cannot be read.
pub(crate) fn parse_pem(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().ok()?;
    let is_readable = |certificate: &CertificateDer<'_>| public_key(certificate).is_some();
    (!certificates.is_empty() && certificates.iter().all(is_readable)).then_some(certificates)
}

/// Makes the CAs in `certificates` the only trusted ones.
///
/// # Errors
/// If one of them cannot be a CA's.
pub(crate) fn root_store(certificates: &[CertificateDer<'static>]) -> Result<RootCertStore, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.clone())?;
    }
    Ok(roots)
}

/// Returns when the certificate expires (RFC 5280, section 4.1.2.5), or `None` if that cannot be read.
pub(crate) fn expiry(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let validity = elements(sequence(certificate, 2)?.value())?;
    let [_, end] = validity[..] else { return None };
    let since_1970 = match end.tag() {
        Tag::UtcTime => end.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        _ => end.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
    };
    Some(UNIX_EPOCH + since_1970)
}

/// A certificate's `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
pub(crate) struct PublicKey<'a> {
    /// The content of the `AlgorithmIdentifier`, without tag and length.
    pub(crate) algorithm: &'a [u8],
    /// The bits of the key.
    pub(crate) bits: &'a [u8],
    /// The complete `SubjectPublicKeyInfo`.
    pub(crate) der: SubjectPublicKeyInfoDer<'static>,
}

/// Returns the certificate's public key, or `None` if it cannot be read.
pub(crate) fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Option<PublicKey<'a>> {
    let info = sequence(certificate, 4)?;
    let [algorithm, bits] = elements(info.value())?[..] else { return None };
    let bits = bits.value().strip_prefix(&[0])?; // no unused bits
    let mut der = vec![0; info.value().len() + 8];
    let der = info.encode_to_slice(&mut der).ok()?.to_vec();
    Some(PublicKey { algorithm: algorithm.value(), bits, der: der.into() })
}

/// Returns a sequence of the signed part by its index: 0 signature, 1 issuer, 2 validity, 3 subject, 4 public key. The version,
/// which is absent in version 1, and the serial number are not sequences.
fn sequence<'a>(certificate: &'a CertificateDer<'_>, index: usize) -> Option<AnyRef<'a>> {
    let certificate = elements(certificate.as_ref())?.into_iter().next()?;
    let signed = elements(certificate.value())?.into_iter().next()?;
    elements(signed.value())?.into_iter().filter(|element| element.tag() == Tag::Sequence).nth(index)
}

fn elements(content: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}
