use std::sync::Arc;

use jiff::Timestamp;
use toml::{Table, Value};
use wildmatch::WildMatch;

use super::caller::Rights;
use super::{Caller, Callers, Scope};
use crate::domain::{OtpTokenStatus, Text};
use crate::settings::toml_position;

const MEMBERS: &str = "expected only name, key_sha256, jwt_subject, scopes, expires_at, groups, target_usernames and \
                       otp_token_statuses";
const EXPIRES_AT: &str =
    "expires_at: expected a date (2027-01-31, its first second in UTC) or a time (2027-01-31T12:00:00Z)";

/// Two such texts look alike to people and to lenient databases.
const RESEMBLES: &str = "differs only in case, accents, spaces around it or invisible characters from";

impl Callers {
    /// Reads the text of a callers file.
    ///
    /// # Errors
    /// The first fault; it holds no value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut file = toml_position(text).map_err(|line| format!("no TOML from line {line} on"))?;
        let Some(Value::Array(blocks)) = file.remove("callers") else {
            return Err("expected at least one [[callers]]".to_owned());
        };
        if blocks.is_empty() {
            return Err("expected at least one [[callers]]".to_owned());
        }
        if !file.is_empty() {
            return Err("expected nothing but [[callers]]".to_owned());
        }
        let mut callers = Self::default();
        for (index, block) in blocks.into_iter().enumerate() {
            let added = match block {
                Value::Table(block) => callers.add(block),
                _ => Err("expected a table".to_owned()),
            };
            added.map_err(|problem| format!("[[callers]] number {}: {problem}", index + 1))?;
        }
        Ok(callers)
    }

    fn add(&mut self, mut block: Table) -> Result<(), String> {
        let key_sha256 = match block.remove("key_sha256") {
            None => None,
            Some(hash) => Some(sha256(&hash).ok_or("key_sha256: expected the 64 lowercase hex digits of a SHA-256")?),
        };
        let subject = match block.remove("jwt_subject") {
            None => None,
            Some(Value::String(subject)) if !subject.is_empty() => Some(subject),
            Some(_) => return Err("jwt_subject: expected a text of at least one character".to_owned()),
        };
        if key_sha256.is_none() && subject.is_none() {
            return Err(
                "key_sha256: is missing; expected the 64 lowercase hex digits of a SHA-256, or jwt_subject".to_owned()
            );
        }
        let caller = Arc::new(caller(block)?);
        if let Some(hash) = key_sha256
            && self.by_key.insert(hash, Arc::clone(&caller)).is_some()
        {
            return Err("key_sha256 stands in another block, too".to_owned());
        }
        if !self.names.add(&caller.name) {
            return Err(format!("name: {RESEMBLES} the name of another block"));
        }
        if let Some(subject) = subject {
            if !self.subjects.add(&subject) {
                return Err(format!("jwt_subject: {RESEMBLES} the jwt_subject of another block"));
            }
            if self.by_subject.insert(subject, caller).is_some() {
                return Err("jwt_subject stands in another block, too".to_owned());
            }
        }
        Ok(())
    }
}

/// Reads what is left of a block.
fn caller(mut block: Table) -> Result<Caller, String> {
    let name = match block.remove("name") {
        Some(Value::String(name)) if is_name(&name) => name.into(),
        _ => return Err("name: expected 1 to 255 characters, no control characters".to_owned()),
    };
    let expires_at = match block.remove("expires_at") {
        None => None,
        Some(Value::String(date)) => Some(date),
        Some(Value::Datetime(date)) => Some(date.to_string()),
        Some(_) => return Err(EXPIRES_AT.to_owned()),
    };
    let expires_at = expires_at.map(|date| parse_expiry(&date).ok_or(EXPIRES_AT)).transpose()?;
    let scopes = words(&mut block, "scopes", &Scope::words(), Scope::from_word)?;
    let rights = Rights {
        scopes: scopes.ok_or_else(|| format!("scopes: is missing; expected an array of {}", Scope::words()))?,
        groups: words(&mut block, "groups", "names of groups", |group| Some(group.to_owned()))?,
        target_usernames: words(&mut block, "target_usernames", "patterns with * and ?", |pattern| {
            Some(WildMatch::new(pattern))
        })?,
        otp_token_statuses: words(
            &mut block,
            "otp_token_statuses",
            &OtpTokenStatus::ALL.map(OtpTokenStatus::as_str).join(", "),
            OtpTokenStatus::from_word,
        )?,
    };
    if block.is_empty() { Ok(Caller { name, rights, expires_at }) } else { Err(MEMBERS.to_owned()) }
}

/// The array called `name`, each text of it read by `read`.
fn words<T>(
    block: &mut Table,
    name: &str,
    expected: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, String> {
    let words = match block.remove(name) {
        None => return Ok(None),
        Some(Value::Array(words)) => words.iter().map(|word| word.as_str().and_then(&read)).collect(),
        Some(_) => None,
    };
    words.map(Some).ok_or_else(|| format!("{name}: expected an array of {expected}"))
}

/// Whether a caller can be called `name`.
pub(crate) fn is_name(name: &str) -> bool {
    Text::parse(name).is_ok()
}

/// `date` as the moment it begins: a day in UTC, or an RFC 3339 time.
pub(crate) fn parse_expiry(date: &str) -> Option<Timestamp> {
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
        let fault = Callers::parse(&(block("") + &block(""))).expect_err("one key twice");
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
                let fault = Callers::parse(&text).expect_err(&text);
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
            let fault = Callers::parse(&text).expect_err(&text);
            assert!(fault.contains(names) && !fault.contains("s3cr3t"), "{text}\n{fault}");
        }
    }
}
