//! The callers that the tests know, and the callers file that holds them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Has every scope there is.
pub(crate) const EVERYTHING: &str = "key-of-everything";
/// May register users and tokens, but no admins.
pub(crate) const NO_ADMINS: &str = "key-of-users-and-tokens";
/// May register users only.
pub(crate) const USERS: &str = "key-of-users";
/// May register tokens only.
pub(crate) const TOKENS: &str = "key-of-tokens";
/// Could do everything until 2020.
pub(crate) const EXPIRED: &str = "key-of-the-past";

/// One block of a callers file.
pub(crate) fn block(name: &str, key: &str, scopes: &[&str], rest: &str) -> String {
    let key_sha256 = hex::encode(Sha256::digest(key));
    format!("[[callers]]\nname = \"{name}\"\nkey_sha256 = \"{key_sha256}\"\nscopes = {scopes:?}\n{rest}\n")
}

/// Writes a callers file with all of them into `directory`.
pub(crate) fn write(directory: &Path) -> PathBuf {
    let all = ["users:create", "users:read", "otp-tokens:create", "admins:create"];
    let mut text = String::new();
    for (name, key, scopes, rest) in [
        ("everything", EVERYTHING, &all[..], ""),
        ("no-admins", NO_ADMINS, &["users:create", "otp-tokens:create"], ""),
        ("users", USERS, &["users:create"], ""),
        ("tokens", TOKENS, &["otp-tokens:create"], ""),
        ("expired", EXPIRED, &all, "expires_at = 2020-01-01"),
    ] {
        let _ = write!(text, "{}", block(name, key, scopes, rest));
    }
    let path = directory.join("callers.toml");
    std::fs::write(&path, text).unwrap();
    path
}
