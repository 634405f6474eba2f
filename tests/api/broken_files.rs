//! Watched files that become unusable. The gateway keeps the old value, logs one error, and reveals nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator, Tls, cen_token};
use tokio::time::{Instant, sleep};

use crate::atomic_file;
use crate::caller::Caller;
use crate::callers;
use crate::certificates::{Authority, self_signed};
use crate::environment::Environment;
use crate::load::Load;
use crate::login_bench::lines_at;
use crate::process::{GatewayProcess, TEST_TIMEOUT};
use crate::secrets_directory::SecretsDirectory;

const AUTH_TOKEN: &str = "centagate.admin.auth_token";
const SECRET_CODE: &str = "centagate.admin.secret_code";

/// Planted in every broken file. It must never appear in the log.
const CONTENT: &str = "s3cr3t-content";

/// A gateway whose configured session comes from secret files, and the simulator.
struct Bench {
    environment: Environment,
    secrets: SecretsDirectory,
    simulator: Simulator,
    session: Admin,
}

impl Bench {
    async fn new(poll_ms: u32, change: impl FnOnce(&mut Config)) -> Self {
        let session = Admin::with_fresh_session("admin");
        let mut config = Config::new(session.clone());
        change(&mut config);
        let simulator = Simulator::start(config).await.unwrap();
        let base_url = simulator.base_url().replace("127.0.0.1", "localhost");
        let environment = Environment::new(&base_url, &session)
            .unset("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN")
            .unset("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE")
            .set("GATEWAY__SECRETS__POLL_MS", &poll_ms.to_string());
        let pair = [(AUTH_TOKEN, &session.auth_token[..]), (SECRET_CODE, &session.secret_code)];
        let secrets = SecretsDirectory::new(&environment.directory.path().join("secrets"), &pair);
        let environment = environment.set("GATEWAY_SECRETS_DIR", secrets.path());
        Self { environment, secrets, simulator, session }
    }
}

/// Checks the consequences of several faults in one set of files.
struct Observer<'a> {
    gateway: &'a GatewayProcess,
    caller: Caller,
    set: &'static str,
    faults: usize,
}

impl<'a> Observer<'a> {
    fn of(gateway: &'a GatewayProcess, set: &'static str) -> Self {
        Self { gateway, caller: Caller::of(gateway), set, faults: 0 }
    }

    fn reloads(&self, result: &str) -> String {
        format!("gateway_reloads_total{{set=\"{}\",result=\"{result}\"}}", self.set)
    }

    /// Checks the consequences of a new fault: one log line with these words, the metric, and no effect on requests.
    async fn expect_fault(&mut self, words: &[&str]) {
        self.faults += 1;
        self.caller.wait_for_metric(&self.reloads("refused"), self.faults as u64).await;
        self.gateway.wait_for_lines(self.faults, |line| line.contains("cannot be used")).await;
        sleep(Duration::from_millis(250)).await; // five more polls
        let broken = format!("gateway_reload_broken{{set=\"{}\"}}", self.set);
        assert_eq!(self.caller.metric(&broken).await, 1, "{words:?}");
        let errors = lines_at("ERROR", self.gateway);
        assert_eq!(errors.len(), self.faults, "one line per fault, however long it lasts: {errors:?}");
        let last = errors.last().expect("a line");
        assert_eq!(last["set"], self.set);
        let text = last["message"].as_str().expect("a message");
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
        let reply = self.caller.create_user(&format!("{}-{}", self.set, self.faults)).await;
        assert_eq!(reply.status, 201, "{words:?}: {}", reply.text());
        let everything = self.gateway.lines().concat() + &self.caller.page("/metrics").await.1;
        assert!(!everything.contains(CONTENT), "{words:?}: {everything}");
    }

    /// Checks the consequences of a repair.
    async fn expect_repaired(&self) {
        self.caller.wait_for_metric(&self.reloads("applied"), self.faults as u64).await;
        assert_eq!(self.caller.metric(&format!("gateway_reload_broken{{set=\"{}\"}}", self.set)).await, 0);
        assert_eq!(lines_at("ERROR", self.gateway).len(), self.faults);
        let reply = self.caller.create_user(&format!("{}-mended-{}", self.set, self.faults)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}

#[tokio::test]
async fn broken_secret_files_change_nothing_until_they_are_repaired() {
    let bench = Bench::new(50, |_| ()).await;
    let gateway = bench.environment.serve().await;
    let mut observer = Observer::of(&gateway, "secrets");
    let secrets = &bench.secrets;
    let valid = [(AUTH_TOKEN, &bench.session.auth_token[..]), (SECRET_CODE, &bench.session.secret_code)];
    let with = |name, text| [valid[0], valid[1], (name, text)];

    secrets.swap(&valid[..1]);
    observer.expect_fault(&[SECRET_CODE, "is missing"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    secrets.swap(&[valid[0], (SECRET_CODE, "")]);
    observer.expect_fault(&[SECRET_CODE, "is missing"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    secrets.swap(&with("centagate.admin.passwort", CONTENT));
    observer.expect_fault(&["centagate.admin.passwort", "not named by the key of a secret"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    secrets.swap(&with("centagate.admin.password", CONTENT));
    observer.expect_fault(&["centagate.admin", "keep one of the two"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    secrets.swap(&with("centagate.admin.password", &CONTENT.repeat(10_000)));
    observer.expect_fault(&["centagate.admin.password", "larger than a secret"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    secrets.write(SECRET_CODE, [CONTENT.as_bytes(), b"\xff"].concat());
    observer.expect_fault(&[SECRET_CODE, "cannot be read"]).await;
    secrets.swap(&valid);
    observer.expect_repaired().await;
    let aside = format!("{}.aside", secrets.path());
    fs::rename(secrets.path(), &aside).unwrap();
    observer.expect_fault(&[secrets.path(), "cannot be read"]).await;
    fs::rename(&aside, secrets.path()).unwrap();
    observer.expect_repaired().await;
    assert!(bench.simulator.requests().iter().all(|request| request.code.as_deref() == Some("0")));
}

/// Breaks a file with each of the contents and repairs it again.
async fn expect_faults(observer: &mut Observer<'_>, file: &str, contents: &[(Option<String>, &str)]) {
    let valid = fs::read(file).unwrap();
    for (content, why) in contents {
        match content {
            Some(content) => atomic_file::replace(Path::new(file), content),
            None => fs::remove_file(file).unwrap(),
        }
        observer.expect_fault(&[file, why]).await;
        atomic_file::replace(Path::new(file), &valid);
        observer.expect_repaired().await;
    }
}

#[tokio::test]
async fn a_broken_callers_file_changes_nothing_until_it_is_repaired() {
    let bench = Bench::new(50, |_| ()).await;
    let gateway = bench.environment.serve().await;
    let file = bench.environment.directory.path().join("callers.toml").display().to_string();
    let valid = fs::read_to_string(&file).unwrap();
    let contents = [
        (Some(format!("{valid}\n[[callers]\nname = \"{CONTENT}\"\n")), "is not valid TOML at line"),
        (Some(format!("{valid}\n{}", callers::block("one", "key", &[CONTENT], ""))), "scopes"),
        (Some(format!("{valid}\n{valid}")), "is also in another block"),
        (Some(format!("{valid}\n[[callers]]\nname = \"x\"\nkey_sha256 = \"{CONTENT}\"\nscopes = []")), "key_sha256"),
        (Some(String::new()), "at least one [[callers]]"),
        (None, "cannot be read"),
    ];
    expect_faults(&mut Observer::of(&gateway, "callers"), &file, &contents).await;
}

#[tokio::test]
async fn a_fifo_in_place_of_a_watched_file_is_refused_without_hanging() {
    let bench = Bench::new(50, |_| ()).await;
    let gateway = bench.environment.serve().await;
    let mut observer = Observer::of(&gateway, "callers");
    let file = bench.environment.directory.path().join("callers.toml");
    let valid = fs::read(&file).unwrap();
    atomic_file::replace_with_fifo(&file);
    observer.expect_fault(&["callers_file", "GATEWAY__CALLERS_FILE", "not a regular file"]).await;
    atomic_file::replace(&file, valid);
    observer.expect_repaired().await;

    let gateway = bench.environment.serve().await;
    let mut observer = Observer::of(&gateway, "secrets");
    let file = Path::new(bench.secrets.path()).join(SECRET_CODE);
    atomic_file::replace_with_fifo(&file);
    observer.expect_fault(&[SECRET_CODE, "GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", "not a regular file"]).await;
    atomic_file::replace(&file, &bench.session.secret_code);
    observer.expect_repaired().await;
}

/// Starts a gateway that trusts the file of `key`, in front of a CENTAGATE with `tls`, and breaks the file with each
/// content.
async fn expect_certificate_faults(key: &str, pem: String, tls: Tls, contents: &[(Option<String>, &str)]) {
    let bench = Bench::new(50, |config| config.tls = Some(tls)).await;
    let file = bench.environment.write("trusted.pem", pem);
    let environment = bench.environment.set(key, &file);
    let gateway = environment.serve().await;
    expect_faults(&mut Observer::of(&gateway, "certificates"), &file, contents).await;
}

#[tokio::test]
async fn broken_certificate_files_change_nothing_until_they_are_repaired() {
    let (ca, pinned) = (Authority::new("CA"), self_signed("localhost"));
    let no_certificate = format!("-----BEGIN CERTIFICATE-----\n{CONTENT}");
    let no_der = "-----BEGIN CERTIFICATE-----\nczNjcjN0\n-----END CERTIFICATE-----\n".to_owned();
    let of_ca = [
        (Some(no_certificate.clone()), "PEM"),
        (Some(no_der), "expected"),
        (Some(ca.issue("localhost").key_pem), "PEM"),
        (Some(String::new()), "PEM"),
        (None, "cannot be read"),
    ];
    let of_pin = [(Some(no_certificate), "PEM"), (Some(String::new()), "PEM"), (None, "cannot be read")];
    let (ca_key, pin_key) = ("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", "GATEWAY__CENTAGATE__PINNED_CERTIFICATE_FILE");
    tokio::join!(
        expect_certificate_faults(ca_key, ca.pem(), ca.issue("localhost"), &of_ca),
        expect_certificate_faults(pin_key, pinned.certificate_pem.clone(), pinned.clone(), &of_pin),
    );
}

/// Changes the files of a pair one after the other under load. No request may be signed with parts of two sessions.
async fn expect_no_mixed_signature(poll_ms: u32, between: Duration) {
    let bench = Bench::new(poll_ms, |_| ()).await;
    let (old, new) = (&bench.session, Admin::with_fresh_session("admin"));
    bench.simulator.add_session(&new.auth_token, &new.secret_code);
    let gateway = bench.environment.serve().await;
    let load = Load::start(&Caller::of(&gateway), "half", 2, 50);
    bench.secrets.write(AUTH_TOKEN, &new.auth_token);
    sleep(between).await;
    bench.secrets.write(SECRET_CODE, &new.secret_code);
    let [old, new] = [old, &new].map(|pair| cen_token("admin", &pair.auth_token, &pair.secret_code));
    let tokens = || {
        let requests = bench.simulator.requests().into_iter();
        requests.map(|request| request.member("cenToken").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let started = Instant::now();
    while tokens().last() != Some(&new) {
        assert!(started.elapsed() < TEST_TIMEOUT, "the new pair was never used");
        sleep(Duration::from_millis(10)).await;
    }
    load.end().await.expect_no_failure("a pair changed one file after the other");
    assert!(tokens().iter().all(|token| [&old, &new].contains(&token)));
}

#[tokio::test]
async fn a_session_whose_files_change_between_two_polls_is_never_mixed() {
    expect_no_mixed_signature(600, Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_session_with_only_one_changed_file_is_not_used_while_the_old_one_works() {
    expect_no_mixed_signature(50, Duration::from_millis(400)).await;
}
