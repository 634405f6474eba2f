//! Requests with an `Idempotency-Key` to gateway processes that share a Redis.

mod caller;
mod canary;
mod cluster;
mod killed_gateways;
mod life_cycle;
mod lossy_proxy;
mod lost_replies;
mod mixed_requests;
mod races;
mod redis_outages;
mod redis_settings;
mod redis_users;
mod replica;
mod rotation;
mod sealed_records;
mod silent_connections;
mod two_versions;
