//! The commands in `docs/rehearsal.md`, pasted into bash, work as the page says.

use std::os::unix::fs::symlink;
use std::path::Path;

use tokio::process::Command;

use crate::markdown::Document;
use crate::pasted::{commands, paste};

/// The Python environment with the packages that the page installs with pip.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/generated_clients");

#[tokio::test]
async fn the_commands_in_the_rehearsal_work_as_the_page_says() {
    let page = Document::named("docs/rehearsal.md");
    let commands = commands(&page);
    let commands =
        commands.strip_prefix("cargo build --locked --workspace\n").expect("the page builds the programs first");
    let programs = Path::new(env!("CARGO_BIN_EXE_centagate-gateway")).parent().expect("a directory");
    let target = programs.parent().and_then(Path::to_str).expect("a path in UTF-8");
    let build = ["build", "--locked", "--quiet", "--workspace", "--target-dir", target];
    let status = Command::new(env!("CARGO")).args(build).current_dir(env!("CARGO_MANIFEST_DIR")).status().await;
    assert!(status.expect("cargo").success());

    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path().join("target/rehearsal");
    std::fs::create_dir_all(&directory).expect("a directory");
    symlink(programs, home.path().join("target/debug")).expect("a link");
    let blocks = page.blocks();
    let program = blocks.iter().find(|block| block.language == "python").expect("a program");
    std::fs::write(directory.join("lookup.py"), &program.text).expect("the program");
    // The Python packages are already installed.
    let commands = commands
        .replace("python3 -m venv venv && . venv/bin/activate", &format!(". {PYTHON}/bin/activate"))
        .replace("pip install openapi-python-client\n", "");
    let printed = paste(&format!("{commands}wait || true\n"), Path::new("/dev/null"), home.path()).await;
    let mut rest = &*printed;
    for part in [
        "\nsession: live for ",
        "HTTP/1.1 201 Created",
        "alice 0 tokens\n",
        "HTTP/1.1 204 No Content",
        "HTTP/1.1 502 Bad Gateway",
        "\"outcome\":\"unknown\"",
        "HTTP/1.1 200 OK",
        "\"username\":\"bob\"",
    ] {
        (_, rest) = rest.split_once(part).unwrap_or_else(|| panic!("no {part} in {printed}"));
    }
}
