//! The files of the repository: documents name only files that exist, and the gateway does not depend on the simulator.

use std::path::{Path, PathBuf};

use crate::markdown::{documents, root};

/// Every file below `directory`.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_gateway_does_not_depend_on_the_simulator() {
    for file in files(&root().join("src")) {
        assert!(!std::fs::read_to_string(&file).unwrap().contains("centagate_simulator"), "{}", file.display());
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    for document in documents() {
        for name in document.text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "config/", "deploy/", "docs/", "bench/"]
                .iter()
                .any(|directory| name.starts_with(directory));
            if is_path && !name.contains(['{', '*', ' ']) {
                assert!(root().join(name).exists(), "{} names {name}, which does not exist", document.name());
            }
        }
    }
}
