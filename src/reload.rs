//! What changes on disk while the gateway runs: secrets, callers, certificates, identity keys.
//!
//! Content is compared, not dates, so that Kubernetes' swap of a symbolic link counts like any other change. A change
//! counts once two reads agree; it is checked as a whole and then taken into use at once, or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use sha2::{Digest, Sha256};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info};

use crate::api::Gateway;
use crate::callers::Callers;
use crate::centagate::Trust;
use crate::settings::{Settings, SettingsFault, TrustSettings};

/// Looks at the files that the settings name and takes changes into use.
pub(crate) struct Watcher {
    watched: Vec<Watched>,
    poll: Duration,
    settings: Settings,
}

struct Watched {
    set: Set,
    path: PathBuf,
    last: Fingerprint,
    /// What is in use, or was refused.
    settled: Fingerprint,
}

/// Files that change together.
#[derive(Clone, Copy)]
enum Set {
    Secrets,
    Callers,
    Certificates,
    IdentityKeys,
}

type Fingerprint = [u8; 32];

impl Watcher {
    /// A watcher that takes what stands on disk now for what is in use; make it before that is read.
    pub(crate) fn new(settings: Settings) -> Self {
        let certificates = match &settings.centagate.trust {
            TrustSettings::Public => None,
            TrustSettings::PrivateCa(path) | TrustSettings::Pinned(path) => Some(path.clone()),
        };
        let sets = [
            (Set::Secrets, settings.sources.secrets_dir.clone()),
            (Set::Callers, settings.callers_file.clone()),
            (Set::Certificates, certificates),
            (Set::IdentityKeys, settings.jwt.as_ref().and_then(|jwt| jwt.jwks.file().map(Path::to_owned))),
        ];
        let watched = sets.into_iter().filter_map(|(set, path)| {
            let path = path?;
            let now = fingerprint(&path);
            Some(Watched { set, path, last: now, settled: now })
        });
        Self { watched: watched.collect(), poll: settings.secrets_poll, settings }
    }

    /// Watches for ever.
    pub(crate) async fn run(mut self, gateway: web::Data<Gateway>) {
        let mut ticks = interval(self.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for watched in &mut self.watched {
                watched.look(&gateway, &self.settings);
            }
        }
    }
}

impl Watched {
    fn look(&mut self, gateway: &Gateway, settings: &Settings) {
        let now = fingerprint(&self.path);
        let steady = std::mem::replace(&mut self.last, now) == now;
        if !steady || now == self.settled {
            return;
        }
        let set = self.set.name();
        let applied = self.set.apply(gateway, settings);
        if fingerprint(&self.path) != now {
            return; // it changed under the reading: the next looks decide
        }
        match &applied {
            Ok(()) => info!(set, "a change on disk is in use"),
            Err(fault) => error!(set, "a change on disk cannot be used and the old value stays in use: {fault}"),
        }
        gateway.metrics.reload(set, applied.is_ok());
        self.settled = now;
    }
}

impl Set {
    fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Callers => "callers",
            Self::Certificates => "certificates",
            Self::IdentityKeys => "identity_keys",
        }
    }

    fn apply(self, gateway: &Gateway, settings: &Settings) -> Result<(), SettingsFault> {
        match self {
            Self::Secrets => {
                let fresh = Settings::load(&settings.sources)?;
                gateway.centagate.replace_credentials(fresh.centagate.admin.credentials);
            }
            Self::Callers => gateway.callers.store(Arc::new(Callers::load(settings)?)),
            Self::Certificates => {
                let trust = read_trust(&settings.centagate.trust)?;
                gateway.centagate.replace_trust(&trust).map_err(|fault| SettingsFault::of("centagate", fault))?;
            }
            Self::IdentityKeys => {
                if let (Some(verifier), Some(jwt)) = (&gateway.jwt_verifier, &settings.jwt) {
                    verifier.read_file(jwt)?;
                }
            }
        }
        Ok(())
    }
}

/// The certificates that the settings name.
pub(crate) fn read_trust(settings: &TrustSettings) -> Result<Trust, SettingsFault> {
    let read = |path: &Path, parse: fn(&[u8]) -> Result<Trust, crate::centagate::TrustFault>| {
        let pem = std::fs::read(path)
            .map_err(|error| SettingsFault::of(path.display(), format_args!("cannot be read ({})", error.kind())))?;
        parse(&pem).map_err(|fault| SettingsFault::of(path.display(), fault))
    };
    match settings {
        TrustSettings::Public => Ok(Trust::Public),
        TrustSettings::PrivateCa(path) => read(path, Trust::private_ca),
        TrustSettings::Pinned(path) => read(path, Trust::pinned),
    }
}

/// A digest of the file at `path`, or of the names and content of the files in a directory; a file that cannot be read
/// counts with the reason.
fn fingerprint(path: &Path) -> Fingerprint {
    let mut digest = Sha256::new();
    match directory(path) {
        Ok(files) => files.iter().for_each(|file| add(&mut digest, file)),
        Err(_) => add(&mut digest, path),
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

fn add(digest: &mut Sha256, file: &Path) {
    let content = std::fs::read(file).unwrap_or_else(|error| error.kind().to_string().into_bytes());
    for part in [file.as_os_str().as_encoded_bytes(), &content] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
}
