//! An unusable audit sink prevents the start. `check-config` reports it and creates no file.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::configuration_faults::{PLANTED, expect_fault, valid, variable};

const KEY: &str = "audit.sink";

#[test]
fn only_stdout_and_absolute_paths_are_valid_sinks() {
    for value in ["audit.jsonl", "./audit.jsonl", "STDOUT", "stderr", "-", PLANTED] {
        expect_fault(&valid().set(&variable(KEY), value), &[KEY, &variable(KEY), "absolute path"]);
    }
}

#[test]
fn a_sink_that_cannot_be_appended_to_is_refused_without_hanging() {
    let environment = valid();
    let place = |name: &str| environment.directory.path().join(name);
    let name = |kind: &str| format!("{PLANTED}-{kind}");
    assert!(Command::new("mkfifo").arg(place(&name("pipe"))).status().unwrap().success());
    let _listener = UnixListener::bind(place(&name("socket"))).unwrap();
    std::fs::create_dir(place(&name("directory"))).unwrap();
    std::fs::write(place(&name("file")), "").unwrap();
    symlink(name("pipe"), place(&name("link"))).unwrap();
    for (path, words) in [
        (place(&name("pipe")), "use stdout"),
        (place(&name("link")), "use stdout"),
        (place(&name("socket")), "use stdout"),
        (place(&name("directory")), "directory"),
        (place(&name("missing")).join("audit.jsonl"), "not found"),
        (place(&name("file")).join("audit.jsonl"), "not a directory"),
        ("/dev/null".into(), "use stdout"),
        ("/dev/full".into(), "use stdout"),
        ("/dev/stdout".into(), "use stdout"), // in the test, stdout is a pipe
    ] {
        let sink = path.display().to_string();
        let environment = valid().set(&variable(KEY), &sink);
        expect_fault(&environment, &[KEY, &variable(KEY), words]);
    }
}

#[test]
fn check_config_creates_no_audit_file_and_accepts_an_existing_one() {
    let environment = valid();
    let path = environment.directory.path().join("audit.jsonl");
    assert_eq!(environment.run(&["check-config"]).status, Some(0));
    assert!(!path.exists());
    std::fs::write(&path, "kept\n").unwrap();
    assert_eq!(environment.run(&["check-config"]).status, Some(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept\n");
}
