//! Property tests of the callers file. `file.rs` has the examples.

use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use super::{Callers, Scope};
use crate::domain::OtpTokenStatus;
use crate::test_input::{cases, damaged};

/// Part of every text in these files, so that a leak is found.
const CONTENT: &str = "s3cr3t";

fn text() -> impl Strategy<Value = String> {
    "[^\\p{Cc}\\u{202A}-\\u{202E}\\u{2066}-\\u{2069}]{0,12}".prop_map(|text| format!("{CONTENT}{text}"))
}

fn some_of(words: impl IntoIterator<Item = &'static str>) -> impl Strategy<Value = Value> {
    let words: Vec<_> = words.into_iter().collect();
    let at_most = words.len();
    subsequence(words, 0..=at_most).prop_map(Value::from)
}

/// A valid block for the caller with this key. Its number makes the name unique.
fn block(number: usize, key: &str) -> impl Strategy<Value = Table> + use<> {
    let key_sha256 = hex::encode(Sha256::digest(key));
    let texts = || option::of(vec(text(), 0..3).prop_map(Value::from));
    let expires_at = option::of((1970..2999_i32, 1..=12_u8, 1..=28_u8));
    let statuses = option::of(some_of(OtpTokenStatus::ALL.map(OtpTokenStatus::as_str)));
    let scopes = some_of(Scope::ALL.map(Scope::as_str));
    (text(), scopes, expires_at, texts(), texts(), statuses).prop_map(
        move |(name, scopes, expires_at, groups, target_usernames, statuses)| {
            let expires_at = expires_at.map(|(year, month, day)| format!("{year}-{month:02}-{day:02}").into());
            // Some scopes require `target_usernames`, with or without `groups`.
            let target_usernames = target_usernames.or_else(|| Some(vec!["*".to_owned()].into()));
            let members = [
                ("key_sha256", Some(key_sha256.clone().into())),
                ("name", Some(format!("{name} {number}").into())),
                ("scopes", Some(scopes)),
                ("expires_at", expires_at),
                ("groups", groups),
                ("target_usernames", target_usernames),
                ("otp_token_statuses", statuses),
            ];
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        },
    )
}

/// Keys, each with its block.
fn blocks() -> impl Strategy<Value = Vec<(String, Table)>> {
    hash_set(any::<String>(), 1..5).prop_flat_map(|keys| {
        let blocks = keys.into_iter().enumerate().map(|(number, key)| (Just(key.clone()), block(number, &key)));
        blocks.collect::<Vec<_>>()
    })
}

fn file<'a>(blocks: impl IntoIterator<Item = &'a Table>) -> String {
    let blocks: Vec<Value> = blocks.into_iter().cloned().map(Value::from).collect();
    Table::from_iter([("callers".to_owned(), Value::from(blocks))]).to_string()
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        vec(text(), 0..3).prop_map(Value::from),
        text().prop_map(|name| Value::from(Table::from_iter([(name.clone(), name.into())]))),
    ]
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_valid_file_is_read_unchanged(blocks in blocks()) {
        let callers = Callers::parse(&file(blocks.iter().map(|(_, block)| block))).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        for (key, block) in &blocks {
            let expires_at = block.get("expires_at").map(|date| date.as_str().expect("a date"));
            let is_live = expires_at.is_none_or(|date| date > &jiff::Timestamp::now().to_string()[..10]);
            let Some(caller) = callers.find(key.as_bytes()) else {
                prop_assert!(!is_live, "{block}");
                continue;
            };
            prop_assert!(is_live && Some(&*caller.name) == block["name"].as_str());
            let listed = |member: &str, word: &str| {
                block.get(member).is_none_or(|words| words.as_array().expect("words").contains(&word.into()))
            };
            for scope in Scope::ALL {
                prop_assert_eq!(caller.allows_scope(scope).is_ok(), listed("scopes", scope.as_str()));
            }
            for status in OtpTokenStatus::ALL {
                prop_assert_eq!(caller.allows_otp_token_status(status).is_ok(), listed("otp_token_statuses", status.as_str()));
            }
            let groups = caller.rights.groups.as_deref().map(Value::try_from).transpose().expect("texts");
            prop_assert_eq!(groups.as_ref(), block.get("groups"));
        }
    }

    #[test]
    fn a_key_in_two_blocks_is_a_fault(blocks in blocks(), twice in any::<Index>(), name in text()) {
        let mut tables: Vec<Table> = blocks.into_iter().map(|(_, block)| block).collect();
        let mut again = tables[twice.index(tables.len())].clone();
        again.insert("name".to_owned(), name.into());
        tables.push(again);
        let fault = Callers::parse(&file(&tables)).expect_err("a key twice").to_string();
        let expected = format!("[[callers]] number {}: key_sha256: is also in another block", tables.len());
        prop_assert!(fault.starts_with(&expected), "{}", fault);
    }

    #[test]
    fn an_invalid_member_is_named_without_its_value(
        blocks in blocks(), at in any::<Index>(), member in any::<Index>(), value in any_value()
    ) {
        let mut tables: Vec<Table> = blocks.into_iter().map(|(_, block)| block).collect();
        let at = at.index(tables.len());
        let members = ["key_sha256", "jwt_subject", "name", "scopes", "expires_at", "groups", "target_usernames", "otp_token_statuses"];
        let member = members[member.index(members.len())];
        tables[at].insert(member.to_owned(), value);
        if let Err(fault) = Callers::parse(&file(&tables)) {
            let fault = fault.to_string();
            prop_assert!(fault.starts_with(&format!("[[callers]] number {}: {member}", at + 1)), "{fault}");
            prop_assert!(!fault.contains(CONTENT), "{fault}");
        }
    }

    #[test]
    fn an_unknown_member_is_a_fault(blocks in blocks(), at in any::<Index>(), member in text(), value in any_value()) {
        let mut tables: Vec<Table> = blocks.into_iter().map(|(_, block)| block).collect();
        let at = at.index(tables.len());
        tables[at].insert(member, value);
        let fault = Callers::parse(&file(&tables)).expect_err("an unknown member").to_string();
        prop_assert!(fault.starts_with(&format!("[[callers]] number {}: a member is not known", at + 1)), "{fault}");
        prop_assert!(!fault.contains(CONTENT), "{fault}");
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_without_showing_its_content(
        text in damaged(blocks().prop_map(|blocks| file(blocks.iter().map(|(_, block)| block))))
    ) {
        if let Err(fault) = Callers::parse(&String::from_utf8_lossy(&text)) {
            let fault = fault.to_string();
            prop_assert!(!fault.contains(CONTENT), "{fault}");
        }
    }

    #[test]
    fn random_text_is_refused(text in any::<String>()) {
        prop_assert!(Callers::parse(&text).is_err(), "random text contains no callers");
    }
}
