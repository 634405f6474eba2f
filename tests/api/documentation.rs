//! The documents are true: links lead somewhere, and the blocks of code are valid.

use serde_json::Value;

use crate::markdown::{documents, root};
use crate::process::Environment;

/// Languages of blocks that other tests check, or that nothing can check.
const OTHER_LANGUAGES: [&str; 10] =
    ["console", "go", "http", "java", "mermaid", "php", "python", "sh", "text", "typescript"];

#[test]
fn every_relative_link_leads_to_a_file_and_its_anchor() {
    let mut broken = Vec::new();
    let mut checked = 0;
    let documents = documents();
    for document in &documents {
        let directory = document.path.parent().expect("a directory");
        for (line, target) in document.links() {
            // `../../actions` is a page of the repository's host.
            if target.contains("://") || target.starts_with("mailto:") || target.starts_with("../../actions/") {
                continue;
            }
            checked += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() { document.path.clone() } else { directory.join(file) };
            let path = path.canonicalize();
            let linked = path.ok().filter(|path| path.starts_with(root().canonicalize().expect("the root")));
            let is_found = linked.is_some_and(|path| {
                let linked = documents.iter().find(|other| other.path.canonicalize().is_ok_and(|other| other == path));
                anchor.is_empty() || linked.is_some_and(|linked| linked.anchors().contains(anchor))
            });
            if !is_found {
                broken.push(format!("{}:{line}: {target}", document.name()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(checked > 50, "{checked}");
}

#[test]
fn blocks_of_json_toml_and_yaml_are_valid() {
    for document in documents() {
        for block in document.blocks() {
            let place = format!("{}:{}", document.name(), block.line);
            let error = match block.language {
                "json" => serde_json::from_str::<Value>(&block.text).err().map(|error| error.to_string()),
                "toml" => toml_fault(&block.text),
                "yaml" => yaml_serde::from_str::<yaml_serde::Value>(&block.text).err().map(|error| error.to_string()),
                language if OTHER_LANGUAGES.contains(&language) => None,
                language => Some(format!("the language {language:?} is not known")),
            };
            assert_eq!(error, None, "{place}");
        }
    }
}

/// What is wrong with a callers file or a configuration file.
fn toml_fault(text: &str) -> Option<String> {
    let mut environment = Environment::without_centagate();
    if text.contains("jwt_subject") {
        environment = environment
            .set("GATEWAY__JWT__ISSUER", "https://id.example.com")
            .set("GATEWAY__JWT__AUDIENCE", "centagate-gateway")
            .set("GATEWAY__JWT__JWKS_URL", "http://127.0.0.1:1/jwks");
    }
    if text.contains("[[callers]]") {
        environment.write("callers.toml", text);
    } else {
        environment.write("config/production.toml", text);
    }
    let run = environment.run(&["check-config"]);
    (!run.stdout.ends_with("valid\n")).then(|| format!("{run:?}"))
}
