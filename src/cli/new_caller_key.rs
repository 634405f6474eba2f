//! `new-caller-key`: creates a caller key. Prints the key on standard error and its block on standard output, for
//! `>> callers.toml`.

use std::fs::{self, File};
use std::io::{self, Write as _, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::process::ExitCode;

use clap::Args;
use sha2::{Digest, Sha256};
use toml::Value;

use super::output::{FAILURE, USAGE, fail};
use crate::callers::{Callers, Scope};
use crate::domain::OtpTokenStatus;

/// The members of the new block, as arguments.
#[derive(Args)]
pub(super) struct NewCallerKey {
    /// The caller's name in logs
    #[arg(long)]
    name: String,
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    #[arg(help = format!("A scope of the caller (repeatable): {}", Scope::words()))]
    scopes: Vec<String>,
    /// When the key expires: a date (2027-01-31) or a time (2027-01-31T12:00:00Z). Default: never
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// A group in which the caller may create users (repeatable). Default: any group
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// A pattern of user names that the caller may act on, with * and ? (repeatable). Default: any user
    #[arg(long = "target", value_name = "GLOB")]
    target_usernames: Vec<String>,
    #[arg(long = "otp-token-status", value_name = "STATUS")]
    #[arg(help = format!(
        "A status that the caller may give to OTP tokens (repeatable): {}. Default: any status",
        OtpTokenStatus::ALL.map(OtpTokenStatus::as_str).join(", ")
    ))]
    otp_token_statuses: Vec<String>,
    /// The subject of JWTs that also identify the caller
    #[arg(long, value_name = "SUBJECT")]
    jwt_subject: Option<String>,
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
                fail(USAGE, &line.trim_start_matches("[[callers]] number 1: "));
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
