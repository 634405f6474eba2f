//! One `[[callers]]` block of the callers file.

use std::sync::Arc;

use jiff::Timestamp;
use toml::{Table, Value};
use wildmatch::WildMatch;

use super::caller::{Caller, Rights};
use super::scope::Scope;
use crate::configuration::{SettingsFault, gather};
use crate::domain::OtpTokenStatus;

const MEMBERS: &str = "expected only name, key_sha256, jwt_subject, scopes, expires_at, groups, target_usernames and \
                       otp_token_statuses";
const EXPIRES_AT: &str = "expected a date (2027-01-31, its first second in UTC) or a time (2027-01-31T12:00:00Z)";
const KEY_SHA256: &str = "expected the 64 lowercase hex digits of a SHA-256";

/// A caller and its credentials. At least one credential is set.
pub(super) struct Block {
    pub(super) key_sha256: Option<[u8; 32]>,
    pub(super) jwt_subject: Option<String>,
    pub(super) caller: Caller,
}

impl Block {
    /// Parses a block.
    pub(super) fn parse(mut block: Table) -> Result<Self, SettingsFault> {
        let ((key_sha256, jwt_subject), caller) = gather!(credentials: credentials(&mut block), caller: caller(block))?;
        Ok(Self { key_sha256, jwt_subject, caller })
    }
}

fn credentials(block: &mut Table) -> Result<(Option<[u8; 32]>, Option<String>), SettingsFault> {
    let (key_sha256, jwt_subject) = gather!(
        key_sha256: optional(block, "key_sha256", KEY_SHA256, sha256),
        jwt_subject: optional(block, "jwt_subject", "expected a text of at least one character", |subject| {
            subject.as_str().filter(|subject| !subject.is_empty()).map(str::to_owned)
        }),
    )?;
    if key_sha256.is_none() && jwt_subject.is_none() {
        return Err(SettingsFault::of("key_sha256", format_args!("is missing; {KEY_SHA256}, or jwt_subject")));
    }
    Ok((key_sha256, jwt_subject))
}

/// Parses what remains of a block without its credentials.
fn caller(mut block: Table) -> Result<Caller, SettingsFault> {
    let name = "expected 1 to 255 characters, no control characters";
    let (name, expires_at, rights, ()) = gather!(
        name: required(&mut block, "name", name, |name| {
            name.as_str().filter(|name| Caller::is_valid_name(name)).map(Arc::from)
        }),
        expires_at: optional(&mut block, "expires_at", EXPIRES_AT, expiry),
        rights: gather!(Rights {
            scopes: required(&mut block, "scopes", &format!("expected an array of {}", Scope::words()), |scopes| {
                words(scopes, Scope::from_word)
            }),
            groups: optional(&mut block, "groups", "expected an array of group names", |groups| {
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
    rights.check()?;
    Ok(Caller { name, rights, expires_at })
}

impl Rights {
    /// Checks that the block does not promise a narrowing that the gateway cannot keep.
    fn check(&self) -> Result<(), SettingsFault> {
        if self.target_usernames.is_none()
            && let Some(scope) = self.scopes.iter().find(|scope| scope.requires_target_usernames())
        {
            let problem = format_args!("is required with {}; the pattern \"*\" allows all users", scope.as_str());
            return Err(SettingsFault::of("target_usernames", problem));
        }
        let unnarrowed = self.scopes.iter().find(|scope| scope.cannot_be_narrowed_by_groups());
        match (unnarrowed, &self.groups, &self.target_usernames) {
            (Some(scope), Some(_), None) => {
                let problem =
                    "does not narrow the scope, because the group of an existing user is unknown; add target_usernames";
                Err(SettingsFault::of("groups", format_args!("{problem} ({})", scope.as_str())))
            }
            _ => Ok(()),
        }
    }
}

/// Removes the member `name` from `block` and parses it, if it exists.
fn optional<T>(
    block: &mut Table,
    name: &str,
    expected: &str,
    parse: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, SettingsFault> {
    let Some(value) = block.remove(name) else { return Ok(None) };
    parse(&value).map(Some).ok_or_else(|| SettingsFault::of(name, expected))
}

/// Removes the member `name` from `block` and parses it.
fn required<T>(
    block: &mut Table,
    name: &str,
    expected: &str,
    parse: impl Fn(&Value) -> Option<T>,
) -> Result<T, SettingsFault> {
    optional(block, name, expected, parse)?
        .ok_or_else(|| SettingsFault::of(name, format_args!("is missing; {expected}")))
}

/// Parses an array of strings.
fn words<T>(words: &Value, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    words.as_array()?.iter().map(|word| word.as_str().and_then(&parse)).collect()
}

/// Parses a date or a time, as a string or a TOML datetime. A date stands for its first second in UTC.
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
    let is_lowercase = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_lowercase.then(|| hex::decode(text).ok()?.try_into().ok()).flatten()
}
