//! `check-config`, and the same check at the start of `serve`.

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use super::{fail_configuration, print};
use crate::callers::Callers;
use crate::callers::jwt::Verifier;
use crate::reload::read_trust;
use crate::settings::{Settings, SettingsFault, Sources, TlsFiles, gather, writable_by_others};

/// Prints the effective values and where each comes from, or all faults.
pub(super) fn run() -> ExitCode {
    let described = load().and_then(|settings| Settings::describe(&settings.sources).map(|lines| (settings, lines)));
    match described {
        Ok((settings, lines)) => {
            for warning in writable_by_others(&settings.sources) {
                let _ = writeln!(stderr(), "centagate-gateway: warning: {warning}");
            }
            print(&format!("{lines}valid"))
        }
        Err(fault) => fail_configuration(&fault),
    }
}

/// Loads the configuration of this process and checks every file that it names.
///
/// # Errors
/// All faults, also those of files if other values are wrong.
pub(super) fn load() -> Result<Settings, SettingsFault> {
    let (sources, readable) = Sources::from_process();
    let files = Settings::named_files(&sources);
    gather!(
        readable: readable,
        settings: Settings::load(&sources).and_then(with_audit_sink),
        callers: files.callers_file.as_ref().map(|path| Callers::read(path, files.takes_tokens)).transpose(),
        keys: files.jwt.as_ref().map(Verifier::new).transpose(),
        trust: files.trust.as_ref().map(read_trust).transpose(),
        certificate: files.tls.as_ref().map(TlsFiles::read).transpose(),
    )
    .map(|((), settings, ..)| settings)
}

fn with_audit_sink(settings: Settings) -> Result<Settings, SettingsFault> {
    match settings.audit.sink.check() {
        Ok(()) => Ok(settings),
        Err(fault) => Err(SettingsFault::of_key("audit.sink", fault)),
    }
}
