//! A reader can run every command in the documents: bash parses it, its programs are known, and everything that it
//! names exists.
//!
//! Bash really runs each command, but with stand-ins for programs that need a cluster, a container engine, a network or
//! root. The stand-ins record their arguments. `checks` then compares each call with the product and the repository.

mod checks;
mod shell;

use std::collections::BTreeSet;

use crate::markdown::{Document, documents};
use crate::pasted::commands_of;
use checks::{Checks, Completeness};
use shell::{PROGRAMS, Shell};

/// Files that the documents expect in the reader's directory, besides a certificate and its key. `etc` stands for
/// `/etc/centagate-gateway`.
const FILES: [(&str, &str); 14] = [
    ("DIRECTORY/redis.url", "rediss://redis.example.com"),
    ("audit.jsonl", ""),
    ("ca.pem", ""),
    ("caller-key", ""),
    ("callers.toml", ""),
    ("callers/callers.toml", ""),
    ("etc/secrets/redis.url", ""),
    (".kube/config", KUBECONFIG),
    ("openapi/openapi.json", ""),
    ("secrets/redis.url", ""),
    ("target/rehearsal/callers.toml", ""),
    ("target/rehearsal/secrets/store.seal_keys", ""),
    ("values.yaml", ""),
    ("venv/bin/activate", ""),
];

/// A kubeconfig for a cluster at an address where nothing listens.
const KUBECONFIG: &str = r#"
{ apiVersion: v1, kind: Config, current-context: none,
  clusters: [{ name: none, cluster: { server: "http://127.0.0.1:1" } }],
  contexts: [{ name: none, context: { cluster: none } }] }
"#;

/// One or more commands, with their place in the documents.
struct Script {
    place: String,
    text: String,
    completeness: Completeness,
}

/// The blocks of commands in a document, and the commands in its text.
fn scripts(document: &Document) -> Vec<Script> {
    let name = document.name();
    let blocks = document.blocks().into_iter().filter_map(|block| {
        let text = commands_of(&block)?;
        Some(Script { place: format!("{name}:{}", block.line), text, completeness: Completeness::Whole })
    });
    let inline = document.inline_code().filter(|(_, code)| is_command(code)).map(|(line, code)| Script {
        place: format!("{name}:{line}"),
        text: code.to_owned() + "\n",
        completeness: Completeness::MayLackArguments,
    });
    blocks.chain(inline).collect()
}

/// Whether code in a text is a command. Code with `…` is abbreviated and not checked.
fn is_command(code: &str) -> bool {
    let (program, arguments) = code.split_once(' ').unwrap_or((code, ""));
    !code.contains('…') && !arguments.is_empty() && PROGRAMS.contains(&program)
}

#[tokio::test]
async fn every_command_in_the_documents_can_be_run() {
    let checks = Checks::new().await;
    let certificate = rcgen::generate_simple_self_signed(["api.example.com".to_owned()]).expect("a certificate");
    let key = certificate.signing_key.serialize_pem();
    let (mut wrong, mut commands, mut programs) = (Vec::new(), 0, BTreeSet::new());
    for document in documents() {
        let scripts = scripts(&document);
        if scripts.is_empty() {
            continue;
        }
        let shell = Shell::new(&[&FILES[..], &[("tls.crt", &certificate.cert.pem()), ("tls.key", &key)]].concat());
        for Script { place, text, completeness } in scripts {
            let calls = shell.run(&text).await.unwrap_or_else(|problem| {
                wrong.push(format!("{place}: {problem}\n{text}"));
                Vec::new()
            });
            for call in calls {
                commands += 1;
                programs.insert(call.program.clone());
                if let Err(problem) = checks.check(&call, completeness, &shell.path("")).await {
                    wrong.push(format!("{place}: {} {}: {problem}", call.program, call.arguments.join(" ")));
                }
            }
        }
    }
    println!("{commands} commands of {} programs", programs.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(commands > 80, "{commands}");
}
