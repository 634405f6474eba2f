//! `new-caller-key`: the key goes to standard error, its block to standard output, so that `>> callers.toml` works.

use std::fs::{self, File};
use std::io::{self, Write as _, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::process::ExitCode;

use clap::Args;
use sha2::{Digest, Sha256};
use toml::Value;

use super::fail;
use crate::callers::{Callers, Scope};
use crate::domain::OtpTokenStatus;

/// Exit status for wrong arguments, as clap's own.
const USAGE: u8 = 2;

/// The members of the new block.
#[derive(Args)]
pub(super) struct NewCallerKey {
    /// The caller's name, for logs
    #[arg(long)]
    name: String,
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    #[arg(help = format!("A right of the caller, may be repeated: {}", Scope::words()))]
    scopes: Vec<String>,
    /// When the key expires: a date (2027-01-31) or a time (2027-01-31T12:00:00Z)
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// A group that the caller may create users in, may be repeated; without this, any group
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// The users that the caller may act on, with * and ?, may be repeated; without this, any user
    #[arg(long = "target", value_name = "GLOB")]
    target_usernames: Vec<String>,
    #[arg(long = "otp-token-status", value_name = "STATUS")]
    #[arg(help = format!(
        "A status that the caller may register OTP tokens with, may be repeated; without this, any status: {}",
        OtpTokenStatus::ALL.map(OtpTokenStatus::as_str).join(", ")
    ))]
    otp_token_statuses: Vec<String>,
    /// The subject of the JWTs that also identify the caller
    #[arg(long, value_name = "SUBJECT")]
    jwt_subject: Option<String>,
}

impl NewCallerKey {
    pub(super) fn run(self) -> ExitCode {
        let mut random = [0; 32];
        if getrandom::fill(&mut random).is_err() {
            return fail(1, &"the system gives no random bytes");
        }
        let key = format!("cgw_{}", hex::encode(random));
        let block = self.block(&key);
        // The code that reads callers files decides, so what is printed always loads.
        if let Err(fault) = Callers::parse(&block) {
            for line in fault.lines() {
                fail(USAGE, &line.trim_start_matches("[[callers]] number 1: "));
            }
            return ExitCode::from(USAGE);
        }
        // The key first: a block whose key nobody has seen is of no use.
        let key = format!("# The key, shown only now. The caller sends it as Authorization: Bearer <key>\n{key}\n");
        if let Err(error) = show(&key) {
            return fail(1, &format_args!("standard error: {error}; no block was printed"));
        }
        match write(stdout(), &block) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &format_args!("standard output: {error}; the key above cannot be used")),
        }
    }

    /// The block for the callers file. Starts with a line break, because the file may end without one.
    fn block(self, key: &str) -> String {
        let some = |words: Vec<String>| (!words.is_empty()).then(|| Value::from(words));
        let members = [
            ("name", Some(self.name.into())),
            ("key_sha256", Some(hex::encode(Sha256::digest(key)).into())),
            ("scopes", Some(self.scopes.into())),
            ("expires_at", self.expires.map(Value::from)),
            ("groups", some(self.groups)),
            ("target_usernames", some(self.target_usernames)),
            ("otp_token_statuses", some(self.otp_token_statuses)),
            ("jwt_subject", self.jwt_subject.map(Value::from)),
        ];
        let lines = members.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}\n", value?)));
        format!("\n[[callers]]\n{}", lines.collect::<String>())
    }
}

/// Writes to standard error. A closed one counts as an error: Rust has opened `/dev/null` in its place.
fn show(text: &str) -> io::Result<()> {
    let stderr = stderr();
    let metadata = File::from(stderr.as_fd().try_clone_to_owned()?).metadata()?;
    let is_null = || fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev());
    if metadata.file_type().is_char_device() && is_null() {
        return Err(io::Error::other("nobody would see the key"));
    }
    write(stderr, text)
}

/// Writes to a standard stream without std's habit of ignoring one that is not open for writing.
fn write(stream: impl AsFd, text: &str) -> io::Result<()> {
    File::from(stream.as_fd().try_clone_to_owned()?).write_all(text.as_bytes())
}
