//! The end of a certificate's validity, and its public key, in any version of X.509.

use std::time::{SystemTime, UNIX_EPOCH};

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

/// The end of the certificate's validity (RFC 5280, section 4.1.2.5); nothing if it cannot be read.
pub(crate) fn expiry(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let validity = elements(sequence(certificate, 2)?.value())?;
    let [_, end] = validity[..] else { return None };
    let since_1970 = match end.tag() {
        Tag::UtcTime => end.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        _ => end.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
    };
    Some(UNIX_EPOCH + since_1970)
}

/// The certificate's `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
pub(crate) struct PublicKey<'a> {
    /// The content of its `AlgorithmIdentifier`, without tag and length.
    pub(crate) algorithm: &'a [u8],
    /// The bits of the key.
    pub(crate) bits: &'a [u8],
    /// All of it.
    pub(crate) der: SubjectPublicKeyInfoDer<'static>,
}

/// The certificate's public key; nothing if it cannot be read.
pub(crate) fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Option<PublicKey<'a>> {
    let info = sequence(certificate, 4)?;
    let [algorithm, bits] = elements(info.value())?[..] else { return None };
    let bits = bits.value().strip_prefix(&[0])?; // no unused bits
    let mut der = vec![0; info.value().len() + 8];
    let der = info.encode_to_slice(&mut der).ok()?.to_vec();
    Some(PublicKey { algorithm: algorithm.value(), bits, der: der.into() })
}

/// One of the sequences in the signed part: 0 signature, 1 issuer, 2 validity, 3 subject, 4 public key. The version, which
/// version 1 leaves out, and the serial number before them are no sequences.
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
