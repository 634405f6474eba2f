//! Dependencies between the files of `src`: no cycles, only the allowed directions, and some crates only in certain
//! places.
//!
//! A file depends on another one if it names an item that the other one defines. Re-exports are followed to the
//! definition, so a `mod.rs` that only declares modules and re-exports their items depends on nothing.

mod cycles;
mod module;
mod module_reader;
mod resolver;
mod resolver_tests;
mod source_tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use self::cycles::{Graph, cycles};
use self::resolver::Target;
use self::source_tree::SourceTree;

/// What each part of `src` may depend on, apart from itself. A part is a directory or a file of `src`.
const ALLOWED: &[(&str, &str)] = &[
    ("main", "cli"),
    ("cli", "startup settings api callers centagate audit telemetry listener configuration domain"),
    (
        "startup",
        "reload settings api operations centagate store callers audit metrics telemetry listener configuration domain",
    ),
    ("reload", "settings api callers centagate telemetry listener configuration"),
    ("settings", "api operations centagate store callers audit telemetry listener configuration"),
    ("measured", "api api/input operations centagate callers domain"),
    ("api", "api/input operations centagate store callers audit metrics telemetry listener configuration domain"),
    ("operations", "api/input centagate callers configuration domain"),
    ("api/input", "listener domain"),
    ("audit", "callers metrics telemetry configuration log_throttle domain"),
    ("metrics", "centagate domain"),
    ("store", "metrics configuration certificate log_throttle domain"),
    ("centagate", "configuration certificate causes log_throttle domain"),
    ("callers", "configuration causes log_throttle domain"),
    ("telemetry", "metrics configuration causes"),
    ("listener", "configuration certificate"),
    ("certificate", ""),
    ("causes", ""),
    ("log_throttle", ""),
    ("configuration", ""),
    ("domain", ""),
];

/// Crates that only some files may name. Entries that end with `/` are directories.
const CRATES: &[(&[&str], &[&str])] = &[
    (&["actix_web", "actix_http", "actix_service", "actix_tls"], &["api/", "listener/", "startup/", "reload/"]),
    (&["hyper", "hyper_util", "hyper_rustls", "http_body_util"], &["centagate/http/"]),
];

/// The modules of `src`.
static TREE: LazyLock<SourceTree> = LazyLock::new(|| SourceTree::parse(&sources()));

/// The source files, by their paths below `src`.
fn sources() -> BTreeMap<String, String> {
    fn add(root: &Path, directory: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    add(&root, &root, &mut files);
    files
}

/// Every dependency of a file on another one, with one path that causes it.
fn graph(tree: &SourceTree) -> Graph {
    let mut graph = Graph::new();
    for (module, path) in tree.uses() {
        if let Target::Item(file) = tree.resolve(&module.name, path)
            && file != module.file
        {
            graph.entry(module.file.clone()).or_default().entry(file).or_insert_with(|| path.join("::"));
        }
    }
    graph
}

/// The part of a file: `api` for `api/mod.rs` and `api.rs`. `api/input` is a part of its own, because operations use
/// it.
fn part(file: &str) -> &str {
    if file.starts_with("api/input/") {
        return "api/input";
    }
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

#[test]
fn every_path_into_the_crate_is_resolved() {
    let unresolved: BTreeSet<_> = TREE
        .uses()
        .filter(|(_, path)| matches!(path[0].as_str(), "crate" | "self" | "super"))
        .filter(|(module, path)| matches!(TREE.resolve(&module.name, path), Target::Unknown))
        .map(|(module, path)| format!("{}: {}", module.file, path.join("::")))
        .collect();
    assert!(unresolved.is_empty(), "the resolver does not find:\n{}", lines(&unresolved));
    let dependencies: usize = graph(&TREE).values().map(BTreeMap::len).sum();
    assert!(dependencies > 300, "only {dependencies} dependencies found");
}

#[test]
fn no_files_depend_on_each_other_in_a_cycle() {
    let cycles = cycles(&graph(&TREE));
    assert!(cycles.is_empty(), "files that depend on each other:\n{}", lines(&cycles));
}

#[test]
fn parts_depend_on_each_other_in_the_allowed_directions_only() {
    let mut wrong = BTreeSet::new();
    for (file, dependencies) in graph(&TREE) {
        let allowed = ALLOWED.iter().find(|(name, _)| *name == part(&file)).map(|(_, allowed)| *allowed);
        for (dependency, path) in dependencies {
            let same_part = part(&dependency) == part(&file);
            let is_allowed = allowed.is_some_and(|allowed| allowed.split(' ').any(|name| name == part(&dependency)));
            if !same_part && !is_allowed {
                wrong.insert(format!("{file} -> {dependency} ({path})"));
            }
        }
    }
    assert!(wrong.is_empty(), "dependencies that ALLOWED does not contain:\n{}", lines(&wrong));
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut wrong = BTreeSet::new();
    for (module, path) in TREE.uses() {
        for (crates, places) in CRATES {
            let is_at_home = places.iter().any(|place| module.file.starts_with(place));
            if crates.contains(&&*path[0]) && !is_at_home && matches!(TREE.resolve(&module.name, path), Target::Unknown)
            {
                wrong.insert(format!("{}: {}", module.file, path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "crates that CRATES does not allow there:\n{}", lines(&wrong));
}

fn lines<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    texts.into_iter().cloned().collect::<Vec<_>>().join("\n")
}
