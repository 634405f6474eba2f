//! Rate limits, per caller and per caller and target.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::configuration::RateLimitSettings;
use crate::domain::{ComparableName, Username};
use crate::operations::TargetLimit;

/// The maximum number of keys per limit. Beyond it, requests with a new key are refused until idle keys are removed. A caller
/// at the default rate cannot reach it.
const MAX_KEYS: usize = 200_000;

type Limiter = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// The rate limits of this process. Each replica has its own.
pub(crate) struct RateLimits {
    requests: Option<Limit>,
    otp_tokens_per_user: Option<Limit>,
    codes_per_user: Option<Limit>,
    clock: DefaultClock,
    /// Hashes keys with a random seed, so that nobody can create collisions.
    hasher: RandomState,
}

struct Limit {
    /// The name in metrics.
    label: &'static str,
    /// The name in replies.
    name: &'static str,
    limiter: Limiter,
    burst: u32,
    window: Duration,
    policy: Arc<str>,
}

/// What a limit says about one request, as fields of the reply (draft-ietf-httpapi-ratelimit-headers-10).
#[derive(Debug)]
pub(super) struct Verdict {
    /// The limit's name in metrics.
    pub(super) limit: &'static str,
    /// An item of `RateLimit-Policy`: at most `q` requests at once, refilled within `w` seconds.
    pub(super) policy: Arc<str>,
    /// An item of `RateLimit`: `r` requests are left, all of them again in `t` seconds.
    pub(super) state: String,
    /// How long to wait, if the request exceeds the limit.
    pub(super) wait: Option<Duration>,
}

impl RateLimits {
    pub(crate) fn new(settings: &RateLimitSettings) -> Self {
        let requests = settings.requests_per_minute.map(|per_minute| {
            Limit::new("requests", "requests", Quota::per_minute(per_minute).allow_burst(settings.burst))
        });
        let otp_tokens_per_user = settings
            .otp_tokens_per_user_per_hour
            .map(|per_hour| Limit::new("otp_tokens_per_user", "otp-tokens-per-user", Quota::per_hour(per_hour)));
        let codes_per_user = settings
            .codes_per_user_per_minute
            .map(|per_minute| Limit::new("codes_per_user", "codes-per-user", Quota::per_minute(per_minute)));
        Self {
            requests,
            otp_tokens_per_user,
            codes_per_user,
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
        }
    }

    /// Counts a request of `caller`. `None` if the limit is off.
    pub(super) fn request(&self, caller: &Arc<str>) -> Option<Verdict> {
        self.requests.as_ref().map(|limit| limit.count(self.hasher.hash_one(caller), &self.clock))
    }

    /// Counts a request of `caller` for `target`. `None` if the limit is off.
    pub(super) fn per_target(&self, limit: TargetLimit, caller: &Arc<str>, target: &Username) -> Option<Verdict> {
        let limit = match limit {
            TargetLimit::TokenRegistrations => self.otp_tokens_per_user.as_ref()?,
            TargetLimit::Codes => self.codes_per_user.as_ref()?,
        };
        let name = ComparableName::new(target.as_str());
        // A name counts in each of its readings, so that another spelling of the same name shares the limit.
        let [one, other] = &*name.keys();
        let keys = [Some(one), Some(other).filter(|other| *other != one)];
        let verdicts =
            keys.into_iter().flatten().map(|key| limit.count(self.hasher.hash_one((caller, key)), &self.clock));
        verdicts.max_by_key(|verdict| verdict.wait)
    }

    /// Removes keys that are idle.
    pub(crate) fn forget_idle(&self) {
        for limit in self.requests.iter().chain(&self.otp_tokens_per_user).chain(&self.codes_per_user) {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
    }
}

impl Limit {
    fn new(label: &'static str, name: &'static str, quota: Quota) -> Self {
        let burst = quota.burst_size().get();
        let window = quota.replenish_interval() * burst;
        let policy = format!("\"{name}\";q={burst};w={}", seconds(window)).into();
        Self { label, name, limiter: RateLimiter::keyed(quota).with_middleware(), burst, window, policy }
    }

    fn count(&self, key: u64, clock: &DefaultClock) -> Verdict {
        let (left, wait) = if self.limiter.len() >= MAX_KEYS {
            (0, Some(self.window))
        } else {
            match self.limiter.check_key(&key) {
                Ok(state) => (state.remaining_burst_capacity(), None),
                Err(until) => (0, Some(until.wait_time_from(clock.now()))),
            }
        };
        let (name, burst) = (self.name, self.burst);
        let full_in = seconds(self.window.mul_f64(f64::from(burst - left.min(burst)) / f64::from(burst)));
        Verdict {
            limit: self.label,
            policy: Arc::clone(&self.policy),
            state: format!("\"{name}\";r={left};t={full_in}"),
            wait,
        }
    }
}

/// Whole seconds, rounded up.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
