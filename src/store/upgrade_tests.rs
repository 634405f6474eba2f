//! Tests that records of version 1 are still recognised. The fixed bytes were written by a gateway of that version.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::Ledger;
use crate::domain::CallerShare;
use crate::metrics::Metrics;
use crate::store::entry::{Change, Swap};
use crate::store::record::{Record, State};
use crate::store::sealed_store::SealedStore;
use crate::store::{IdempotencySettings, KeyStatus, Request, SealKeys, StoreSettings};

const LEASE: Duration = Duration::from_secs(15);
const TTL: Duration = Duration::from_secs(86_400);
static CALLER: LazyLock<Arc<str>> = LazyLock::new(|| "shop".into());

/// Names and sealed records of the two requests below. Each record contains the reply `reply`, and its seal expires after 100
/// years.
const TOKEN_NAME: &str = "centagate-gateway:{b65b395b492a3489b21c13baf62b4869190a00a3d3e0b5f6b6a9ae0ab9c4ebfc}:record";
const TOKEN_RECORD: &str = "02d214ed62cc135c46d20348a9adfd85a1717f0f19a6ca3bd80dc534576b9004756eb47f3da1839cb09d341b0f06a0\
    5161fd50f4cafe1bf60f475a4770b52018ed4f3835ce5b2a621369761435cecb8c6a5c45ddcd5f13980fdbf5cfccc22fd0df7c642b594a43754fec\
    4ef3d8f0c727c761b8350b462cb07ece5c8f5cbaea04296159b1ca25cdaa06318437cbd24d6fa3d186e471d68d5c840a630cf783719b8cd6230a6e\
    11a0ee057215fda3c666a9a0d2";
const USER_NAME: &str = "centagate-gateway:{f5c88c0a0da7694006eef981e166ae2cd5aa110d95ff5c795c12399c70555981}:record";
const USER_RECORD: &str = "02d214ed62cc135c462223f688a078d576572007c70a6b6fe495a3ded3c46690c41b52bac566249d79eafa40f04f896\
    5845044e333271907ffc2bbfe75e319f739b4849f822993b8fba11bd7baf2918741933f93dfafd15285b9b2183d06fcab310c9f63d0e1ba037e274\
    ee854ce123a2bcd884ba643e78baf5653191b610cc804d5f245a38f0edf903b2c5302ee5a934549f062e44e9f6a1e5d9e9fac75dc61a429a0a479c\
    a990f19b06e866d745d705b31";

fn seal_keys() -> SealKeys {
    SealKeys::parse(&"5a".repeat(32)).expect("keys")
}

/// The requests of the two records. A gateway of version 1 had no `content`.
fn token() -> Request<'static> {
    let body = br#"{ "status": "valid" }"#;
    Request { caller: &CALLER, operation: "register_one_time_pin", key: "key-1", path: &["bob"], content: b"-", body }
}

fn user() -> Request<'static> {
    let body = br#"{ "username": "alice" }"#;
    Request { caller: &CALLER, operation: "register_user", key: "key-2", path: &[], content: b"-", body }
}

/// Stores `record` as the record of `request`.
async fn ledger(request: &Request<'_>, record: &str) -> Ledger {
    let settings = IdempotencySettings { ttl: TTL, store: StoreSettings::Memory { max_keys: 10 } };
    let ledger = Ledger::open(&settings, Arc::new(Metrics::default()), CallerShare::default()).expect("a ledger");
    let store = SealedStore { keys: seal_keys(), ..(*ledger.store.load_full()).clone() };
    let name = seal_keys().names(&request.name_input())[0];
    let value = hex::decode(record).expect("hex");
    let change = Change { name, expected: [None, None], new: Some((value.into(), TTL)) };
    assert!(matches!(store.compare_and_swap(&CALLER, &[change]).await, Ok(Swap::Applied)));
    ledger.replace_store(store);
    ledger
}

async fn status(ledger: &Ledger, request: &Request<'_>) -> KeyStatus {
    ledger.claim(request, Instant::now() + LEASE, LEASE).await.expect("memory is always available")
}

#[test]
fn names_in_the_store_stay_the_same() {
    for (request, name) in [(token(), TOKEN_NAME), (user(), USER_NAME)] {
        assert_eq!(seal_keys().names(&request.name_input())[0].text(), name);
    }
}

#[tokio::test]
async fn a_version_1_record_identifies_its_request_by_the_raw_body() {
    for (request, record) in [(token(), TOKEN_RECORD), (user(), USER_RECORD)] {
        let ledger = ledger(&request, record).await;
        let KeyStatus::Replied { reply, .. } = status(&ledger, &request).await else { panic!("{}", request.operation) };
        assert_eq!(reply.expose_secret(), "reply");
        let other_content = Request { content: b"other", ..request };
        assert!(
            matches!(status(&ledger, &other_content).await, KeyStatus::Replied { .. }),
            "version 1 does not cover the content"
        );
        let other_body = Request { body: b"{}", ..other_content };
        let other_target = Request { path: &["carol"], ..other_content };
        for other in [other_body, other_target] {
            assert!(matches!(status(&ledger, &other).await, KeyStatus::Mismatch), "{:?}", other.path);
        }
    }
}

#[test]
fn records_of_versions_1_and_2_are_parsed_and_later_ones_are_not() {
    let hex = "ab".repeat(32);
    let rest = r#""lifetime_ms":1000,"state":"claimed"}"#;
    let read = |text: String| Record::parse(text.as_bytes()).is_some();
    assert!(read(format!(r#"{{"fingerprint":"{hex}",{rest}"#)));
    assert!(read(format!(r#"{{"version":2,"request_fingerprint":"{hex}",{rest}"#)));
    assert!(!read(format!(r#"{{"version":3,"request_fingerprint":"{hex}",{rest}"#)));
}

#[test]
fn a_gateway_of_version_1_cannot_read_new_records() {
    let record = Record::to_json([0xab; 32], TTL, State::Claimed);
    let text = String::from_utf8(record).expect("JSON");
    let hex = "ab".repeat(32);
    let expected = format!(r#"{{"version":2,"request_fingerprint":"{hex}","lifetime_ms":86400000,"state":"claimed"}}"#);
    assert_eq!(text, expected, "version 1 requires `fingerprint`, and reports an unknown outcome without it");
}
