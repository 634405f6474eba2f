//! Finds the file that defines the target of a path.

use super::module::{Import, Module};
use super::source_tree::SourceTree;

/// The target of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// An item, or part of an item, that this file defines.
    Item(String),
    /// The module of this name.
    Module(String),
    /// Nothing in this crate, but another crate, a local variable, or a name of the standard library.
    Unknown,
}

impl Target {
    fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Unknown { other() } else { self }
    }
}

/// The imports that a lookup is following. It follows each import once, because an import cannot name itself.
type Followed<'a> = Vec<&'a Import>;

impl SourceTree {
    /// Follows `path`, which appears in `module`, through modules, imports and re-exports to its definition.
    pub(super) fn resolve(&self, module: &str, path: &[String]) -> Target {
        self.follow(module, path, &mut Followed::new())
    }

    fn follow<'a>(&'a self, module: &str, path: &[String], followed: &mut Followed<'a>) -> Target {
        let mut start = module.to_owned();
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" | "centagate_gateway" => "crate".clone_into(&mut start),
                "self" => {}
                "super" => start.truncate(start.rfind("::").unwrap_or(start.len())),
                _ => return self.member(&start, first, others, followed),
            }
            rest = others;
        }
        Target::Module(start)
    }

    /// Finds `name` in `module`, and `rest` in the result.
    fn member<'a>(&'a self, module: &str, name: &str, rest: &[String], followed: &mut Followed<'a>) -> Target {
        let Some(module) = self.modules.get(module) else { return Target::Unknown };
        // If a module and an item have the same name, only the module has members.
        let target = if rest.is_empty() {
            item(module, name)
                .or_else(|| self.imported(module, name, rest, followed))
                .or_else(|| self.child(module, name, rest, followed))
        } else {
            self.child(module, name, rest, followed)
                .or_else(|| self.imported(module, name, rest, followed))
                .or_else(|| item(module, name))
        };
        target.or_else(|| self.glob_imported(module, name, rest, followed))
    }

    fn child<'a>(&'a self, module: &Module, name: &str, rest: &[String], followed: &mut Followed<'a>) -> Target {
        let child = format!("{}::{name}", module.name);
        if self.modules.contains_key(&child) { self.follow(&child, rest, followed) } else { Target::Unknown }
    }

    fn imported<'a>(&'a self, module: &'a Module, name: &str, rest: &[String], followed: &mut Followed<'a>) -> Target {
        let imports = module.imports.iter().filter(|import| import.name.as_deref() == Some(name));
        imports.fold(Target::Unknown, |target, import| {
            target.or_else(|| {
                once(import, followed, |followed| {
                    self.follow(&module.name, &[&import.path[..], rest].concat(), followed)
                })
            })
        })
    }

    fn glob_imported<'a>(
        &'a self,
        module: &'a Module,
        name: &str,
        rest: &[String],
        followed: &mut Followed<'a>,
    ) -> Target {
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        globs.fold(Target::Unknown, |target, import| {
            target.or_else(|| {
                once(import, followed, |followed| match self.follow(&module.name, &import.path, followed) {
                    Target::Module(source) => self.member(&source, name, rest, followed),
                    _ => Target::Unknown,
                })
            })
        })
    }
}

fn item(module: &Module, name: &str) -> Target {
    if module.items.contains(name) { Target::Item(module.file.clone()) } else { Target::Unknown }
}

/// Follows `import` unless the lookup is already following it.
fn once<'a>(
    import: &'a Import,
    followed: &mut Followed<'a>,
    follow: impl FnOnce(&mut Followed<'a>) -> Target,
) -> Target {
    if followed.iter().any(|other| std::ptr::eq(*other, import)) {
        return Target::Unknown;
    }
    followed.push(import);
    let target = follow(followed);
    followed.pop();
    target
}
