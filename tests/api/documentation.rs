//! The documents are true: links lead somewhere, and the blocks of code are valid.

use std::collections::HashSet;

use serde_json::Value;

use crate::environment::Environment;
use crate::markdown::{documents, root};

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
            // `../../actions` and `../../releases` are pages of the repository's host.
            if target.contains("://")
                || target.starts_with("mailto:")
                || target.starts_with("../../actions/")
                || target == "../../releases"
            {
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

/// An indented block has no language, so nothing would check it.
#[test]
fn blocks_of_code_are_fenced() {
    for document in documents() {
        let prose: Vec<(usize, &str)> = document.prose().collect();
        for pair in prose.windows(2) {
            let [(_, before), (number, line)] = [pair[0], pair[1]];
            let is_indented_block = before.trim().is_empty() && line.starts_with("    ") && !line.trim().is_empty();
            assert!(!is_indented_block, "{}:{number}", document.name());
        }
    }
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

/// Attributes of spans that look like keys.
const SPAN_ATTRIBUTES: [&str; 3] = ["server.address", "centagate.operation", "centagate.return_code"];

/// The keys of the configuration, as `check-config` prints them.
fn keys() -> HashSet<String> {
    let run = Environment::without_centagate().run(&["check-config"]);
    run.stdout.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn every_variable_in_the_documents_is_a_setting() {
    let mut known: HashSet<String> =
        keys().iter().map(|key| format!("GATEWAY__{}", key.to_uppercase().replace('.', "__"))).collect();
    // The prefix, and the documented form of all names.
    known.extend(["GATEWAY__".to_owned(), "GATEWAY__SECTION__KEY".to_owned()]);
    let mut unknown = Vec::new();
    for document in documents() {
        for (position, _) in document.text.match_indices("GATEWAY__") {
            let rest = &document.text[position..];
            let end = rest.find(|character: char| !character.is_ascii_uppercase() && character != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            if !known.contains(name) {
                unknown.push(format!("{}: {name}", document.name()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_key_in_the_documents_is_a_setting() {
    let keys = keys();
    let sections: HashSet<&str> = keys.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let mut unknown = Vec::new();
    let mut checked = 0;
    for document in documents() {
        for (line, code) in document.inline_code() {
            let key = code.split_once(" = ").map_or(code, |(key, _)| key);
            let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'));
            if !is_key || !key.split_once('.').is_some_and(|(section, _)| sections.contains(section)) {
                continue;
            }
            checked += 1;
            if !keys.contains(key) && !SPAN_ATTRIBUTES.contains(&key) {
                unknown.push(format!("{}:{line}: {key}", document.name()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(checked > 200, "{checked}");
}
