//! Tests of the resolver and of the search for cycles, on small source trees.

use std::collections::BTreeMap;

use super::cycles::{Graph, cycles};
use super::resolver::Target;
use super::source_tree::SourceTree;

fn tree(files: &[(&str, &str)]) -> SourceTree {
    SourceTree::parse(&files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// The dependencies of a source tree, as `from -> to`.
fn dependencies(files: &[(&str, &str)]) -> Vec<String> {
    let graph = super::graph(&tree(files));
    graph.iter().flat_map(|(from, to)| to.keys().map(move |to| format!("{from} -> {to}"))).collect()
}

const PARENT_AND_CHILD: (&str, &str) = ("lib.rs", "mod a; mod b;");

#[test]
fn an_import_is_a_dependency_on_the_defining_file() {
    let a = ("a.rs", "use crate::b::B;");
    assert_eq!(dependencies(&[PARENT_AND_CHILD, a, ("b.rs", "pub struct B;")]), ["a.rs -> b.rs"]);
}

#[test]
fn paths_in_types_expressions_macros_and_attributes_are_dependencies() {
    for a in [
        "fn f(_: crate::b::B) {}",
        "fn f() { super::b::B::new(); }",
        "use super::b; fn f() -> Option<b::B> { None }",
        "fn f() { println!(\"{}\", crate::b::B::new().0); }",
        "#[serde(with = crate::b::B)] struct S;",
        "fn f() { use crate::b::*; B::new(); }",
        "impl From<super::b::B> for u8 {}",
        "mod inner { use super::super::b::B as C; }",
        "use crate::{self as root}; type T = root::b::B;",
        "macro_rules! m { () => { $crate::b::B } }",
    ] {
        let files = [PARENT_AND_CHILD, ("a.rs", a), ("b.rs", "pub struct B(u8);")];
        assert_eq!(dependencies(&files), ["a.rs -> b.rs"], "{a}");
    }
}

#[test]
fn a_reexport_is_followed_and_is_no_dependency_itself() {
    let files = [
        PARENT_AND_CHILD,
        ("a.rs", "use crate::b::{C, D, E};"),
        ("b/mod.rs", "mod c; mod d; pub(crate) use self::c::C; pub use d::*; pub use d::Other as E;"),
        ("b/c.rs", "pub struct C;"),
        ("b/d.rs", "pub struct D; pub struct Other;"),
    ];
    assert_eq!(dependencies(&files), ["a.rs -> b/c.rs", "a.rs -> b/d.rs"]);
}

#[test]
fn a_module_that_uses_what_it_reexports_depends_on_it() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; pub use b::B; pub struct A(B);"),
        ("a/b.rs", "pub struct B; impl B { fn f(_: super::A) {} }"),
    ];
    assert_eq!(dependencies(&files), ["a/b.rs -> a/mod.rs", "a/mod.rs -> a/b.rs"]);
}

#[test]
fn modules_other_crates_and_code_for_tests_are_no_dependencies() {
    for a in [
        "use crate::b;",
        "use serde::b::B;",
        "use std::fmt::B;",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(any(test, feature = \"x\"))] fn f(_: crate::b::B) {}",
        "struct A; impl A { #[cfg(test)] fn f(_: crate::b::B) {} }",
        "/// See [`crate::b::B`].\nstruct A;",
        "pub(in crate::b) struct A;",
    ] {
        let files = [PARENT_AND_CHILD, ("a.rs", a), ("b.rs", "pub struct B;")];
        assert!(dependencies(&files).is_empty(), "{a}");
    }
}

#[test]
fn a_module_and_an_item_with_the_same_name_are_distinguished() {
    let files = [
        ("lib.rs", "mod a; mod b; pub fn b() {} fn b_() {}"),
        ("a.rs", "use crate::b; fn f() { b(); b::c(); }"),
        ("b.rs", "pub fn c() {}"),
    ];
    assert_eq!(dependencies(&files), ["a.rs -> b.rs", "a.rs -> lib.rs"]);
}

#[test]
fn items_that_a_macro_generates_belong_to_the_file_that_calls_it() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; use crate::b::FLAG;"),
        ("b.rs", "use crate::c::table; table! { One; Two; } thread_local! { pub static FLAG: bool = true; }"),
        ("c.rs", "macro_rules! table { ($($name:ident;)*) => { pub enum B { $($name),* } } } pub(crate) use table;"),
    ];
    assert_eq!(dependencies(&files), ["a.rs -> b.rs", "b.rs -> c.rs"]);
}

#[test]
fn imports_that_name_each_other_do_not_hang_the_resolver() {
    let tree = tree(&[("lib.rs", "mod a; use a::X; pub use a::*;"), ("a.rs", "pub use super::X; pub use super::*;")]);
    assert_eq!(tree.resolve("crate", &["X".to_owned()]), Target::Unknown);
}

#[test]
fn the_program_depends_on_the_library() {
    let files = [
        ("lib.rs", "pub mod a;"),
        ("a.rs", "pub fn run() {}"),
        ("main.rs", "fn main() { centagate_gateway::a::run() }"),
    ];
    assert_eq!(dependencies(&files), ["main.rs -> a.rs"]);
}

#[test]
fn each_cycle_is_described_once_by_its_paths() {
    let edge = |to: &str| (to.to_owned(), format!("path::{to}"));
    let graph: Graph = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["a", "d"]), ("d", vec![])]
        .map(|(from, to)| (from.to_owned(), to.into_iter().map(edge).collect::<BTreeMap<_, _>>()))
        .into();
    assert_eq!(cycles(&graph), ["a -> b (path::b) -> c (path::c) -> a (path::a)"]);
    let open: Graph = graph.into_iter().filter(|(from, _)| from != "b").collect();
    assert!(cycles(&open).is_empty());
}
