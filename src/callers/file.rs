//! The callers file: TOML with one `[[callers]]` block for each credential.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use toml::{Table, Value};

use super::block::Block;
use super::configuration::{CALLERS_FILE, CallerSettings};
use super::registry::Callers;
use crate::configuration::file::read_text;
use crate::configuration::{Faults, SettingsFault, gather, parse_toml};

/// People and lenient databases confuse two such texts.
const CONFUSABLE: &str = "differs only in case, accents, surrounding spaces or invisible characters from";

impl Callers {
    /// Reads the callers file that the settings name. Without a file, only tokens identify callers.
    ///
    /// # Errors
    /// All faults of the file. Each fault names its place and what was expected, never a value.
    pub fn load(settings: &CallerSettings) -> Result<Self, SettingsFault> {
        let Some(path) = &settings.file else { return Ok(Self::default()) };
        Self::read(path, settings.jwt.is_some())
    }

    /// Reads the callers file at `path`.
    pub(crate) fn read(path: &Path, accepts_tokens: bool) -> Result<Self, SettingsFault> {
        let text = read_text(path).map_err(|fault| SettingsFault::of_file(CALLERS_FILE, path, fault))?;
        let callers = Self::parse(&text).map_err(|fault| fault.within_file(CALLERS_FILE, path))?;
        if !accepts_tokens && !callers.by_subject.is_empty() {
            let problem = "contains jwt_subject, which has no effect without jwt.issuer; set it, or remove jwt_subject";
            return Err(SettingsFault::of_file(CALLERS_FILE, path, problem));
        }
        Ok(callers)
    }

    /// Parses the text of a callers file.
    ///
    /// # Errors
    /// All faults of the text. They contain no value.
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
        let (mut callers, mut credentials) = (Self::default(), HashSet::new());
        for (index, block) in blocks.into_iter().enumerate() {
            let added = match block {
                Value::Table(block) => {
                    gather!(unique: callers.check_unique(&block, &mut credentials), added: callers.add(block))
                }
                _ => Err(SettingsFault::of("the block", "expected a table")),
            };
            faults.keep(added.map_err(|fault| fault.within(format_args!("[[callers]] number {}", index + 1))));
        }
        faults.or(Some(callers))
    }

    /// Checks that no earlier block has the same credential, or a name or subject that could be confused with this block's.
    /// Remembers them even if other members of the block are invalid.
    fn check_unique(
        &mut self,
        block: &Table,
        credentials: &mut HashSet<(&'static str, String)>,
    ) -> Result<(), SettingsFault> {
        let mut faults = Faults::default();
        for member in ["key_sha256", "jwt_subject"] {
            if let Some(Value::String(text)) = block.get(member)
                && !credentials.insert((member, text.clone()))
            {
                faults.add(SettingsFault::of(member, "is also in another block; remove it from one of them"));
            }
        }
        for (member, names) in [("name", &mut self.names), ("jwt_subject", &mut self.subjects)] {
            if let Some(Value::String(text)) = block.get(member)
                && !names.add(text)
            {
                faults.add(SettingsFault::of(member, format_args!("{CONFUSABLE} the {member} of another block")));
            }
        }
        faults.or(Some(()))
    }

    fn add(&mut self, block: Table) -> Result<(), SettingsFault> {
        let Block { key_sha256, jwt_subject, caller } = Block::parse(block)?;
        let caller = Arc::new(caller);
        self.by_key.extend(key_sha256.map(|hash| (hash, Arc::clone(&caller))));
        self.by_subject.extend(jwt_subject.map(|subject| (subject, caller)));
        Ok(())
    }
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
        assert!(
            caller.allows_scope(Scope::UsersCreate).is_ok() && caller.allows_scope(Scope::OtpTokensCreate).is_err()
        );
        for other in [&b"test-ke"[..], b"test-key ", b"", b"Test-key", b"\xff"] {
            assert!(callers.find(other).is_none());
        }
    }

    #[test]
    fn a_key_is_accepted_until_it_expires() {
        for (expiry, is_accepted) in [
            ("2999-01-01", true),
            ("\"2999-01-01\"", true),
            ("2999-01-01T00:00:00Z", true),
            ("\"2999-01-01T00:00:00+02:00\"", true),
            ("2020-01-01", false),
            ("2020-01-01T00:00:00Z", false),
        ] {
            let callers = Callers::parse(&block(&format!("expires_at = {expiry}"))).expect(expiry);
            assert_eq!(callers.find(b"test-key").is_some(), is_accepted, "{expiry}");
        }
    }

    #[test]
    fn two_blocks_can_have_the_same_name_but_not_the_same_key() {
        let second = block("").replace(TEST_KEY, &"0".repeat(64));
        assert!(Callers::parse(&(block("") + &second)).is_ok());
        let fault = Callers::parse(&(block("") + &block(""))).expect_err("the same key twice").to_string();
        assert!(fault.contains("number 2") && !fault.contains(TEST_KEY), "{fault}");
    }

    #[test]
    fn confusable_names_and_subjects_are_faults() {
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
        assert!(Callers::parse(&rotation).is_ok(), "the same name twice");
        assert!(Callers::parse(&(with_subject("one", "shop") + &with_key("shop", &zeros))).is_ok());
    }

    #[test]
    fn groups_without_target_usernames_cannot_narrow_scopes_that_act_on_existing_users() {
        let file = |scope: &str, rest: &str| block(rest).replace("users:create", scope);
        let groups = "groups = [\"Staff\"]";
        assert!(Callers::parse(&file("users:create", groups)).is_ok());
        assert!(Callers::parse(&file("users:status", "")).is_ok());
        assert!(Callers::parse(&file("users:status", &format!("{groups}\ntarget_usernames = [\"*\"]"))).is_ok());
        let fault = Callers::parse(&file("users:status", groups)).expect_err("a false promise").to_string();
        assert!(fault.contains("groups") && fault.contains("target_usernames"), "{fault}");
    }

    #[test]
    fn strong_scopes_require_target_usernames() {
        for scope in ["users:delete", "passwords:set"] {
            let file = |rest: &str| block(rest).replace("users:create", scope);
            let fault = Callers::parse(&file("")).expect_err(scope).to_string();
            assert!(fault.contains("target_usernames") && fault.contains(scope), "{fault}");
            assert!(Callers::parse(&file("target_usernames = [\"*\"]")).is_ok(), "{scope}");
        }
    }

    #[test]
    fn faults_name_their_member_but_not_its_value() {
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
