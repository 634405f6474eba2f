//! The values that depend on each other, and the rules between them.

use std::num::NonZeroU32;
use std::time::Duration;

use super::reader::Reader;
use super::{SettingsFault, gather};

type Read<T> = Result<T, SettingsFault>;

const REQUEST_TIMEOUT: &str = "server.request_timeout_ms";
const SHUTDOWN: &str = "server.shutdown_ms";
const TTL: &str = "idempotency.ttl_seconds";
const BURST: &str = "rate_limit.burst";

pub(super) fn request_timeout(reader: &Reader) -> Read<Duration> {
    reader.milliseconds(REQUEST_TIMEOUT, 10)
}

pub(super) fn shutdown(reader: &Reader) -> Read<Duration> {
    reader.milliseconds(SHUTDOWN, 0)
}

pub(super) fn centagate_connect_timeout(reader: &Reader) -> Read<Duration> {
    reader.milliseconds("centagate.connect_timeout_ms", 1)
}

pub(super) fn centagate_request_timeout(reader: &Reader) -> Read<Duration> {
    reader.milliseconds("centagate.request_timeout_ms", 1)
}

pub(super) fn idempotency_ttl(reader: &Reader) -> Read<Duration> {
    reader.seconds(TTL, 60)
}

pub(super) fn requests_per_minute(reader: &Reader) -> Read<Option<NonZeroU32>> {
    reader.number("rate_limit.requests_per_minute", 0..=1_000_000_000).map(NonZeroU32::new)
}

pub(super) fn burst(reader: &Reader) -> Read<NonZeroU32> {
    reader.number(BURST, NonZeroU32::MIN..=NonZeroU32::MIN.saturating_add(999_999_999))
}

/// Checks every rule whose values can be read; those that cannot are faults already.
pub(super) fn check(reader: &Reader) -> Read<()> {
    gather!(
        calls: calls_fit_into_a_request(reader),
        shutdown: shutdown_waits_for_requests(reader),
        ttl: keys_outlive_requests(reader),
        burst: bursts_are_refilled(reader),
    )
    .map(|_| ())
}

fn calls_fit_into_a_request(reader: &Reader) -> Read<()> {
    let (Ok(connect), Ok(call), Ok(request)) =
        (centagate_connect_timeout(reader), centagate_request_timeout(reader), request_timeout(reader))
    else {
        return Ok(());
    };
    let problem = "must be more than centagate.connect_timeout_ms + centagate.request_timeout_ms";
    ensure(connect + call < request, REQUEST_TIMEOUT, problem)
}

fn shutdown_waits_for_requests(reader: &Reader) -> Read<()> {
    let (Ok(shutdown), Ok(request)) = (shutdown(reader), request_timeout(reader)) else { return Ok(()) };
    ensure(shutdown >= request, SHUTDOWN, "must be at least server.request_timeout_ms")
}

fn keys_outlive_requests(reader: &Reader) -> Read<()> {
    let (Ok(ttl), Ok(request)) = (idempotency_ttl(reader), request_timeout(reader)) else { return Ok(()) };
    let problem =
        "must be at least twice server.request_timeout_ms, so that no key is forgotten while its request runs";
    ensure(ttl >= request * 2, TTL, problem)
}

fn bursts_are_refilled(reader: &Reader) -> Read<()> {
    let (Ok(burst), Ok(Some(per_minute))) = (burst(reader), requests_per_minute(reader)) else { return Ok(()) };
    let minutes_of_a_day = 24 * 60;
    let refilled_in_a_day = u64::from(burst.get()) <= u64::from(per_minute.get()) * minutes_of_a_day;
    let problem = "must be refilled within a day: at most 1440 × rate_limit.requests_per_minute";
    ensure(refilled_in_a_day, BURST, problem)
}

fn ensure(holds: bool, key: &str, problem: &str) -> Read<()> {
    if holds { Ok(()) } else { Err(SettingsFault::of_key(key, problem)) }
}
