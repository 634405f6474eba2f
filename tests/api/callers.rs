//! The callers of the tests, and their callers file.

use std::path::{Path, PathBuf};

use centagate_gateway::callers::Scope;
use sha2::{Digest, Sha256};

/// Has every scope.
pub(crate) const EVERYTHING: &str = "key-of-everything";
/// Has the scopes for users and tokens, but not `admins:create`.
pub(crate) const NO_ADMINS: &str = "key-of-users-and-tokens";
/// Has only the scope for creating users.
pub(crate) const USERS: &str = "key-of-users";
/// Has only the scope for registering tokens.
pub(crate) const TOKENS: &str = "key-of-tokens";
/// Had every scope, but expired in 2020.
pub(crate) const EXPIRED: &str = "key-of-the-past";

/// Every scope.
pub(crate) fn scopes() -> Vec<&'static str> {
    Scope::ALL.into_iter().map(Scope::as_str).collect()
}

/// A block of a callers file. Scopes that require `target_usernames` get the pattern for all users, unless `rest` has
/// patterns.
pub(crate) fn block(name: &str, key: &str, scopes: &[&str], rest: &str) -> String {
    let key_sha256 = hex::encode(Sha256::digest(key));
    let needs_targets = scopes.iter().any(|scope| ["users:delete", "passwords:set"].contains(scope));
    let all_targets =
        if needs_targets && !rest.contains("target_usernames") { "target_usernames = [\"*\"]\n" } else { "" };
    let rest = format!("{all_targets}{rest}");
    format!("[[callers]]\nname = \"{name}\"\nkey_sha256 = \"{key_sha256}\"\nscopes = {scopes:?}\n{rest}\n")
}

/// The key of the caller that has only this scope.
pub(crate) fn only(scope: &str) -> String {
    format!("key-of-only-{scope}")
}

/// The key of the caller that has every scope except this one.
pub(crate) fn without(scope: &str) -> String {
    format!("key-without-{scope}")
}

/// Writes a callers file with all these callers into `directory`.
pub(crate) fn write(directory: &Path) -> PathBuf {
    let all = scopes();
    let mut text = block("everything", EVERYTHING, &all, "")
        + &block("no-admins", NO_ADMINS, &["users:create", "otp-tokens:create"], "")
        + &block("users", USERS, &["users:create"], "")
        + &block("tokens", TOKENS, &["otp-tokens:create"], "")
        + &block("expired", EXPIRED, &all, "expires_at = 2020-01-01");
    for scope in &all {
        let others: Vec<_> = all.iter().copied().filter(|other| other != scope).collect();
        text += &block(&format!("only-{scope}"), &only(scope), &[scope], "");
        text += &block(&format!("without-{scope}"), &without(scope), &others, "");
    }
    let path = directory.join("callers.toml");
    std::fs::write(&path, text).unwrap();
    path
}
