//! Requests with an `Idempotency-Key`, sent to gateway processes that share a Redis.

mod caller;
mod canary;
mod house;
mod killed_gateways;
mod life_cycle;
mod lossy_link;
mod lost_answers;
mod lost_replies;
mod mixed_requests;
mod races;
mod redis_away;
mod redis_settings;
mod redis_users;
mod replica;
mod rotation;
mod sealed_records;
mod two_versions;
