//! Content in the coding that the browser accepts.

use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

use actix_web::http::header::{AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, VARY};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::api::large_reply::LargeReply;

/// Content that was compressed with gzip.
pub(super) struct Gzip {
    compressed: Bytes,
    /// All replies share one copy: it would be too large to have one for each slow reader.
    decompressed: OnceLock<Bytes>,
}

impl Gzip {
    /// Content that is compressed already.
    pub(super) const fn from_static(compressed: &'static [u8]) -> Self {
        Self { compressed: Bytes::from_static(compressed), decompressed: OnceLock::new() }
    }

    /// Compresses `text`.
    pub(super) fn compress(text: &str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        Self { compressed: compressed.expect("memory accepts all bytes").into(), decompressed: OnceLock::new() }
    }

    /// Ends `reply` with the content. It stays compressed if `request` accepts that.
    pub(super) fn reply(&self, reply: &mut HttpResponseBuilder, request: &HttpRequest) -> HttpResponse {
        reply.insert_header((VARY, "Accept-Encoding"));
        if accepts_gzip(request) {
            reply.insert_header((CONTENT_ENCODING, "gzip")).body(LargeReply(self.compressed.clone()))
        } else {
            reply.body(LargeReply(self.decompressed().clone()))
        }
    }

    fn decompressed(&self) -> &Bytes {
        self.decompressed.get_or_init(|| {
            let mut content = Vec::new();
            GzDecoder::new(&*self.compressed).read_to_end(&mut content).expect("the gateway compressed it");
            content.into()
        })
    }
}

/// Whether `request` prefers gzip (RFC 9110, section 12.5.3). Without the header, it gets no coding.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let codings = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok().and_then(|accept| accept.negotiate(codings.iter()));
    accepted == Some(Encoding::gzip())
}
