//! Reads the items of a module: the names that it defines, and the paths in its code.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemUse, Meta, TraitItem, UseTree, Visibility};

use super::module::{Import, Module, Path};

/// Collects the paths of a module.
pub(super) struct ModuleReader(pub(super) Module);

impl ModuleReader {
    /// Adds the paths in the arguments of a macro or an attribute, that is, names joined by `::`.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Path::new();
        let (mut colons, mut is_member) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons < 2 {
                        self.add_path(std::mem::take(&mut path));
                    }
                    if !is_member {
                        path.push(name.to_string());
                    }
                    (colons, is_member) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.add_path(std::mem::take(&mut path));
                    (colons, is_member) = (0, matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.'));
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_path(path);
    }

    fn add_path(&mut self, path: Path) {
        if !path.is_empty() {
            self.0.paths.push(path);
        }
    }

    fn add_import(&mut self, prefix: &[String], tree: &UseTree, is_reexport: bool) {
        let with = |name: &dyn ToString| [prefix, &[name.to_string()]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.add_import(&with(&path.ident), &path.tree, is_reexport),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.add_import(prefix, tree, is_reexport));
            }
            UseTree::Glob(_) => (None, prefix.to_vec()),
            UseTree::Name(name) if name.ident == "self" => (prefix.last().cloned(), prefix.to_vec()),
            UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(renamed) if renamed.ident == "self" => (Some(renamed.rename.to_string()), prefix.to_vec()),
            UseTree::Rename(renamed) => (Some(renamed.rename.to_string()), with(&renamed.ident)),
        };
        self.0.imports.push(Import { name, path, is_reexport });
    }
}

impl<'ast> Visit<'ast> for ModuleReader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !matches!(item, ImplItem::Fn(function) if is_for_tests(&function.attrs)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !matches!(item, TraitItem::Fn(function) if is_for_tests(&function.attrs)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_import(&[], &item.tree, !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.add_path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    /// The path in `pub(in path)` names no item.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Whether these attributes mark an item as test code: `#[test]`, `#[cfg(test)]`, `#[cfg(any(test, …))]`.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition.split(|character: char| !character.is_alphanumeric()).any(|word| word == "test")
                && !condition.contains("not")
        }
        _ => false,
    })
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(super) fn defined_name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// The names after words such as `struct` in the tokens of a macro.
pub(super) fn generated_names(tokens: TokenStream) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut follows_keyword = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(name) if follows_keyword => drop(names.insert(name.to_string())),
            TokenTree::Group(group) => names.extend(generated_names(group.stream())),
            _ => {}
        }
        let keywords = ["const", "enum", "fn", "static", "struct", "trait", "type", "union"];
        follows_keyword = matches!(&token, TokenTree::Ident(word) if keywords.iter().any(|keyword| word == keyword));
    }
    names
}
