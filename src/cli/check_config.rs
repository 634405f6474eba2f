//! `check-config`: checks the configuration and every file that it names.

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use super::output::{fail_configuration, print};
use crate::audit::AuditSettings;
use crate::callers::Callers;
use crate::callers::jwt::Verifier;
use crate::configuration::{gather, writable_by_others};
use crate::settings::{ConfiguredFiles, Settings, SettingsFault, Sources, TlsFiles, TrustSettings};

/// Prints each effective value and its source, or all faults.
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

/// Loads the configuration of this process, and checks every file that it names.
///
/// # Errors
/// All faults: those of values and those of files.
pub(super) fn load() -> Result<Settings, SettingsFault> {
    let (sources, readable) = Sources::from_process();
    let files = ConfiguredFiles::find(&sources);
    gather!(
        readable: readable,
        settings: Settings::load(&sources).and_then(check_audit_sink),
        callers: files.callers.as_ref().map(|path| Callers::read(path, files.accepts_tokens)).transpose(),
        keys: files.jwt.as_ref().map(Verifier::new).transpose(),
        trust: files.trust.as_ref().map(TrustSettings::load).transpose(),
        certificate: files.tls.as_ref().map(TlsFiles::load).transpose(),
    )
    .map(|((), settings, ..)| settings)
}

fn check_audit_sink(settings: Settings) -> Result<Settings, SettingsFault> {
    match settings.audit.sink.check() {
        Ok(()) => Ok(settings),
        Err(fault) => Err(SettingsFault::of_key(AuditSettings::SINK, fault)),
    }
}
