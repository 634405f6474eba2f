//! Until when a certificate is valid.

use std::time::{SystemTime, UNIX_EPOCH};

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use rustls::pki_types::CertificateDer;

/// The end of the certificate's validity (RFC 5280, section 4.1.2.5); nothing if it cannot be read.
pub(crate) fn expiry(certificate: &CertificateDer<'_>) -> Option<SystemTime> {
    let certificate = elements(certificate.as_ref())?.into_iter().next()?;
    let to_be_signed = elements(certificate.value())?.into_iter().next()?;
    // After an optional version and the serial number: signature, issuer, validity.
    let mut sequences = elements(to_be_signed.value())?.into_iter().filter(|element| element.tag() == Tag::Sequence);
    let validity = elements(sequences.nth(2)?.value())?;
    let [_, end] = validity[..] else { return None };
    let since_1970 = match end.tag() {
        Tag::UtcTime => end.decode_as::<UtcTime>().ok()?.to_unix_duration(),
        _ => end.decode_as::<GeneralizedTime>().ok()?.to_unix_duration(),
    };
    Some(UNIX_EPOCH + since_1970)
}

fn elements(content: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}
