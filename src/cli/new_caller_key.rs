//! `new-caller-key`: creates a caller key. Prints the key on standard error and its block on standard output, for
//! `>> callers.toml`.

use std::fs::{self, File};
use std::io::{self, Write as _, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use sha2::{Digest, Sha256};
use toml::Value;

use super::output::{FAILURE, USAGE, fail};
use crate::callers::{Callers, Scope};
use crate::domain::OtpTokenStatus;

/// The members of the new block, as arguments.
#[derive(Args)]
#[command(after_long_help = EXAMPLE)]
pub(super) struct NewCallerKey {
    /// The caller's name in logs
    #[arg(long)]
    name: String,
    /// A scope of the caller (repeatable)
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scopes())]
    scopes: Vec<String>,
    /// When the key expires: a date (2027-01-31) or a time (2027-01-31T12:00:00Z). Default: never
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// A group in which the caller may create users, or into which it may move users (repeatable). Default: any group
    ///
    /// CENTAGATE does not tell the group of an existing user. With users:update, users:status, users:delete, passwords:set or a
    /// scope of tokens:…, --target is therefore also required.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// A pattern of user names that the caller may act on (repeatable). Default: any user
    ///
    /// In a pattern, * stands for any characters and ? for one. Quote it, so that the shell does not expand it: '*' allows all
    /// users. Required with users:delete and passwords:set.
    #[arg(long = "target", value_name = "PATTERN", visible_alias = "target-username")]
    target_usernames: Vec<String>,
    /// A status that the caller may give to tokens (repeatable). Default: any status
    ///
    /// SMS, hardware and offline tokens can be used as soon as they are registered: registering one requires valid.
    #[arg(long = "otp-token-status", value_name = "STATUS", value_parser = OtpTokenStatus::ALL.map(OtpTokenStatus::as_str))]
    otp_token_statuses: Vec<String>,
    /// The subject of JWTs that also identify the caller
    #[arg(long, value_name = "SUBJECT")]
    jwt_subject: Option<String>,
}

const EXAMPLE: &str = "\
Example: a help desk for staff that can lock people out and let them in again, and deactivate or remove tokens.

  centagate-gateway new-caller-key --name help-desk --scope users:read --scope users:status \\
    --scope tokens:update --scope tokens:delete --target 'staff-*' \\
    --otp-token-status temporarilyDeactivated --otp-token-status deactivated >> callers.toml";

/// The members of a block and the options that set them.
const OPTIONS: [(&str, &str); 7] = [
    ("name", "--name"),
    ("scopes", "--scope"),
    ("expires_at", "--expires"),
    ("groups", "--group"),
    ("target_usernames", "--target"),
    ("otp_token_statuses", "--otp-token-status"),
    ("jwt_subject", "--jwt-subject"),
];

/// The scopes, with what each allows for `--help`.
fn scopes() -> PossibleValuesParser {
    PossibleValuesParser::new(Scope::ALL.map(|scope| PossibleValue::new(scope.as_str()).help(scope.description())))
}

/// Returns a fault of the block as a fault of the option that set the member.
fn with_option(fault: &str) -> String {
    let fault = fault.trim_start_matches("[[callers]] number 1: ");
    let (member, problem) = fault.split_once(": ").unwrap_or((fault, ""));
    let option = OPTIONS.iter().find(|(name, _)| *name == member).map_or(member, |(_, option)| option);
    format!("{option}: {}", problem.replace("target_usernames", "--target"))
}

impl NewCallerKey {
    pub(super) fn run(self) -> ExitCode {
        let mut random = [0; 32];
        if getrandom::fill(&mut random).is_err() {
            return fail(FAILURE, &"the operating system provides no random bytes");
        }
        let key = format!("cgw_{}", hex::encode(random));
        let block = self.block(&key);
        // Parse the block as the gateway will, so that every printed block can be loaded.
        if let Err(fault) = Callers::parse(&block) {
            for line in fault.lines() {
                fail(USAGE, &with_option(line));
            }
            return ExitCode::from(USAGE);
        }
        // The key first: without the key, the block is useless.
        let key =
            format!("# The key. It is not shown again. The caller sends it as Authorization: Bearer <key>\n{key}\n");
        if let Err(error) = show(&key) {
            return fail(FAILURE, &format_args!("standard error: {error}; no block was printed"));
        }
        match write(stdout(), &block) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(FAILURE, &format_args!("standard output: {error}; do not use the key above")),
        }
    }

    /// Returns the block for the callers file. It begins with a newline, because the file may not end with one.
    fn block(self, key: &str) -> String {
        let non_empty = |words: Vec<String>| (!words.is_empty()).then(|| Value::from(words));
        let members = [
            ("name", Some(self.name.into())),
            ("key_sha256", Some(hex::encode(Sha256::digest(key)).into())),
            ("scopes", Some(self.scopes.into())),
            ("expires_at", self.expires.map(Value::from)),
            ("groups", non_empty(self.groups)),
            ("target_usernames", non_empty(self.target_usernames)),
            ("otp_token_statuses", non_empty(self.otp_token_statuses)),
            ("jwt_subject", self.jwt_subject.map(Value::from)),
        ];
        let lines = members.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}\n", value?)));
        format!("\n[[callers]]\n{}", lines.collect::<String>())
    }
}

/// Writes to standard error. It is an error if standard error is closed: Rust then opens `/dev/null` in its place.
fn show(text: &str) -> io::Result<()> {
    let stderr = stderr();
    let metadata = File::from(stderr.as_fd().try_clone_to_owned()?).metadata()?;
    let is_null = || fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev());
    if metadata.file_type().is_char_device() && is_null() {
        return Err(io::Error::other("the key would be lost"));
    }
    write(stderr, text)
}

/// Writes to a standard stream. Unlike the standard library, reports an error if the stream is not open for writing.
fn write(stream: impl AsFd, text: &str) -> io::Result<()> {
    File::from(stream.as_fd().try_clone_to_owned()?).write_all(text.as_bytes())
}
