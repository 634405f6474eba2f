//! Which server certificates to trust.

use std::path::{Path, PathBuf};

use crate::centagate::{Trust, TrustFault};
use crate::configuration::file::read_for;
use crate::configuration::{SettingsFault, Values, gather};

const CA: &str = "centagate.ca_certificate_file";
const PINNED: &str = "centagate.pinned_certificate_file";

/// Where the certificates are that the gateway trusts as CENTAGATE's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSettings {
    /// The CAs of the operating system.
    Public,
    /// The private CAs in this file.
    PrivateCa(PathBuf),
    /// The server's own certificate in this file.
    Pinned(PathBuf),
}

impl TrustSettings {
    /// Reads the paths. At most one may be set.
    pub(crate) fn read_paths(values: &Values) -> Result<Self, SettingsFault> {
        let path = |key| values.optional_path(key, "the path of a PEM file");
        match gather!(ca: path(CA), pinned: path(PINNED))? {
            (None, None) => Ok(Self::Public),
            (Some(path), None) => Ok(Self::PrivateCa(path)),
            (None, Some(path)) => Ok(Self::Pinned(path)),
            (Some(_), Some(_)) => Err(SettingsFault::of_key(
                PINNED,
                "cannot be combined with centagate.ca_certificate_file; keep the one that fits the server",
            )),
        }
    }

    /// Returns the file, if there is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Public => None,
            Self::PrivateCa(path) | Self::Pinned(path) => Some(path),
        }
    }

    /// Reads the certificates from the file.
    ///
    /// # Errors
    /// If the file cannot be read, or does not contain suitable certificates.
    pub(crate) fn load(&self) -> Result<Trust, SettingsFault> {
        let load = |key: &str, path: &Path, parse: fn(&[u8]) -> Result<Trust, TrustFault>| {
            let pem = read_for(key, path)?;
            parse(&pem).map_err(|fault| SettingsFault::of_file(key, path, format_args!("cannot be used; {fault}")))
        };
        match self {
            Self::Public => Ok(Trust::Public),
            Self::PrivateCa(path) => load(CA, path, Trust::private_ca),
            Self::Pinned(path) => load(PINNED, path, Trust::pinned),
        }
    }
}
