//! A module of the source: the items that it defines, and the paths that it names.

use std::collections::BTreeSet;

/// The segments of a path: `["crate", "domain", "User"]`.
pub(super) type Path = Vec<String>;

/// A module and what it names.
#[derive(Default)]
pub(super) struct Module {
    pub(super) name: String,
    /// The file that the module is in.
    pub(super) file: String,
    /// The items that the module defines, without modules and imports.
    pub(super) items: BTreeSet<String>,
    /// The macros that the module calls in place of an item.
    pub(super) item_macros: Vec<String>,
    pub(super) imports: Vec<Import>,
    /// The paths that its code names.
    pub(super) paths: Vec<Path>,
}

/// One name of a `use` declaration.
pub(super) struct Import {
    /// `None` for `*`.
    pub(super) name: Option<String>,
    pub(super) path: Path,
    pub(super) is_reexport: bool,
}
