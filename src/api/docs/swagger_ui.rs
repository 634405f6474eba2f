//! The files of Swagger UI, as the build script prepared them.

use super::gzip::Gzip;

/// A file of the page.
pub(super) struct File {
    /// The name below `/docs/`. All names except the page's own contain a hash of the content.
    name: &'static str,
    pub(super) media_type: &'static str,
    pub(super) content: Gzip,
}

// Defines `FILES`.
include!(concat!(env!("OUT_DIR"), "/swagger_ui.rs"));
const INDEX: &str = "index.html";

impl File {
    /// The file with this name. The empty name is the page.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        let name = if name.is_empty() { INDEX } else { name };
        FILES.iter().find(|file| file.name == name)
    }

    /// Whether the content behind this name never changes.
    pub(super) fn is_immutable(&self) -> bool {
        self.name != INDEX
    }
}
