//! Unusable configuration files, callers files and secret files prevent the start, and the message names them.

use crate::callers;
use crate::configuration_faults::{PLANTED, expect_fault, valid, variable, with_file};

#[test]
fn files_that_cannot_be_read_are_named() {
    expect_fault(&valid().set("GATEWAY_ENVIRONMENT", "staging"), &["staging.toml", "GATEWAY_ENVIRONMENT"]);
    expect_fault(&valid().set("GATEWAY_CONFIG_DIR", "/nowhere"), &["/nowhere", "GATEWAY_CONFIG_DIR"]);
    for bad in ["../local", "a/b", "local.toml", "a b", "."] {
        expect_fault(&valid().set("GATEWAY_ENVIRONMENT", bad), &["GATEWAY_ENVIRONMENT"]);
    }
    for text in [format!("[server\n\"{PLANTED}"), PLANTED.to_owned(), format!("a = \"{PLANTED}\"\na = 1")] {
        expect_fault(&with_file(&text), &["test.toml", "line"]);
    }
}

#[test]
fn an_unusable_callers_file_is_named() {
    let scopes = ["users:create"];
    let block = callers::block("one", "key", &scopes, "");
    let hash = block.lines().find(|line| line.starts_with("key_sha256")).unwrap().to_owned();
    for (text, place) in [
        (String::new(), "[[callers]]"),
        (format!("[[callers\n{PLANTED}"), "line 1"),
        (format!("{PLANTED} = 1\n{block}"), "[[callers]]"),
        (block.clone() + &block, "number 2"),
        (block.replace(&hash, &format!("key_sha256 = \"{PLANTED}\"")), "key_sha256"),
        (block.replace(&hash, &hash.to_uppercase().replace("KEY_SHA256", "key_sha256")), "key_sha256"),
        (block.replace(&hash, ""), "key_sha256"),
        (block.replace("users:create", PLANTED), "scopes"),
        (block.replace("name = \"one\"", ""), "name"),
        (callers::block("one", "key", &scopes, &format!("{PLANTED} = 1")), "number 1"),
        (callers::block("one", "key", &scopes, &format!("expires_at = \"{PLANTED}\"")), "expires_at"),
    ] {
        let environment = valid();
        environment.write("callers.toml", text);
        expect_fault(&environment, &["callers_file", "callers.toml", place]);
    }
    expect_fault(
        &valid().set("GATEWAY__CALLERS_FILE", "/nowhere/callers.toml"),
        &["callers_file", "/nowhere/callers.toml"],
    );
}

#[test]
fn secret_files_are_recognised_only_by_their_names() {
    for name in ["centagate.admin.secretcode", "server.port", "notes.txt", "centagate.admin.secret_code~"] {
        let environment = valid();
        environment.write(&format!("secrets/{name}"), PLANTED);
        let directory = environment.directory.path().join("secrets").display().to_string();
        expect_fault(&environment.set("GATEWAY_SECRETS_DIR", &directory), &[name]);
    }
    expect_fault(&valid().set("GATEWAY_SECRETS_DIR", "/nowhere"), &["/nowhere", "GATEWAY_SECRETS_DIR"]);
    let environment = valid();
    environment.write("secrets/centagate.admin.secret_code", format!("{PLANTED}\n{PLANTED}\n"));
    let directory = environment.directory.path().join("secrets").display().to_string();
    let key = "centagate.admin.secret_code";
    expect_fault(&environment.set("GATEWAY_SECRETS_DIR", &directory), &[key, &variable(key)]);
}
