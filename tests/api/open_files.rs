//! The limit on open files. Each connection needs a file.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::environment::Environment;

/// Starts the gateway with a low soft limit for open files. Returns its soft and hard limit, and its log up to the
/// start.
fn started_with(soft: u64, max_connections: &str) -> (u64, u64, Vec<String>) {
    let environment = Environment::without_centagate().set("GATEWAY__SERVER__MAX_CONNECTIONS", max_connections);
    let gateway = environment.command(&["serve"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -S -n {soft} && exec \"$0\" \"$@\"")]).arg(gateway.get_program());
    shell.args(gateway.get_args()).env_clear();
    shell.envs(gateway.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut log = Vec::new();
    for line in lines {
        let serving = line.contains("\"serving\"");
        log.push(line);
        if serving {
            break;
        }
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a limit");
    let mut files = files.split_ascii_whitespace().map(|limit| limit.parse().unwrap_or(u64::MAX));
    (files.next().unwrap(), files.next().unwrap(), log)
}

#[test]
fn the_limit_on_open_files_is_raised_to_the_number_that_connections_need() {
    let (soft, hard, log) = started_with(256, "100");
    let needed = 100 + 2 * 512; // callers, and the management listener
    assert!((hard.min(needed + 256)..=hard.min(needed + 1000)).contains(&soft), "{soft} of {hard}: {log:?}");
    assert!(!log.iter().any(|line| line.contains("open files")), "{log:?}");
}

#[test]
fn a_hard_limit_that_is_too_low_is_used_in_full_and_logged() {
    let (soft, hard, log) = started_with(256, "1000000");
    let enough = 1_000_000 + 2 * 512 + 64 + 256;
    assert!(soft == hard || soft >= enough, "{soft} of {hard}");
    assert_eq!(hard < enough, log.iter().any(|line| line.contains("the limit on open files is too low")), "{log:?}");
    for line in log.iter().filter(|line| line.contains("open files")) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let connections = line["max_connections"].as_u64().expect("the number of connections that fit");
        assert!(connections < hard, "the limit leaves room for other files: {line}");
    }
}
