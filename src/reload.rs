//! What changes on disk while the gateway runs: secrets, callers, certificates, the log's filter.
//!
//! Content is compared, not dates, so that Kubernetes' swap of a symbolic link counts like any other change. A change
//! counts once two reads agree; it is checked as a whole and then taken into use at once, or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info};

use crate::api::Gateway;
use crate::callers::Callers;
use crate::centagate::Trust;
use crate::settings::{Settings, SettingsFault, TlsFiles, TrustSettings, file};
use crate::telemetry::LogFilter;

/// The time between the two reads that must agree when files are checked at once.
const SECOND_LOOK: Duration = Duration::from_millis(100);

/// Looks at the files that the settings name and takes changes into use.
pub(crate) struct Watcher {
    watched: Vec<Watched>,
    poll: Duration,
    check_now: Arc<Notify>,
    settings: Settings,
}

struct Watched {
    set: Set,
    paths: Vec<PathBuf>,
    last: Fingerprint,
    /// What is in use.
    applied: Fingerprint,
    /// Why what stands on disk is not in use.
    refused: Option<SettingsFault>,
}

/// Files that change together.
#[derive(Clone, Copy)]
enum Set {
    Secrets,
    Callers,
    Certificates,
    ListenerCertificate,
    IdentityKeys,
    /// The configuration's files: of all that they hold the log's filter alone is read again.
    LogFilter,
}

type Fingerprint = [u8; 32];

impl Watcher {
    /// A watcher that takes what stands on disk now for what is in use; make it before that is read.
    pub(crate) fn new(settings: Settings) -> Self {
        let certificates = match &settings.centagate.trust {
            TrustSettings::Public => None,
            TrustSettings::PrivateCa(path) | TrustSettings::Pinned(path) => Some(path.clone()),
        };
        let listener: Vec<_> =
            settings.server.tls.iter().flat_map(|tls| [tls.certificate.clone(), tls.key.clone()]).collect();
        let sets = [
            (Set::Secrets, settings.sources.secrets_dir.iter().cloned().collect()),
            (Set::Callers, settings.callers_file.iter().cloned().collect()),
            (Set::Certificates, certificates.into_iter().collect()),
            (Set::ListenerCertificate, listener),
            (Set::IdentityKeys, settings.jwt.iter().filter_map(|jwt| jwt.jwks.file().map(Path::to_owned)).collect()),
            (Set::LogFilter, settings.sources.config_files().to_vec()),
        ];
        let watched =
            sets.into_iter().filter(|(_, paths)| !paths.is_empty()).map(|(set, paths): (Set, Vec<PathBuf>)| {
                let now = fingerprint(&paths);
                Watched { set, paths, last: now, applied: now, refused: None }
            });
        Self { watched: watched.collect(), poll: settings.secrets_poll, check_now: Arc::default(), settings }
    }

    /// Notify this to have the files checked at once.
    pub(crate) fn check_now(&self) -> Arc<Notify> {
        Arc::clone(&self.check_now)
    }

    /// Watches for ever.
    pub(crate) async fn run(mut self, gateway: web::Data<Gateway>) {
        for watched in &self.watched {
            gateway.metrics.reloads.watch(watched.set.name());
        }
        let mut ticks = interval(self.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.look(&gateway),
                () = self.check_now.notified() => {
                    info!("checking the watched files now");
                    gateway.audit.reopen();
                    self.look(&gateway);
                    sleep(SECOND_LOOK).await;
                    self.look(&gateway);
                }
            }
        }
    }

    fn look(&mut self, gateway: &Gateway) {
        for watched in &mut self.watched {
            watched.look(gateway, &mut self.settings);
        }
    }
}

impl Watched {
    fn look(&mut self, gateway: &Gateway, settings: &mut Settings) {
        let now = fingerprint(&self.paths);
        let steady = std::mem::replace(&mut self.last, now) == now;
        if !steady || (now == self.applied && self.refused.is_none()) {
            return;
        }
        let set = self.set.name();
        let read = self.set.read(settings);
        if fingerprint(&self.paths) != now {
            return; // it changed under the reading: the next looks decide
        }
        match read.and_then(|change| change.apply(gateway, settings)) {
            Ok(()) => {
                info!(set, "a change on disk is in use");
                (self.applied, self.refused) = (now, None);
                gateway.metrics.reloads.count(set, true);
            }
            // Looked at again each time, because the fault may lie elsewhere, but told once.
            Err(fault) if self.refused.as_ref() == Some(&fault) => {}
            Err(fault) => {
                error!(set, "a change on disk cannot be used and the old value stays in use: {fault}");
                self.refused = Some(fault);
                gateway.metrics.reloads.count(set, false);
            }
        }
    }
}

impl Set {
    fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Callers => "callers",
            Self::Certificates => "certificates",
            Self::ListenerCertificate => "listener_certificate",
            Self::IdentityKeys => "identity_keys",
            Self::LogFilter => "log_filter",
        }
    }

    /// Reads and checks what stands on disk.
    fn read(self, settings: &Settings) -> Result<Change, SettingsFault> {
        Ok(match self {
            Self::Secrets => {
                let fresh = Settings::load(&settings.sources)?;
                let (old, new) = (&settings.centagate.admin.credentials, &fresh.centagate.admin.credentials);
                if old.shares_half_a_pair_with(new) {
                    let half = "only one of auth_token and secret_code has changed; they belong together";
                    return Err(SettingsFault::of("centagate.admin", half));
                }
                Change::Secrets(Box::new(fresh))
            }
            Self::Callers => Change::Callers(Callers::load(settings)?),
            Self::Certificates => Change::Trust(read_trust(&settings.centagate.trust)?),
            Self::IdentityKeys => Change::IdentityKeys,
            Self::LogFilter => Change::LogFilter(Settings::load_log_filter(&settings.sources)?.into()),
            Self::ListenerCertificate => {
                Change::ListenerCertificate(settings.server.tls.as_ref().map(TlsFiles::read).transpose()?)
            }
        })
    }
}

/// What was read, to be taken into use.
enum Change {
    Secrets(Box<Settings>),
    Callers(Callers),
    Trust(Trust),
    ListenerCertificate(Option<CertifiedKey>),
    /// Read and checked by the verifier itself.
    IdentityKeys,
    LogFilter(Box<LogFilter>),
}

impl Change {
    fn apply(self, gateway: &Gateway, settings: &mut Settings) -> Result<(), SettingsFault> {
        let fault = |fault| SettingsFault::of("centagate", fault);
        match self {
            Self::Secrets(fresh) => {
                let backing = gateway.ledger.with_secrets(&fresh.idempotency)?;
                gateway.centagate.replace_proxy(fresh.centagate.proxy_url.clone()).map_err(fault)?;
                gateway.centagate.replace_credentials(fresh.centagate.admin.credentials.clone());
                if let Some(backing) = backing {
                    gateway.ledger.replace(backing);
                }
                settings.centagate = fresh.centagate;
            }
            Self::Callers(callers) => gateway.replace_callers(callers),
            Self::Trust(trust) => gateway.centagate.replace_trust(&trust).map_err(fault)?,
            Self::IdentityKeys => {
                if let (Some(verifier), Some(jwt)) = (&gateway.jwt_verifier, &settings.jwt) {
                    verifier.read_file(jwt)?;
                }
            }
            Self::LogFilter(filter) => filter.replace_current(),
            Self::ListenerCertificate(fresh) => {
                if let (Some(shown), Some(fresh)) = (&gateway.listener_certificate, fresh) {
                    shown.replace(fresh);
                }
            }
        }
        Ok(())
    }
}

/// The certificates that the settings name.
pub(crate) fn read_trust(settings: &TrustSettings) -> Result<Trust, SettingsFault> {
    let read = |key: &str, path: &Path, parse: fn(&[u8]) -> Result<Trust, crate::centagate::TrustFault>| {
        let pem = file::read_for(key, path)?;
        parse(&pem).map_err(|fault| SettingsFault::of_file(key, path, format_args!("cannot be used; {fault}")))
    };
    match settings {
        TrustSettings::Public => Ok(Trust::Public),
        TrustSettings::PrivateCa(path) => read(TrustSettings::CA, path, Trust::private_ca),
        TrustSettings::Pinned(path) => read(TrustSettings::PINNED, path, Trust::pinned),
    }
}

/// A digest of the names and content of the files at `paths`, or in them where they are directories; a file that cannot
/// be read counts with the reason.
fn fingerprint(paths: &[PathBuf]) -> Fingerprint {
    let mut digest = Sha256::new();
    for path in paths {
        match directory(path) {
            Ok(files) => files.iter().for_each(|file| add(&mut digest, file)),
            Err(_) => add(&mut digest, path),
        }
    }
    digest.finalize().into()
}

/// The files in a directory that count, in order.
fn directory(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn add(digest: &mut Sha256, path: &Path) {
    let content = file::read(path).unwrap_or_else(|fault| fault.to_string().into_bytes());
    for part in [path.as_os_str().as_encoded_bytes(), &content] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
}
