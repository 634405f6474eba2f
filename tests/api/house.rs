//! The house as it stands: rooms use each other in one direction, and documents name what is there.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `directory`.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn rooms_use_each_other_in_one_direction() {
    for (room, never) in [
        (
            "src/domain",
            &["actix_web", "reqwest", "crate::api", "crate::centagate", "crate::settings", "crate::callers"][..],
        ),
        ("src/centagate", &["actix_web", "crate::api", "crate::settings", "crate::callers", "crate::audit"]),
        ("src/callers", &["actix_web", "crate::api", "crate::centagate", "crate::audit"]),
        ("src/audit", &["actix_web", "crate::api", "crate::settings"]),
        ("src/settings", &["actix_web", "crate::api"]),
        ("src/store", &["actix_web", "crate::api", "crate::centagate", "crate::callers", "crate::audit"]),
    ] {
        for file in files(&root().join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for name in never {
                assert!(!text.contains(name), "{} names {name}", file.display());
            }
        }
    }
}

#[test]
fn the_gateway_does_not_depend_on_the_simulator() {
    for file in files(&root().join("src")) {
        assert!(!std::fs::read_to_string(&file).unwrap().contains("centagate_simulator"), "{}", file.display());
    }
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    for document in documents.into_iter().chain(files(&root().join("docs"))) {
        let text = std::fs::read_to_string(&document).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let is_path =
                ["src/", "tests/", "config/", "deploy/", "docs/", "bench/"].iter().any(|room| name.starts_with(room));
            if is_path && !name.contains(['{', '*', ' ']) {
                assert!(root().join(name).exists(), "{} names {name}", document.display());
            }
        }
    }
}
