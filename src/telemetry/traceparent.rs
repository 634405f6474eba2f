//! Parses the `traceparent` header field (W3C Trace Context).

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// Parses a `traceparent` field strictly (W3C Trace Context, section 3.2). Returns `None` if it is invalid.
///
/// Versions after 00 may have more parts after the four known ones. `tracestate` is ignored: the gateway has no use for it,
/// and a caller could put any text there.
pub(crate) fn parse(field: &str) -> Option<SpanContext> {
    let (known, rest) = field.split_at_checked("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".len())?;
    let mut parts = known.split('-');
    let mut part = |length: usize| {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        parts.next().filter(|part| part.len() == length && part.bytes().all(hex))
    };
    let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    match version {
        "ff" => return None,
        "00" if !rest.is_empty() => return None,
        _ if !rest.is_empty() && !rest.starts_with('-') => return None,
        _ => {}
    }
    let sampled = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace_id, span_id) = (TraceId::from_hex(trace_id).ok()?, SpanId::from_hex(span_id).ok()?);
    let parent = SpanContext::new(trace_id, span_id, sampled, true, TraceState::NONE);
    parent.is_valid().then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn valid_fields_are_parsed() {
        for (flags, sampled) in [("00", false), ("01", true), ("02", false), ("03", true), ("ff", true)] {
            let parent = parse(&format!("00-{TRACE}-{SPAN}-{flags}")).expect(flags);
            assert_eq!((parent.trace_id().to_string(), parent.span_id().to_string()), (TRACE.into(), SPAN.into()));
            assert_eq!((parent.is_sampled(), parent.is_remote()), (sampled, true), "{flags}");
        }
    }

    #[test]
    fn later_versions_may_have_more_parts() {
        for rest in ["", "-", "-what-the-future-will-be-like"] {
            assert!(parse(&format!("cc-{TRACE}-{SPAN}-01{rest}")).is_some(), "{rest}");
        }
        assert!(parse(&format!("cc-{TRACE}-{SPAN}-01.what")).is_none());
    }

    #[test]
    fn invalid_fields_are_rejected() {
        let zeros = "0".repeat(32);
        let upper = TRACE.to_uppercase();
        for field in [
            String::new(),
            "-".repeat(55),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01 "),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0g-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{upper}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{}-{SPAN}0-01", &TRACE[1..]),
            format!("00-{TRACE}-{}ü-01", &SPAN[2..]),
            format!("0é-{}-{SPAN}-01", &TRACE[1..]),
        ] {
            assert!(parse(&field).is_none(), "{field}");
        }
    }
}
