//! Properties of every configuration. Tests of single faults are in `tests/api`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::{Settings, SettingsFault, Sources};
use crate::centagate::Credentials;
use crate::configuration::{KEYS, variable};
use crate::test_input::{cases, damaged};

/// Occurs in values only.
const CONTENT: &str = "s3cr3t";

const AUTH_TOKEN: &str = "centagate.admin.auth_token";
const SECRET_CODE: &str = "centagate.admin.secret_code";

/// The keys that every configuration needs, with valid values.
const REQUIRED: [(&str, &str); 5] = [
    ("centagate.base_url", "https://centagate.example.com"),
    ("centagate.admin.username", "admin"),
    (AUTH_TOKEN, "token"),
    (SECRET_CODE, "code"),
    ("callers_file", "callers.toml"),
];

/// The default configuration with variables for the required keys and for `changes`.
fn sources(changes: &[(&str, &str)]) -> Sources {
    let variables = REQUIRED.iter().chain(changes);
    Sources {
        config_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
        environment: "local".to_owned(),
        variables: variables.map(|(key, value)| (variable(key), (*value).to_owned())).collect(),
        secrets_dir: None,
    }
}

/// A configuration directory with the defaults and an environment file that contains `text`.
fn with_file(text: &[u8]) -> (TempDir, Sources) {
    let directory = tempfile::tempdir().expect("a directory");
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    std::fs::copy(config.join("base.toml"), directory.path().join("base.toml")).expect("the defaults");
    std::fs::write(directory.path().join("custom.toml"), text).expect("a file");
    let sources = Sources {
        config_dir: Some(directory.path().to_owned()),
        environment: "custom".to_owned(),
        variables: BTreeMap::new(),
        secrets_dir: None,
    };
    (directory, sources)
}

fn file_with(lines: &[(&str, String)]) -> String {
    lines.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join("\n")
}

/// A line of text that contains `CONTENT`.
fn content() -> impl Strategy<Value = String> {
    ("\\PC{0,8}", "\\PC{0,8}").prop_map(|(before, after)| format!("{before}{CONTENT}{after}"))
}

/// A value in TOML.
fn toml_value() -> impl Strategy<Value = String> {
    prop_oneof![
        content().prop_map(|text| toml::Value::from(text).to_string()),
        vec(content(), 0..3).prop_map(|texts| toml::Value::from(texts).to_string()),
        content().prop_map(|text| format!("{{ {CONTENT} = {} }}", toml::Value::from(text))),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| toml::Value::from(number).to_string()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        Just("2027-01-31T12:00:00Z".to_owned()),
    ]
}

fn key() -> impl Strategy<Value = &'static str> {
    (0..KEYS.len()).prop_map(|index| KEYS[index].name)
}

/// A name that looks like a key, but is none.
fn unknown_key() -> impl Strategy<Value = String> {
    let word = "[a-z]{1,6}(_[a-z0-9]{1,4})?";
    let section = prop_oneof![Just("server".to_owned()), Just("centagate.admin".to_owned()), "[a-z]{1,6}"];
    (section, word)
        .prop_map(|(section, word)| format!("{section}.{word}"))
        .prop_filter("unknown", |name| KEYS.iter().all(|key| key.name != *name))
}

/// Checks that a fault, if there is one, names the section of `key` and contains no value.
fn expect_no_value(loaded: Result<Settings, SettingsFault>, key: &str) -> Result<(), TestCaseError> {
    if let Err(fault) = loaded {
        let fault = fault.to_string();
        let section = key.split('.').next().unwrap_or_default();
        prop_assert!(fault.contains(section) && !fault.contains(CONTENT) && !fault.contains('\n'), "{key}: {fault}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn no_fault_contains_the_value_of_a_variable(key in key(), value in content()) {
        let sources = sources(&[(key, &value)]);
        expect_no_value(Settings::load(&sources), key)?;
        let described = Settings::describe(&sources).expect("a description");
        prop_assert_eq!(described.contains(CONTENT), KEYS.iter().any(|known| known.name == key && !known.secret), "{}", described);
    }

    #[test]
    fn no_fault_contains_a_value_in_a_file(key in key(), value in toml_value()) {
        let mut lines: Vec<_> = REQUIRED.iter().map(|(key, text)| (*key, format!("\"{text}\""))).collect();
        lines.retain(|(other, _)| *other != key);
        lines.push((key, value));
        let (_directory, sources) = with_file(file_with(&lines).as_bytes());
        expect_no_value(Settings::load(&sources), key)?;
    }

    #[test]
    fn a_fault_names_an_unknown_key_but_not_its_value(name in unknown_key(), value in content()) {
        let toml = file_with(&[(&name, toml::Value::from(value.clone()).to_string())]);
        let (_directory, with_file) = with_file(toml.as_bytes());
        for sources in [sources(&[(&name, &value)]), with_file] {
            let fault = Settings::load(&sources).expect_err("an unknown key").to_string();
            prop_assert!(fault.contains(&format!("{name} is not a known key")) && !fault.contains(CONTENT), "{fault}");
        }
    }

    #[test]
    fn no_fault_contains_a_value_of_a_damaged_file(
        text in damaged(vec((key(), toml_value()), 0..6).prop_map(|lines| file_with(&lines)))
    ) {
        let (_directory, sources) = with_file(&text);
        if let Err(fault) = Settings::load(&sources) {
            // Damage can turn a value into a key, and faults name unknown keys.
            for fault in fault.lines() {
                prop_assert!(!fault.contains(CONTENT) || fault.ends_with("is not a known key"), "{fault}");
            }
        }
    }

    #[test]
    fn valid_values_are_read_unchanged(
        port in any::<u16>(), body in 256..=1_048_576_usize, (request, more) in (2..1_000_000_u64, 1..1_000_000_u64),
        fsync in any::<bool>(), group in "[^\\p{Cc}\\u{202A}-\\u{202E}\\u{2066}-\\u{2069}]{1,255}",
        secrets in ["\\PC{1,40}", "[0-9 ]{1,40}"],
    ) {
        let bare = [
            ("server.port", port.to_string()),
            ("server.max_body_bytes", body.to_string()),
            ("centagate.connect_timeout_ms", "1".to_owned()),
            ("centagate.request_timeout_ms", request.to_string()),
            ("server.request_timeout_ms", (1 + request + more).to_string()),
            ("server.shutdown_ms", "3600000".to_owned()),
            ("audit.fsync", fsync.to_string()),
        ];
        let texts = [
            ("users.default_group", group.clone()),
            (AUTH_TOKEN, secrets[0].clone()),
            (SECRET_CODE, secrets[1].clone()),
            ("centagate.base_url", "https://centagate.example.com".to_owned()),
            ("centagate.admin.username", "admin".to_owned()),
            ("callers_file", "callers.toml".to_owned()),
        ];
        let quoted = texts.clone().map(|(key, text)| (key, toml::Value::from(text).to_string()));
        let (_directory, with_file) = with_file(file_with(&[&bare[..], &quoted].concat()).as_bytes());
        let variables: Vec<_> = bare.iter().chain(&texts).map(|(key, value)| (*key, &**value)).collect();
        for sources in [with_file, sources(&variables)] {
            let settings = Settings::load(&sources).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
            let milliseconds = |time: std::time::Duration| time.as_millis();
            prop_assert_eq!((settings.server.port, settings.server.max_body_bytes), (port, body));
            prop_assert_eq!(milliseconds(settings.centagate.request_timeout), u128::from(request));
            prop_assert_eq!(milliseconds(settings.server.request_timeout), u128::from(1 + request + more));
            prop_assert_eq!(settings.audit.fsync, fsync);
            prop_assert_eq!(settings.users.default_group.as_ref().map(crate::domain::Text::as_str), Some(&*group));
            prop_assert_eq!(settings.callers.file, Some(PathBuf::from("callers.toml")));
            let Credentials::Given { auth_token, secret_code } = settings.centagate.admin.credentials else {
                return Err(TestCaseError::fail("a given session"));
            };
            prop_assert_eq!([auth_token.expose_secret(), secret_code.expose_secret()], [&*secrets[0], &*secrets[1]]);
        }
    }

    #[test]
    fn a_secret_file_is_read_without_one_newline_and_no_fault_contains_it(
        text in content(), bytes in vec(any::<u8>(), 0..3), end in select(&["", "\n", "\r\n"][..]),
    ) {
        let directory = tempfile::tempdir().expect("a directory");
        let file = [text.as_bytes(), &bytes, end.as_bytes()].concat();
        std::fs::write(directory.path().join(SECRET_CODE), &file).expect("a file");
        let secret = [&b"\r\n"[..], b"\n"].into_iter().find_map(|newline| file.strip_suffix(newline)).unwrap_or(&file);
        let mut sources = Sources { secrets_dir: Some(directory.path().to_owned()), ..sources(&[]) };
        sources.variables.remove(&variable(SECRET_CODE));
        let loaded = Settings::load(&sources);
        if let Ok(Settings { centagate, .. }) = &loaded {
            let Credentials::Given { secret_code, .. } = &centagate.admin.credentials else {
                return Err(TestCaseError::fail("a given session"));
            };
            prop_assert_eq!(secret_code.expose_secret().as_bytes(), secret);
        }
        let is_line = std::str::from_utf8(secret).is_ok_and(|text| !text.contains(char::is_control));
        prop_assert_eq!(loaded.is_ok(), is_line);
        expect_no_value(loaded, SECRET_CODE)?;
    }
}
