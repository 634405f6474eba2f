//! Who may use the gateway: the callers file, caller keys and scopes.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use toml::{Table, Value};

use crate::domain::Text;
use crate::settings::{SettingsFault, toml_position};

/// A right that a caller can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Register users.
    UsersCreate,
    /// Read users.
    UsersRead,
    /// Register OTP tokens: whoever may do this can take over any account that the admin reaches.
    OtpTokensCreate,
    /// Register users whose role is an admin's.
    AdminsCreate,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::UsersCreate, Self::UsersRead, Self::OtpTokensCreate, Self::AdminsCreate];

    /// The scope's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsersCreate => "users:create",
            Self::UsersRead => "users:read",
            Self::OtpTokensCreate => "otp-tokens:create",
            Self::AdminsCreate => "admins:create",
        }
    }

    /// The scope that `word` stands for, if any.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// One credential: who it belongs to and what it may do.
#[derive(Debug)]
pub struct Caller {
    /// The caller's name, for logs; two credentials may share it while one replaces the other.
    pub name: Arc<str>,
    key_sha256: [u8; 32],
    scopes: Vec<Scope>,
    expires_at: Option<Timestamp>,
}

impl Caller {
    /// Whether the caller has the right that `scope` gives.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// All callers, found by the SHA-256 of their credentials.
#[derive(Debug)]
pub struct Callers {
    by_hash: HashMap<[u8; 32], Arc<Caller>>,
}

impl Callers {
    /// Reads the callers file at `path`.
    ///
    /// # Errors
    /// A fault that names the place in the file and what was expected, never a value.
    pub fn load(path: &Path) -> Result<Self, SettingsFault> {
        let fault = |problem: String| SettingsFault::of(format_args!("callers_file {}", path.display()), problem);
        let text =
            std::fs::read_to_string(path).map_err(|error| fault(format!("cannot be read ({})", error.kind())))?;
        Self::parse(&text).map_err(fault)
    }

    /// Reads the text of a callers file.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut file = toml_position(text).map_err(|line| format!("no TOML from line {line} on"))?;
        let Some(Value::Array(blocks)) = file.remove("callers") else {
            return Err("expected at least one [[callers]]".to_owned());
        };
        if !file.is_empty() {
            return Err("expected nothing but [[callers]]".to_owned());
        }
        let mut by_hash = HashMap::with_capacity(blocks.len());
        for (index, block) in blocks.into_iter().enumerate() {
            let at = |problem: &str| format!("[[callers]] number {}: {problem}", index + 1);
            let Value::Table(block) = block else { return Err(at("expected a table")) };
            let caller = Caller::read(block).map_err(|problem| at(&problem))?;
            if by_hash.insert(caller.key_sha256, Arc::new(caller)).is_some() {
                return Err(at("key_sha256 stands in another block, too"));
            }
        }
        if by_hash.is_empty() {
            return Err("expected at least one [[callers]]".to_owned());
        }
        Ok(Self { by_hash })
    }

    /// The caller that `credential` belongs to; an unknown one and an expired one look the same.
    pub fn find(&self, credential: &[u8]) -> Option<Arc<Caller>> {
        let hash: [u8; 32] = Sha256::digest(credential).into();
        let caller = self.by_hash.get(&hash)?;
        let known = bool::from(caller.key_sha256.ct_eq(&hash));
        let expired = caller.expires_at.is_some_and(|end| Timestamp::now() >= end);
        (known && !expired).then(|| Arc::clone(caller))
    }
}

impl Caller {
    fn read(mut block: Table) -> Result<Self, String> {
        let name = match block.remove("name") {
            Some(Value::String(name)) if is_name(&name) => name.into(),
            _ => return Err("name: expected 1 to 255 characters, no control characters".to_owned()),
        };
        let key_sha256 = match block.remove("key_sha256") {
            Some(Value::String(hex)) => sha256_from_hex(&hex),
            _ => None,
        };
        let key_sha256 = key_sha256.ok_or("key_sha256: expected the 64 lowercase hex digits of a SHA-256")?;
        let Some(Value::Array(words)) = block.remove("scopes") else {
            return Err("scopes: expected an array of scopes".to_owned());
        };
        let scopes = words.iter().map(|word| word.as_str().and_then(Scope::from_word)).collect::<Option<_>>();
        let scopes = scopes.ok_or_else(|| format!("scopes: expected only {ScopeList}"))?;
        let expires_at = match block.remove("expires_at") {
            None => None,
            Some(Value::String(date)) => Some(date),
            Some(Value::Datetime(date)) => Some(date.to_string()),
            Some(_) => return Err(EXPIRES_AT.to_owned()),
        };
        let expires_at = expires_at.map(|date| parse_expiry(&date).ok_or(EXPIRES_AT)).transpose()?;
        if !block.is_empty() {
            return Err("expected only name, key_sha256, scopes and expires_at".to_owned());
        }
        Ok(Self { name, key_sha256, scopes, expires_at })
    }
}

/// Whether a caller can be called `name`.
pub(crate) fn is_name(name: &str) -> bool {
    Text::parse(name).is_ok()
}

const EXPIRES_AT: &str =
    "expires_at: expected a date (2027-01-31, its first second in UTC) or a time (2027-01-31T12:00:00Z)";

/// `date` as the moment it begins: a day in UTC, or an RFC 3339 time.
pub(crate) fn parse_expiry(date: &str) -> Option<Timestamp> {
    if let Ok(day) = date.parse::<jiff::civil::Date>()
        && date.len() == "2027-01-31".len()
    {
        return day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|start| start.timestamp());
    }
    date.parse().ok()
}

fn sha256_from_hex(text: &str) -> Option<[u8; 32]> {
    let lowercase = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    lowercase.then(|| hex::decode(text).ok()?.try_into().ok()).flatten()
}

struct ScopeList;

impl fmt::Display for ScopeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Scope::ALL.map(Scope::as_str).join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Callers, Scope};

    /// `printf %s test-key | sha256sum`
    const TEST_KEY: &str = "62af8704764faf8ea82fc61ce9c4c3908b6cb97d463a634e9e587d7c885db0ef";

    fn block(rest: &str) -> String {
        format!("[[callers]]\nname = \"one\"\nkey_sha256 = \"{TEST_KEY}\"\nscopes = [\"users:create\"]\n{rest}\n")
    }

    #[test]
    fn a_caller_is_found_by_its_whole_credential() {
        let callers = Callers::parse(&block("")).expect("a callers file");
        let caller = callers.find(b"test-key").expect("a caller");
        assert_eq!(&*caller.name, "one");
        assert!(caller.may(Scope::UsersCreate) && !caller.may(Scope::OtpTokensCreate));
        for other in [&b"test-ke"[..], b"test-key ", b"", b"Test-key", b"\xff"] {
            assert!(callers.find(other).is_none());
        }
    }

    #[test]
    fn a_key_is_taken_until_it_expires() {
        for (expiry, known) in [
            ("2999-01-01", true),
            ("\"2999-01-01\"", true),
            ("2999-01-01T00:00:00Z", true),
            ("\"2999-01-01T00:00:00+02:00\"", true),
            ("2020-01-01", false),
            ("2020-01-01T00:00:00Z", false),
        ] {
            let callers = Callers::parse(&block(&format!("expires_at = {expiry}"))).expect(expiry);
            assert_eq!(callers.find(b"test-key").is_some(), known, "{expiry}");
        }
    }

    #[test]
    fn one_name_may_have_two_keys_but_one_key_not_two_blocks() {
        let second = block("").replace(TEST_KEY, &"0".repeat(64));
        assert!(Callers::parse(&(block("") + &second)).is_ok());
        let fault = Callers::parse(&(block("") + &block(""))).expect_err("one key twice");
        assert!(fault.contains("number 2") && !fault.contains(TEST_KEY), "{fault}");
    }

    #[test]
    fn every_fault_is_named_without_its_value() {
        let good = block("");
        for (text, names) in [
            (String::new(), "[[callers]]"),
            ("callers = []".to_owned(), "[[callers]]"),
            ("callers = 1".to_owned(), "[[callers]]"),
            ("callers = [1]".to_owned(), "table"),
            (good.clone() + "[s3cr3t]", "nothing but"),
            ("[[callers]\nname = \"s3cr3t\"".to_owned(), "line 1"),
            (good.replace("\"one\"", "\"\""), "name"),
            (good.replace("\"one\"", "5"), "name"),
            (good.replace(TEST_KEY, "s3cr3t"), "key_sha256"),
            (good.replace(TEST_KEY, &TEST_KEY.to_uppercase()), "key_sha256"),
            (good.replace("[\"users:create\"]", "[\"s3cr3t\"]"), "scopes"),
            (good.replace("[\"users:create\"]", "\"users:create\""), "scopes"),
            (good.replace("scopes =", "s3cr3t ="), "scopes"),
            (block("s3cr3t = 1"), "expected only"),
            (block("expires_at = 5"), "expires_at"),
            (block("expires_at = \"s3cr3t\""), "expires_at"),
            (block("expires_at = 12:00:00"), "expires_at"),
        ] {
            let fault = Callers::parse(&text).expect_err(&text);
            assert!(fault.contains(names) && !fault.contains("s3cr3t"), "{text}\n{fault}");
        }
    }
}
