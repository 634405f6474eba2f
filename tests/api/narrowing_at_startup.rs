//! A restriction that the gateway could not enforce prevents the start, for each scope.

use crate::callers::{block, scopes};
use crate::configuration_faults::{expect_fault, valid};
use crate::environment::Environment;
use crate::jwt_faults::with_jwt;

/// Scopes that require `target_usernames`.
const STRONG: [&str; 2] = ["users:delete", "passwords:set"];

/// The scopes that may be combined with `groups` alone. Every other scope acts on existing users, whose groups are
/// unknown.
const NARROWED_BY_GROUPS: [&str; 4] = ["users:create", "users:read", "otp-tokens:create", "admins:create"];

/// A callers file whose second block has this scope and these further members. The first block is valid.
fn with_caller(scope: &str, rest: &str) -> Environment {
    let environment = valid();
    let harmless = block("harmless", "other-key", &["users:create"], "");
    // The scope is last, because `block` adds `target_usernames` to strong scopes.
    let caller = block("caller", "key", &["users:create"], rest).replace("users:create", scope);
    environment.write("callers.toml", harmless + &caller);
    environment
}

fn expect_valid(environment: &Environment, what: &str) {
    let run = environment.run(&["check-config"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{what}: {run:?}");
}

#[test]
fn strong_scopes_require_target_usernames() {
    for scope in scopes() {
        if STRONG.contains(&scope) {
            expect_fault(&with_caller(scope, ""), &["callers.toml", "number 2", "target_usernames", scope]);
        } else {
            expect_valid(&with_caller(scope, ""), scope);
        }
        for patterns in [r#"["*"]"#, r#"["shop-*"]"#, "[]"] {
            expect_valid(&with_caller(scope, &format!("target_usernames = {patterns}")), scope);
        }
    }
}

#[test]
fn groups_require_target_usernames_in_every_block_with_a_scope_for_existing_users() {
    let groups = r#"groups = ["Staff"]"#;
    for scope in scopes() {
        if NARROWED_BY_GROUPS.contains(&scope) {
            expect_valid(&with_caller(scope, groups), scope);
        } else {
            // One such scope among others is enough.
            for scopes in [scope.to_owned(), format!("users:create\", \"{scope}")] {
                expect_fault(&with_caller(&scopes, groups), &["callers.toml", "number 2", "target_usernames", scope]);
            }
        }
        expect_valid(&with_caller(scope, &format!("{groups}\ntarget_usernames = [\"*\"]")), scope);
    }
}

#[test]
fn tokens_cannot_carry_strong_scopes() {
    let (key, name) = ("jwt.allowed_scopes", "GATEWAY__JWT__ALLOWED_SCOPES");
    for scope in scopes() {
        if STRONG.contains(&scope) {
            for scopes in [scope.to_owned(), format!("users:create {scope}")] {
                expect_fault(&with_jwt().set(name, &scopes), &[key, name, scope, "target_usernames"]);
            }
        } else {
            expect_valid(&with_jwt().set(name, scope), scope);
        }
    }
}
