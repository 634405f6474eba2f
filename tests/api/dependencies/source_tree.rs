//! Reads source files into modules.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;
use syn::{Item, ItemMacro, ItemMod};

use super::module::{Module, Path};
use super::module_reader::{ModuleReader, attributes, defined_name, generated_names, is_for_tests};

/// The modules of a crate by their full names, such as `crate::api::body`. Code that only tests compile is left out.
#[derive(Default)]
pub(super) struct SourceTree {
    pub(super) modules: BTreeMap<String, Module>,
    /// For each macro, the names of the items that its definition contains.
    macros: BTreeMap<String, BTreeSet<String>>,
}

impl SourceTree {
    /// Parses `files`. The keys are paths below the directory of `lib.rs`.
    pub(super) fn parse(files: &BTreeMap<String, String>) -> Self {
        let mut tree = Self::default();
        for (root, file) in [("crate", "lib.rs"), ("main", "main.rs")] {
            if files.contains_key(file) {
                tree.add_file(root, file, files);
            }
        }
        for module in tree.modules.values_mut() {
            let generated = module.item_macros.iter().filter_map(|name| tree.macros.get(name)).flatten();
            module.items.extend(generated.cloned());
        }
        tree
    }

    /// Every path that a module depends on, in its code and in its imports, except in re-exports and in `*`.
    pub(super) fn uses(&self) -> impl Iterator<Item = (&Module, &Path)> {
        self.modules.values().flat_map(|module| {
            let imports = module.imports.iter().filter(|import| import.name.is_some() && !import.is_reexport);
            imports.map(|import| &import.path).chain(&module.paths).map(move |path| (module, path))
        })
    }

    fn add_file(&mut self, name: &str, file: &str, files: &BTreeMap<String, String>) {
        let text = files.get(file).unwrap_or_else(|| panic!("{name} has no file {file}"));
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.add_module(name, file, &syntax.items, files);
    }

    fn add_module(&mut self, name: &str, file: &str, items: &[Item], files: &BTreeMap<String, String>) {
        let mut reader = ModuleReader(Module { name: name.to_owned(), file: file.to_owned(), ..Module::default() });
        for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
            match item {
                Item::Mod(child) => self.add_child(name, file, child, files),
                item => {
                    if let Item::Macro(item) = item {
                        self.add_macro(item, &mut reader.0);
                    }
                    reader.0.items.extend(defined_name(item));
                    reader.visit_item(item);
                }
            }
        }
        self.modules.insert(name.to_owned(), reader.0);
    }

    /// Adds the definition or the call of a macro.
    fn add_macro(&mut self, item: &ItemMacro, module: &mut Module) {
        let names = generated_names(item.mac.tokens.clone());
        if let Some(name) = &item.ident {
            self.macros.insert(name.to_string(), names);
        } else {
            module.items.extend(names);
            module.item_macros.extend(item.mac.path.segments.last().map(|segment| segment.ident.to_string()));
        }
    }

    fn add_child(&mut self, parent: &str, file: &str, child: &ItemMod, files: &BTreeMap<String, String>) {
        let name = format!("{parent}::{}", child.ident);
        if let Some((_, items)) = &child.content {
            return self.add_module(&name, file, items, files);
        }
        let stem = name.split("::").skip(1).collect::<Vec<_>>().join("/");
        let candidates = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        let file = candidates.iter().find(|file| files.contains_key(*file));
        self.add_file(&name, file.unwrap_or_else(|| panic!("{name} has no file")), files);
    }
}
