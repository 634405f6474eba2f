use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use toml::{Table, Value};
use wildmatch::WildMatch;

use super::caller::Rights;
use super::{Caller, Callers, Scope};
use crate::configuration::{Faults, SettingsFault, gather, parse_toml};
use crate::domain::{OtpTokenStatus, Text};

const MEMBERS: &str = "expected only name, key_sha256, jwt_subject, scopes, expires_at, groups, target_usernames and \
                       otp_token_statuses";
const EXPIRES_AT: &str = "expected a date (2027-01-31, its first second in UTC) or a time (2027-01-31T12:00:00Z)";
const KEY_SHA256: &str = "expected the 64 lowercase hex digits of a SHA-256";

/// Two such texts look alike to people and to lenient databases.
const RESEMBLES: &str = "differs only in case, accents, spaces around it or invisible characters from";

impl Callers {
    /// Reads the text of a callers file.
    ///
    /// # Errors
    /// All faults. They contain no value.
    pub fn parse(text: &str) -> Result<Self, SettingsFault> {
        let mut file = parse_toml(text).map_err(|problem| SettingsFault::of("the file", problem))?;
        let blocks = match file.remove("callers") {
            Some(Value::Array(blocks)) if !blocks.is_empty() => blocks,
            _ => return Err(SettingsFault::of("the file", "expected at least one [[callers]]")),
        };
        let mut faults = Faults::default();
        if !file.is_empty() {
            faults.add(SettingsFault::of("the file", "expected nothing but [[callers]]"));
        }
        let (mut callers, mut known) = (Self::default(), HashSet::new());
        for (index, block) in blocks.into_iter().enumerate() {
            let added = match block {
                Value::Table(block) => gather!(new: callers.check_new(&block, &mut known), added: callers.add(block)),
                _ => Err(SettingsFault::of("the block", "expected a table")),
            };
            faults.keep(added.map_err(|fault| fault.within(format_args!("[[callers]] number {}", index + 1))));
        }
        faults.or(Some(callers))
    }

    /// Checks that no block before this one has its key or its subject, or a name or subject that could be mistaken for its
    /// own. These are remembered in `self` and `known`, also if other members of the block are wrong.
    fn check_new(&mut self, block: &Table, known: &mut HashSet<(&'static str, String)>) -> Result<(), SettingsFault> {
        let mut faults = Faults::default();
        for member in ["key_sha256", "jwt_subject"] {
            if let Some(Value::String(text)) = block.get(member)
                && !known.insert((member, text.clone()))
            {
                faults.add(SettingsFault::of(member, "stands in another block, too; remove it from one of them"));
            }
        }
        for (member, names) in [("name", &mut self.names), ("jwt_subject", &mut self.subjects)] {
            if let Some(Value::String(text)) = block.get(member)
                && !names.add(text)
            {
                faults.add(SettingsFault::of(member, format_args!("{RESEMBLES} the {member} of another block")));
            }
        }
        faults.or(Some(()))
    }

    fn add(&mut self, mut block: Table) -> Result<(), SettingsFault> {
        let (identity, caller) = gather!(identity: Identity::take(&mut block), caller: caller(block))?;
        let caller = Arc::new(caller);
        self.by_key.extend(identity.key_sha256.map(|hash| (hash, Arc::clone(&caller))));
        self.by_subject.extend(identity.jwt_subject.map(|subject| (subject, caller)));
        Ok(())
    }
}

/// How a caller is recognised: by its key, by the subject of its tokens, or by both.
struct Identity {
    key_sha256: Option<[u8; 32]>,
    jwt_subject: Option<String>,
}

impl Identity {
    fn take(block: &mut Table) -> Result<Self, SettingsFault> {
        let identity = gather!(Self {
            key_sha256: optional(block, "key_sha256", KEY_SHA256, sha256),
            jwt_subject: optional(block, "jwt_subject", "expected a text of at least one character", |subject| {
                subject.as_str().filter(|subject| !subject.is_empty()).map(str::to_owned)
            }),
        })?;
        if identity.key_sha256.is_none() && identity.jwt_subject.is_none() {
            return Err(SettingsFault::of("key_sha256", format_args!("is missing; {KEY_SHA256}, or jwt_subject")));
        }
        Ok(identity)
    }
}

/// Reads the rest of a block.
fn caller(mut block: Table) -> Result<Caller, SettingsFault> {
    let name = "expected 1 to 255 characters, no control characters";
    let (name, expires_at, rights, ()) = gather!(
        name: required(&mut block, "name", name, |name| name.as_str().filter(|name| is_name(name)).map(Arc::from)),
        expires_at: optional(&mut block, "expires_at", EXPIRES_AT, expiry),
        rights: gather!(Rights {
            scopes: required(&mut block, "scopes", &format!("expected an array of {}", Scope::words()), |scopes| {
                words(scopes, Scope::from_word)
            }),
            groups: optional(&mut block, "groups", "expected an array of names of groups", |groups| {
                words(groups, |group| Some(group.to_owned()))
            }),
            target_usernames: optional(
                &mut block,
                "target_usernames",
                "expected an array of patterns with * and ?",
                |patterns| words(patterns, |pattern| Some(WildMatch::new(pattern))),
            ),
            otp_token_statuses: optional(
                &mut block,
                "otp_token_statuses",
                &format!("expected an array of {}", OtpTokenStatus::ALL.map(OtpTokenStatus::as_str).join(", ")),
                |statuses| words(statuses, OtpTokenStatus::from_word),
            ),
        }),
        unknown: if block.is_empty() { Ok(()) } else { Err(SettingsFault::of("a member is not known", MEMBERS)) },
    )?;
    Ok(Caller { name, rights, expires_at })
}

/// Takes the member called `name` out of `block`, if it is there, and reads it with `read`.
fn optional<T>(
    block: &mut Table,
    name: &str,
    expected: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, SettingsFault> {
    let Some(value) = block.remove(name) else { return Ok(None) };
    read(&value).map(Some).ok_or_else(|| SettingsFault::of(name, expected))
}

/// Takes the member called `name` out of `block` and reads it with `read`.
fn required<T>(
    block: &mut Table,
    name: &str,
    expected: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<T, SettingsFault> {
    optional(block, name, expected, read)?
        .ok_or_else(|| SettingsFault::of(name, format_args!("is missing; {expected}")))
}

/// The texts of an array, each read with `read`.
fn words<T>(words: &Value, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    words.as_array()?.iter().map(|word| word.as_str().and_then(&read)).collect()
}

/// Whether a caller can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    Text::parse(name).is_ok()
}

/// A date or a time, as text or as TOML's own type. A date means its first second in UTC.
fn expiry(date: &Value) -> Option<Timestamp> {
    let date = match date {
        Value::String(date) => date.clone(),
        Value::Datetime(date) => date.to_string(),
        _ => return None,
    };
    if let Ok(day) = date.parse::<jiff::civil::Date>()
        && date.len() == "2027-01-31".len()
    {
        return day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|start| start.timestamp());
    }
    date.parse().ok()
}

fn sha256(hash: &Value) -> Option<[u8; 32]> {
    let text = hash.as_str()?;
    let lowercase = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    lowercase.then(|| hex::decode(text).ok()?.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::callers::{Callers, Scope};

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
        assert!(caller.may(Scope::UsersCreate).is_ok() && caller.may(Scope::OtpTokensCreate).is_err());
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
        let fault = Callers::parse(&(block("") + &block(""))).expect_err("one key twice").to_string();
        assert!(fault.contains("number 2") && !fault.contains(TEST_KEY), "{fault}");
    }

    #[test]
    fn names_and_subjects_that_could_be_mistaken_for_each_other_are_a_fault() {
        let with_key =
            |name: &str, key: &str| block("").replace("\"one\"", &format!("\"{name}\"")).replace(TEST_KEY, key);
        let with_subject = |name: &str, subject: &str| {
            format!("[[callers]]\nname = \"{name}\"\njwt_subject = \"{subject}\"\nscopes = [\"users:create\"]\n")
        };
        let zeros = "0".repeat(64);
        for other in ["SHOP", "shop ", "shóp", "ſhop", "shop\u{200b}", "ｓhop"] {
            for (text, member) in [
                (with_key("shop", TEST_KEY) + &with_key(other, &zeros), "name"),
                (with_key("shop", TEST_KEY) + &with_subject(other, "subject"), "name"),
                (with_subject("one", "shop") + &with_subject("two", other), "jwt_subject"),
            ] {
                let fault = Callers::parse(&text).expect_err(&text).to_string();
                assert!(fault.contains("number 2: ") && fault.contains(member), "{fault}");
                assert!(!fault.contains(other), "{fault}");
            }
        }
        for different in ["shop2", "sh-op", "ѕhop"] {
            assert!(
                Callers::parse(&(with_key("shop", TEST_KEY) + &with_key(different, &zeros))).is_ok(),
                "{different}"
            );
        }
        let rotation = with_key("shop\u{200b}", TEST_KEY) + &with_key("shop\u{200b}", &zeros);
        assert!(Callers::parse(&rotation).is_ok(), "one name may appear twice");
        assert!(Callers::parse(&(with_subject("one", "shop") + &with_key("shop", &zeros))).is_ok());
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
            let fault = Callers::parse(&text).expect_err(&text).to_string();
            assert!(fault.contains(names) && !fault.contains("s3cr3t"), "{text}\n{fault}");
        }
    }
}
