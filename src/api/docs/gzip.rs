//! Replies in the coding that the browser accepts.

use std::io::{Read as _, Write as _};

use actix_web::http::header::{AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, VARY};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::api::large_reply::LargeReply;

/// Ends `reply` with the content of `gzip`: as it is, or decompressed if `request` does not accept gzip.
pub(super) fn reply(reply: &mut HttpResponseBuilder, request: &HttpRequest, gzip: Bytes) -> HttpResponse {
    reply.insert_header((VARY, "Accept-Encoding"));
    if accepts_gzip(request) {
        reply.insert_header((CONTENT_ENCODING, "gzip")).body(LargeReply(gzip))
    } else {
        reply.body(LargeReply(decompress(&gzip)))
    }
}

/// Compresses `text` with gzip.
pub(super) fn compress(text: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory accepts all bytes").into()
}

fn decompress(gzip: &[u8]) -> Bytes {
    let mut content = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut content).expect("the gateway compressed it");
    content.into()
}

/// Whether `request` prefers gzip (RFC 9110, section 12.5.3). Without the header, it gets no coding.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let codings = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok().and_then(|accept| accept.negotiate(codings.iter()));
    accepted == Some(Encoding::gzip())
}
