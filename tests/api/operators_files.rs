//! Files with byte order marks, files with Windows line endings, and FIFOs in place of files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use centagate_simulator::cen_token;

use crate::atomic_file;
use crate::caller::Caller;
use crate::callers;
use crate::certificates::{Authority, self_signed};
use crate::configuration_faults::{expect_fault, valid, variable, with_file};
use crate::environment::Environment;
use crate::identity_provider::{SigningKey, jwk_set};

/// A configuration key whose file is valid, in an environment that reads the file.
struct Subject {
    key: &'static str,
    environment: Environment,
    file: PathBuf,
    content: String,
}

impl Subject {
    fn new(environment: Environment, key: &'static str, content: String) -> Self {
        let file = PathBuf::from(environment.write(key, &content));
        let environment = environment.set(&variable(key), file.to_str().unwrap());
        Self { key, environment, file, content }
    }

    fn secret(key: &'static str) -> Self {
        let environment = valid().unset(&variable(key));
        let file = PathBuf::from(environment.write(&format!("secrets/{key}"), "s3cr3t"));
        let directory = file.parent().unwrap().display().to_string();
        Self {
            key,
            environment: environment.set("GATEWAY_SECRETS_DIR", &directory),
            file,
            content: "s3cr3t".to_owned(),
        }
    }

    /// Checks that there is one fault and that it names the key.
    #[track_caller]
    fn expect_fault(&self, words: &str) {
        expect_fault(&self.environment, &[self.key, &variable(self.key), words]);
    }
}

/// Every key whose value is read from a file.
fn subjects() -> Vec<Subject> {
    let (authority, pinned) = (Authority::new("CA"), self_signed("localhost"));
    let listener = authority.issue("localhost");
    let with_tls = |name: &str, pem: &str| {
        let environment = valid();
        let file = environment.write(name, pem);
        environment.set(&variable(name), &file)
    };
    let with_tokens = || {
        let environment = valid().set("GATEWAY__JWT__ISSUER", "https://id.example.com");
        environment.set("GATEWAY__JWT__AUDIENCE", "us")
    };
    let callers = callers::block("one", "key", &["users:create"], "");
    let (certificate, key) = ("server.tls_certificate_file", "server.tls_key_file");
    let redis = valid().set("GATEWAY__REDIS__URL", "rediss://localhost:1");
    let fetched = with_tokens().set("GATEWAY__JWT__JWKS_URL", "https://id.example.com/keys");
    vec![
        Subject::secret("centagate.admin.secret_code"),
        Subject::new(valid(), "callers_file", callers),
        Subject::new(with_tls(key, &listener.key_pem), certificate, listener.certificate_pem.clone()),
        Subject::new(with_tls(certificate, &listener.certificate_pem), key, listener.key_pem.clone()),
        Subject::new(valid(), "centagate.ca_certificate_file", authority.pem()),
        Subject::new(valid(), "centagate.pinned_certificate_file", pinned.certificate_pem),
        Subject::new(redis, "redis.ca_certificate_file", authority.pem()),
        Subject::new(with_tokens(), "jwt.jwks_file", jwk_set(&[SigningKey::eddsa().jwk("1")])),
        Subject::new(fetched, "jwt.ca_certificate_file", authority.pem()),
    ]
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_utf8_byte_order_mark_is_dropped_from_every_file() {
    for subject in subjects() {
        fs::write(&subject.file, format!("\u{feff}{}", subject.content)).unwrap();
        let run = subject.environment.run(&["check-config"]);
        assert_eq!((run.status, run.stdout.lines().last()), (Some(0), Some("valid")), "{}: {run:?}", subject.key);
    }
    let run = with_file("\u{feff}[server]\nworkers = 3\n").unset("GATEWAY__SERVER__WORKERS").run(&["check-config"]);
    assert!(run.stdout.contains("server.workers = 3 (test.toml)"), "{run:?}");
}

#[test]
fn a_utf16_file_is_refused_and_its_key_is_named() {
    for subject in subjects() {
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            fs::write(&subject.file, utf16(&subject.content, bytes)).unwrap();
            subject.expect_fault("UTF-16");
        }
    }
    let environment = with_file("");
    environment.write("config/test.toml", utf16("[server]\n", u16::to_le_bytes));
    expect_fault(&environment, &["test.toml", "UTF-16"]);
}

#[test]
fn a_path_that_is_not_a_regular_file_is_refused_at_once_and_its_key_is_named() {
    for subject in subjects() {
        atomic_file::replace_with_fifo(&subject.file);
        subject.expect_fault("not a regular file");
        fs::remove_file(&subject.file).unwrap();
        symlink("/dev/zero", &subject.file).unwrap();
        subject.expect_fault("not a regular file");
        fs::remove_file(&subject.file).unwrap();
        fs::create_dir(&subject.file).unwrap();
        subject.expect_fault("not a regular file");
    }
    for name in ["base", "test"] {
        let environment = with_file("");
        atomic_file::replace_with_fifo(&environment.directory.path().join(format!("config/{name}.toml")));
        expect_fault(&environment, &[&format!("{name}.toml"), "not a regular file"]);
    }
}

#[tokio::test]
async fn a_secret_is_used_without_its_byte_order_mark_and_its_line_ending() {
    let name = "GATEWAY__CENTAGATE__ADMIN__SECRET_CODE";
    for content in ["\u{feff}s3cr3t", "\u{feff}s3cr3t\r\n", "s3cr3t\r\n", "s3cr3t\n"] {
        let (environment, simulator) = Environment::with_simulator().await;
        simulator.set_session("token", "s3cr3t");
        let environment = environment.set("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", "\u{feff}token");
        let environment = if content.ends_with('\n') {
            environment.write("secrets/centagate.admin.secret_code", content);
            let directory = environment.directory.path().join("secrets").display().to_string();
            environment.unset(name).set("GATEWAY_SECRETS_DIR", &directory)
        } else {
            environment.set(name, content)
        };
        let gateway = environment.serve().await;
        let reply = Caller::of(&gateway).create_user("alice").await;
        assert_eq!(reply.status, 201, "{content:?}: {}", reply.text());
        let request = simulator.requests().pop().expect("a request");
        assert_eq!(request.member("cenToken"), Some(cen_token("admin", "token", "s3cr3t").as_str()), "{content:?}");
    }
}

#[test]
fn a_variable_with_nothing_but_a_byte_order_mark_counts_as_unset() {
    let name = variable("centagate.admin.secret_code");
    expect_fault(&valid().set(&name, "\u{feff}"), &["centagate.admin.secret_code", "is missing"]);
    let run = valid().set("GATEWAY_CONFIG_DIR", "\u{feff}").run(&["check-config"]);
    assert_eq!(run.status, Some(0), "{run:?}");
}
