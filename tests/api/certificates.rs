//! Certificates that tests generate at run time.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use centagate_simulator::Tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SigningKey as _, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// The configuration of a TLS client that trusts only `root`.
pub(crate) fn client_config(
    root: CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// A private certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The CA's certificate, for `ca_certificate_file`.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's certificate for `host`.
    pub(crate) fn issue(&self, host: &str) -> Tls {
        self.issue_with(host, |_| ())
    }

    /// An expired server certificate.
    pub(crate) fn issue_expired(&self, host: &str) -> Tls {
        self.issue_with(host, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        })
    }

    /// A server certificate that expires at the start of a year.
    pub(crate) fn issue_until(&self, host: &str, year: i32) -> Tls {
        self.issue_with(host, |params| params.not_after = date_time_ymd(year, 1, 1))
    }

    /// A server certificate that becomes valid in many years.
    pub(crate) fn issue_early(&self, host: &str) -> Tls {
        self.issue_with(host, |params| {
            params.not_before = date_time_ymd(2090, 1, 1);
            params.not_after = date_time_ymd(2091, 1, 1);
        })
    }

    fn issue_with(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Tls {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Tls::new(certificate.pem(), key.serialize_pem())
    }
}

/// A self-signed server certificate.
pub(crate) fn self_signed(host: &str) -> Tls {
    self_signed_with(host, IsCa::NoCa)
}

/// A self-signed certificate with `CA:TRUE`, as `openssl req -x509` creates it.
pub(crate) fn self_signed_ca(host: &str) -> Tls {
    self_signed_with(host, IsCa::Ca(BasicConstraints::Unconstrained))
}

/// A self-signed certificate in X.509 version 1, as on old servers: without version, names and other extensions.
pub(crate) fn self_signed_v1(host: &str) -> Tls {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([host.to_owned()]).unwrap().self_signed(&key).unwrap();
    let [_version, serial, algorithm, issuer, validity, subject, public_key, ..] =
        &elements(elements(elements(certificate.der())[0].1)[0].1)[..]
    else {
        panic!("a certificate of version 3");
    };
    let signed = [serial, algorithm, issuer, validity, subject, public_key].map(|(tag, content)| tlv(*tag, content));
    let signed = tlv(SEQUENCE, &signed.concat());
    let signature = [&[0], &key.sign(&signed).unwrap()[..]].concat();
    let der = tlv(SEQUENCE, &[signed, tlv(SEQUENCE, algorithm.1), tlv(BIT_STRING, &signature)].concat());
    let lines: Vec<_> = BASE64_STANDARD.encode(der).as_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let base64 = String::from_utf8(lines.join(&b'\n')).unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    Tls::new(pem, key.serialize_pem())
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// The DER elements in `der`: their tags and contents.
fn elements(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut elements = Vec::new();
    while let [tag, length, rest @ ..] = der {
        let (length, rest) = match length {
            0x81 => (usize::from(rest[0]), &rest[1..]),
            0x82 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            short => (usize::from(*short), rest),
        };
        let (content, rest) = rest.split_at(length);
        elements.push((*tag, content));
        der = rest;
    }
    elements
}

/// Encodes a DER element.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut element = vec![tag];
    match (high, low) {
        (0, 0..0x80) => element.push(low),
        (0, _) => element.extend([0x81, low]),
        _ => element.extend([0x82, high, low]),
    }
    element.extend(content);
    element
}

fn self_signed_with(host: &str, is_ca: IsCa) -> Tls {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.is_ca = is_ca;
    let certificate = params.self_signed(&key).unwrap();
    Tls::new(certificate.pem(), key.serialize_pem())
}

/// An acceptor for TLS on the test's own connections.
pub(crate) fn acceptor(certificate_pem: &str, key_pem: &str) -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(certificate_pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
