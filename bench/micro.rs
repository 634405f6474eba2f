//! Micro-benchmarks of the gateway's own work for a request: `cargo bench --bench micro`.

use std::hint::black_box;

use bytes::Bytes;
use centagate_gateway::centagate::cen_token;
use centagate_gateway::measured::{created_user, new_user, problem};
use centagate_gateway::settings::UserSettings;
use criterion::{Criterion, criterion_group, criterion_main};

const REQUEST_ID: &str = "01939d5b-7c1f-7e0a-9c3b-2f8d1c5e4a6b";

/// A registration with every member.
const USER: &str = r#"{"username":"alice","firstName":"Alice","lastName":"Archer","email":"alice@example.com","group":"Staff","role":"user","app":"portal","uniqueId":"u-1","clientId":"c-1","additionalData":["floor 2","north"]}"#;

/// The same registration with a fault in each member.
const FAULTS: &str = r#"{"username":"..","firstName":"","lastName":5,"email":"alice","group":null,"role":"king","app":"\u0007","uniqueId":[],"clientId":{},"additionalData":["",7],"password":"x"}"#;

fn signing(criterion: &mut Criterion) {
    let (secret_code, auth_token) = ("9c1b6ad0f3e84c1d".repeat(2).into(), "kHgF3oX0mQ2bT7vN".repeat(4).into());
    criterion.bench_function("sign: cenToken", |bencher| {
        bencher.iter(|| cen_token(black_box(&secret_code), black_box("admin"), black_box(&auth_token)));
    });
}

fn decoding(criterion: &mut Criterion) {
    let registered = br#"{"code":"0","message":"Success","object":"10045"}"#;
    let refused = br#"{"code":"22025","message":"Duplicate username","object":""}"#;
    assert!(created_user(registered).is_some() && created_user(refused).is_none());
    criterion.bench_function("decode: a registration", |bencher| bencher.iter(|| created_user(black_box(registered))));
    criterion.bench_function("decode: a refusal", |bencher| bencher.iter(|| created_user(black_box(refused))));
}

fn validation(criterion: &mut Criterion) {
    let defaults = UserSettings { default_group: None, default_app: None };
    let (good, bad) = (Bytes::from_static(USER.as_bytes()), Bytes::from_static(FAULTS.as_bytes()));
    assert!(new_user(&good, &defaults).is_some() && new_user(&bad, &defaults).is_none());
    criterion.bench_function("validate: a user", |bencher| bencher.iter(|| new_user(black_box(&good), &defaults)));
    criterion.bench_function("validate: a fault each", |bencher| bencher.iter(|| new_user(black_box(&bad), &defaults)));
}

fn problems(criterion: &mut Criterion) {
    criterion.bench_function("render: username_taken", |bencher| {
        bencher.iter(|| problem(black_box(22025), black_box(REQUEST_ID)));
    });
}

criterion_group!(micro, signing, decoding, validation, problems);
criterion_main!(micro);
