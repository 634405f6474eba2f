//! An identity provider: keys and tokens for the tests, and a server for the public keys.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::acceptor;

pub(crate) const ISSUER: &str = "https://id.example.com/realm";
pub(crate) const AUDIENCE: &str = "centagate-gateway";

/// A key pair of the provider or of an attacker.
pub(crate) struct SigningKey {
    pub(crate) algorithm: Algorithm,
    private: EncodingKey,
    /// The public half, without `kid`.
    public: Value,
    /// Forms of the public half that an attacker could use as an HMAC secret.
    pub(crate) public_bytes: Vec<Vec<u8>>,
}

/// RSA keys take long to generate, so all tests share one.
pub(crate) static RSA: LazyLock<SigningKey> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let public = json!({ "kty": "RSA", "n": encoded(&components.n), "e": encoded(&components.e) });
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(spki.as_ref())
    );
    SigningKey {
        algorithm: Algorithm::RS256,
        // In PKCS #8, the PKCS #1 key follows a prefix, which has this length for 2048 bits.
        private: EncodingKey::from_rsa_der(&private.as_ref()[26..]),
        public_bytes: vec![
            pem.into_bytes(),
            spki.as_ref().to_vec(),
            pair.public_key().as_ref().to_vec(),
            components.n,
            public["n"].as_str().unwrap().into(),
            public.to_string().into_bytes(),
        ],
        public,
    }
});

impl SigningKey {
    pub(crate) fn es256() -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        Self {
            algorithm: Algorithm::ES256,
            private: EncodingKey::from_ec_der(pkcs8.as_ref()),
            public: json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) }),
            public_bytes: vec![pair.public_key().as_ref().to_vec()],
        }
    }

    pub(crate) fn eddsa() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        Self {
            algorithm: Algorithm::EdDSA,
            private: EncodingKey::from_ed_der(pkcs8.as_ref()),
            public: json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref()) }),
            public_bytes: vec![pair.public_key().as_ref().to_vec()],
        }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = self.public.clone();
        jwk["kid"] = kid.into();
        jwk
    }

    /// A token with `claims`.
    pub(crate) fn token(&self, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(self.algorithm) };
        self.token_with(&header, claims)
    }

    pub(crate) fn token_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).unwrap()
    }
}

/// Valid claims with `changes`; null removes a claim.
pub(crate) fn claims(changes: &Value) -> Value {
    let mut claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "shop", "exp": now() + 300, "iat": now() });
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn jwk_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A server for a JWK set. It ends with the test's runtime.
pub(crate) struct IdentityProvider {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    reply: Vec<u8>,
    fetches: usize,
}

impl IdentityProvider {
    pub(crate) async fn start(keys: &[Value]) -> Self {
        Self::start_with(keys, None).await
    }

    /// Starts a server with TLS.
    pub(crate) async fn start_tls(keys: &[Value], certificate_pem: &str, key_pem: &str) -> Self {
        Self::start_with(keys, Some(acceptor(certificate_pem, key_pem))).await
    }

    async fn start_with(keys: &[Value], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { reply: Vec::new(), fetches: 0 }));
        let provider = Self { address, state: Arc::clone(&state) };
        provider.publish(keys);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (state, tls) = (Arc::clone(&state), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(connection, &state).await,
                        Some(tls) => serve(tls.accept(connection).await.ok()?, &state).await,
                    }
                });
            }
        });
        provider
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// Sets the keys for later requests.
    pub(crate) fn publish(&self, keys: &[Value]) {
        self.answer("200 OK", "", &jwk_set(keys));
    }

    /// Sets the reply for later requests. Each of `headers` ends in CRLF.
    pub(crate) fn answer(&self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let reply =
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        self.state.lock().unwrap().reply = reply.into_bytes();
    }

    /// Closes later connections without a reply.
    pub(crate) fn close_connections(&self) {
        self.state.lock().unwrap().reply.clear();
    }

    /// How many requests for keys the server received.
    pub(crate) fn fetches(&self) -> usize {
        self.state.lock().unwrap().fetches
    }
}

async fn serve(mut connection: impl AsyncRead + AsyncWrite + Unpin, state: &Mutex<State>) -> Option<()> {
    let mut received = Vec::new();
    while !received.windows(4).any(|window| window == b"\r\n\r\n") {
        if connection.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    let reply = {
        let mut state = state.lock().unwrap();
        state.fetches += 1;
        state.reply.clone()
    };
    connection.write_all(&reply).await.ok()?;
    connection.shutdown().await.ok()
}
