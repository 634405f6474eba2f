//! Content codings of replies.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::connection::MAX_REPLY_BYTES;
use crate::centagate::error::Unreadable;

/// Removes the content coding of `body`. Requests ask for none, but some proxies compress nevertheless, so gzip is accepted.
/// The size limit also applies to the decompressed body.
pub(in crate::centagate) fn decode(headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let mut is_gzip = false;
    for value in headers.get_all(CONTENT_ENCODING) {
        for coding in value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            match coding.to_ascii_lowercase().as_slice() {
                b"" | b"identity" => {}
                b"gzip" | b"x-gzip" if !is_gzip => is_gzip = true,
                _ => return Err(Unreadable::ContentCoding),
            }
        }
    }
    if is_gzip { decompress(&body) } else { Ok(body) }
}

fn decompress(body: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut decompressed = Vec::new();
    let limit = MAX_REPLY_BYTES as u64 + 1;
    MultiGzDecoder::new(body).take(limit).read_to_end(&mut decompressed).map_err(|_| Unreadable::ContentCoding)?;
    if decompressed.len() > MAX_REPLY_BYTES { Err(Unreadable::TooLarge) } else { Ok(decompressed) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::header::CONTENT_ENCODING;
    use http::{HeaderMap, HeaderValue};

    use super::{MAX_REPLY_BYTES, decode};
    use crate::centagate::Unreadable;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn decode_as(codings: &[&'static str], body: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let mut headers = HeaderMap::new();
        for coding in codings {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        decode(&headers, body.to_vec())
    }

    #[test]
    fn gzip_is_accepted_in_every_spelling() {
        for codings in [&["gzip"][..], &["GZIP"], &["x-gzip"], &["identity", "gzip"], &["gzip, identity"], &[" gzip ,"]]
        {
            assert_eq!(decode_as(codings, &gzip(b"{}")).unwrap(), b"{}", "{codings:?}");
        }
        for codings in [&[][..], &["identity"], &[""]] {
            assert_eq!(decode_as(codings, b"{}").unwrap(), b"{}", "{codings:?}");
        }
        assert_eq!(decode_as(&["gzip"], &[gzip(b"{"), gzip(b"}")].concat()).unwrap(), b"{}", "two members");
    }

    #[test]
    fn other_codings_and_damaged_gzip_are_rejected() {
        for codings in [&["br"][..], &["deflate"], &["gzip, gzip"], &["gzip", "br"], &["gzip;q=1"]] {
            assert_eq!(decode_as(codings, &gzip(b"{}")), Err(Unreadable::ContentCoding), "{codings:?}");
        }
        let whole = gzip(b"{}");
        let mut wrong_checksum = whole.clone();
        let at = whole.len() - 8;
        wrong_checksum[at] ^= 1;
        for body in [&b""[..], b"{}", &whole[..whole.len() - 1], &whole[..5], &wrong_checksum] {
            assert_eq!(decode_as(&["gzip"], body), Err(Unreadable::ContentCoding), "{body:?}");
        }
    }

    #[test]
    fn the_size_limit_applies_to_the_decompressed_body() {
        let largest = vec![b' '; MAX_REPLY_BYTES];
        assert_eq!(decode_as(&["gzip"], &gzip(&largest)).unwrap(), largest);
        let bomb = gzip(&vec![b' '; 1000 * MAX_REPLY_BYTES]);
        assert!(bomb.len() < MAX_REPLY_BYTES, "it gets as far as the decoder");
        assert_eq!(decode_as(&["gzip"], &bomb), Err(Unreadable::TooLarge));
    }
}
