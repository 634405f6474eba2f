//! `new-caller-key`: the key on standard error, its block on standard output, ready for `>> callers.toml`.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::callers;
use crate::environment::{Environment, Finished};
use crate::gateway::alice;
use crate::raw;

/// The key in the output of a run.
pub(crate) fn key(run: &Finished) -> String {
    assert_eq!(run.status, Some(0), "{run:?}");
    run.stderr.lines().find(|line| line.starts_with("cgw_")).expect("a key").to_owned()
}

/// Registers Alice and returns the status.
async fn register(address: std::net::SocketAddr, key: &str) -> u16 {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    raw::exchange(address, &raw::post("/users", &headers, alice().to_string().as_bytes())).await.status
}

/// Runs the program with its standard output appended to `file`, as `>> file` does.
fn append(environment: &Environment, arguments: &[&str], file: &Path) -> Finished {
    let output = OpenOptions::new().append(true).create(true).open(file).unwrap();
    let finished = environment.command(arguments).stdout(output).output().unwrap();
    let stderr = String::from_utf8(finished.stderr).unwrap();
    Finished { status: finished.status.code(), stdout: String::new(), stderr }
}

#[tokio::test]
async fn an_appended_block_works_and_does_not_contain_the_key() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let file = environment.directory.path().join("callers.toml");
    let arguments = ["new-caller-key", "--name", "web \"shop\"", "--scope", "users:create", "--scope", "users:read"];
    std::fs::remove_file(&file).unwrap();
    let first = key(&append(&environment, &arguments, &file));
    // The file's last line has no line ending, as with some editors.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{}\n# old keys end here", text.trim_end())).unwrap();
    let second = key(&append(&environment, &arguments, &file));
    assert_ne!(first, second, "each key is new");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("cgw_") && text.ends_with('\n'), "{text}");
    let gateway = environment.serve().await;
    assert_eq!(register(gateway.address, &first).await, 201);
    assert_eq!(register(gateway.address, &second).await, 409);
    let line = gateway.wait_for_line(|line| line.contains("\"request_id\"")).await;
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["caller"], "web \"shop\"");
}

#[test]
fn the_block_has_exactly_the_members_in_the_arguments() {
    let environment = Environment::without_centagate();
    let run = environment.run(&[
        "new-caller-key",
        "--name",
        "shop",
        "--scope",
        "users:create",
        "--scope",
        "otp-tokens:create",
        "--expires",
        "2999-12-31",
        "--group",
        "Staff \"A\"",
        "--group",
        "Guests",
        "--target",
        "shop-*",
        "--target-username",
        "test?",
        "--otp-token-status",
        "pending",
        "--otp-token-status",
        "valid",
        "--jwt-subject",
        "shop@id",
    ]);
    let key = key(&run);
    assert_eq!(run.stderr.matches(&key).count(), 1, "the key is printed once: {run:?}");
    assert!(!run.stdout.contains(&key) && run.stdout.starts_with("\n[[callers]]\n"), "{run:?}");
    let mut file: toml::Table = run.stdout.parse().unwrap();
    let mut block = file["callers"].as_array_mut().unwrap().remove(0);
    block.as_table_mut().unwrap().remove("key_sha256").expect("a hash");
    let expected: toml::Table = "name = 'shop'\nscopes = ['users:create', 'otp-tokens:create']\n\
                                 expires_at = '2999-12-31'\ngroups = ['Staff \"A\"', 'Guests']\n\
                                 target_usernames = ['shop-*', 'test?']\n\
                                 otp_token_statuses = ['pending', 'valid']\njwt_subject = 'shop@id'\n"
        .parse()
        .unwrap();
    assert_eq!(block, expected.into());
    let short = environment.run(&["new-caller-key", "--name", "shop", "--scope", "users:create"]);
    assert_eq!(short.stdout.lines().count(), 5, "absent members are left out: {short:?}");
}

#[tokio::test]
async fn a_new_caller_key_may_expire() {
    let (environment, _simulator) = Environment::with_simulator().await;
    for (date, status) in
        [("2999-12-31", 201), ("2999-12-31T23:59:59Z", 409), ("2020-01-01", 401), ("2020-01-01T00:00:00Z", 401)]
    {
        let run = environment.run(&["new-caller-key", "--name", "x", "--scope", "users:create", "--expires", date]);
        environment.write("callers.toml", &run.stdout);
        let gateway = environment.serve().await;
        assert_eq!(register(gateway.address, &key(&run)).await, status, "{date}");
    }
}

#[test]
fn a_block_that_the_gateway_would_refuse_is_not_printed() {
    let environment = Environment::without_centagate();
    let valid = ["new-caller-key", "--name", "x", "--scope", "users:create"];
    for (arguments, option) in [
        (&["--scope", "users:destroy"][..], "--scope"),
        (&["--expires", "tomorrow"], "--expires"),
        (&["--expires", "2027-02-30"], "--expires"),
        (&["--expires", "2027-01-31\"\nscopes = [\"admins:create\"]\n#"], "--expires"),
        (&["--otp-token-status", "paused"], "--otp-token-status"),
        (&["--otp-token-status", "suspended"], "--otp-token-status"),
        (&["--jwt-subject", ""], "--jwt-subject"),
    ] {
        assert_refused(&environment, &[&valid[..], arguments].concat(), option);
    }
    for (arguments, option) in [
        (&["--name", "x"][..], "--scope"),
        (&["--scope", "users:create"], "--name"),
        (&["--name", "", "--scope", "users:create"], "--name"),
        (&["--name", "two\nlines", "--scope", "users:create"], "--name"),
    ] {
        assert_refused(&environment, &[&["new-caller-key"][..], arguments].concat(), option);
    }
}

#[test]
fn a_restriction_that_the_gateway_could_not_enforce_is_refused_for_each_scope() {
    let environment = Environment::without_centagate();
    for scope in callers::scopes() {
        let arguments = ["new-caller-key", "--name", "x", "--scope", scope];
        let all_users = ["--target", "*"];
        if ["users:delete", "passwords:set"].contains(&scope) {
            assert_refused(&environment, &arguments, "--target");
        } else {
            key(&environment.run(&arguments));
        }
        let groups = [&arguments[..], &["--group", "Staff"]].concat();
        if ["users:delete", "passwords:set"].contains(&scope) {
            assert_refused(&environment, &groups, "--target");
        } else if ["users:create", "users:read", "otp-tokens:create", "admins:create"].contains(&scope) {
            key(&environment.run(&groups));
        } else {
            let run = assert_refused(&environment, &groups, "--group");
            assert!(run.stderr.contains("add --target") && run.stderr.contains(scope), "{run:?}");
        }
        key(&environment.run(&[&groups[..], &all_users].concat()));
    }
}

/// Checks that no key or block is printed and that the fault names the option. Returns the run.
fn assert_refused(environment: &Environment, arguments: &[&str], option: &str) -> Finished {
    let run = environment.run(arguments);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}: {run:?}");
    assert!(run.stderr.contains(option) && !run.stderr.contains("cgw_"), "{arguments:?}: {run:?}");
    run
}

#[test]
fn help_explains_each_scope_and_lists_each_status() {
    let run = Environment::without_centagate().run(&["new-caller-key", "--help"]);
    assert_eq!(run.status, Some(0), "{run:?}");
    for scope in callers::scopes() {
        assert!(run.stdout.contains(&format!("- {scope}: ")), "{scope}: {}", run.stdout);
    }
    assert!(run.stdout.contains("pending, valid, temporarilyDeactivated, deactivated"), "{}", run.stdout);
}

#[test]
fn no_block_is_printed_if_the_key_cannot_be_printed() {
    let environment = Environment::without_centagate();
    let writable = |path| Stdio::from(OpenOptions::new().write(true).open(path).unwrap());
    let read_only = Stdio::from(File::open(environment.directory.path().join("callers.toml")).unwrap());
    for (stderr, what) in [(writable("/dev/full"), "full"), (writable("/dev/null"), "null"), (read_only, "read-only")] {
        let mut command = environment.command(&["new-caller-key", "--name", "x", "--scope", "users:create"]);
        let run = command.stderr(stderr).output().unwrap();
        assert_eq!((run.status.code(), &*run.stdout), (Some(1), &b""[..]), "{what}");
    }
    let mut command = environment.command(&["new-caller-key", "--name", "x", "--scope", "users:create"]);
    let run = command.stdout(writable("/dev/full")).output().unwrap();
    assert_eq!(run.status.code(), Some(1), "a block that cannot be written is a failure");
}

#[test]
fn the_commands_in_the_documents_print_blocks() {
    let environment = Environment::without_centagate();
    let mut names = Vec::new();
    for document in [
        include_str!("../../README.md"),
        include_str!("../../docs/operations.md"),
        include_str!("../../deploy/kubernetes/README.md"),
    ] {
        let document = document.replace("\\\n", " ");
        let commands = document.lines().filter_map(|line| line.split_once("centagate-gateway new-caller-key --name "));
        for (_, arguments) in commands {
            let words = arguments.split(" >> ").next().unwrap().split_whitespace().map(|word| word.trim_matches('\''));
            let words: Vec<&str> = words.collect();
            key(&environment.run(&[&["new-caller-key", "--name"][..], &words].concat()));
            names.push(words[0].to_owned());
        }
    }
    assert_eq!(names, ["shop", "help-desk", "shop", "help-desk"]);
}
