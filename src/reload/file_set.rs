//! The sets of files that are reloaded: how to load each set, and how to apply it to the running gateway.

use std::path::{Path, PathBuf};

use rustls::sign::CertifiedKey;

use crate::api::Gateway;
use crate::callers::Callers;
use crate::centagate::Trust;
use crate::configuration::SettingsFault;
use crate::settings::{LogFilter, Settings, TlsFiles};

/// Files that are reloaded together.
#[derive(Clone, Copy)]
pub(super) enum FileSet {
    Secrets,
    Callers,
    /// The certificates that the gateway trusts as CENTAGATE's.
    Certificates,
    ListenerCertificate,
    IdentityKeys,
    /// The configuration files. Only the log filter in them is reloaded.
    LogFilter,
}

/// The valid content of a file set.
pub(super) enum Content {
    Secrets(Box<Settings>),
    Callers(Callers),
    Certificates(Trust),
    ListenerCertificate(Option<CertifiedKey>),
    /// The JWT verifier loads its keys itself.
    IdentityKeys,
    LogFilter(Box<LogFilter>),
}

impl FileSet {
    pub(super) const ALL: [Self; 6] = [
        Self::Secrets,
        Self::Callers,
        Self::Certificates,
        Self::ListenerCertificate,
        Self::IdentityKeys,
        Self::LogFilter,
    ];

    /// The name in metrics and in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Callers => "callers",
            Self::Certificates => "certificates",
            Self::ListenerCertificate => "listener_certificate",
            Self::IdentityKeys => "identity_keys",
            Self::LogFilter => "log_filter",
        }
    }

    /// Lists the files and directories of the set.
    pub(super) fn paths(self, settings: &Settings) -> Vec<PathBuf> {
        match self {
            Self::Secrets => settings.sources.secrets_dir.iter().cloned().collect(),
            Self::Callers => settings.callers.file.iter().cloned().collect(),
            Self::Certificates => settings.centagate.trust.file().map(Path::to_owned).into_iter().collect(),
            Self::ListenerCertificate => {
                settings.server.tls.iter().flat_map(|tls| [tls.certificate.clone(), tls.key.clone()]).collect()
            }
            Self::IdentityKeys => {
                settings.callers.jwt.iter().filter_map(|jwt| jwt.jwks.file().map(Path::to_owned)).collect()
            }
            Self::LogFilter => settings.sources.config_files().to_vec(),
        }
    }

    /// Reads and checks the files.
    ///
    /// # Errors
    /// If the content is invalid, or only half of a pair of secrets has changed.
    pub(super) fn load(self, settings: &Settings) -> Result<Content, SettingsFault> {
        Ok(match self {
            Self::Secrets => {
                let new = Settings::load(&settings.sources)?;
                let current = &settings.centagate.admin.credentials;
                if current.shares_half_a_pair_with(&new.centagate.admin.credentials) {
                    let problem = "only one of auth_token and secret_code has changed; they belong together";
                    return Err(SettingsFault::of("centagate.admin", problem));
                }
                Content::Secrets(Box::new(new))
            }
            Self::Callers => Content::Callers(Callers::load(&settings.callers)?),
            Self::Certificates => Content::Certificates(settings.centagate.trust.load()?),
            Self::ListenerCertificate => {
                Content::ListenerCertificate(settings.server.tls.as_ref().map(TlsFiles::load).transpose()?)
            }
            Self::IdentityKeys => Content::IdentityKeys,
            Self::LogFilter => Content::LogFilter(Settings::load_log_filter(&settings.sources)?.into()),
        })
    }
}

impl Content {
    /// Replaces the previous content. Applies everything or nothing.
    ///
    /// # Errors
    /// If the running gateway cannot use the content.
    pub(super) fn apply(self, gateway: &Gateway, settings: &mut Settings) -> Result<(), SettingsFault> {
        match self {
            Self::Secrets(new) => {
                let fault = |fault| SettingsFault::of("centagate", fault);
                let store = gateway.ledger.with_new_secrets(&new.idempotency)?;
                gateway.centagate.replace_proxy(new.centagate.proxy_url.clone()).map_err(fault)?;
                gateway.centagate.replace_credentials(new.centagate.admin.credentials.clone());
                if let Some(store) = store {
                    gateway.ledger.replace_store(store);
                }
                settings.centagate = new.centagate;
            }
            Self::Callers(callers) => gateway.replace_callers(callers),
            Self::Certificates(trust) => {
                gateway.centagate.replace_trust(&trust).map_err(|fault| SettingsFault::of("centagate", fault))?;
            }
            Self::ListenerCertificate(new) => {
                if let (Some(current), Some(new)) = (&gateway.listener_certificate, new) {
                    current.replace(new);
                }
            }
            Self::IdentityKeys => {
                if let (Some(verifier), Some(jwt)) = (&gateway.jwt_verifier, &settings.callers.jwt) {
                    verifier.read_file(jwt)?;
                }
            }
            Self::LogFilter(filter) => filter.replace_current(),
        }
        Ok(())
    }
}
