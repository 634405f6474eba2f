//! No log line, metric or page contains a secret, whatever happens and at any log level.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use centagate_gateway::centagate::{Credentials, LoginCredentials};
use centagate_gateway::settings::{Settings, Sources};
use centagate_simulator::{Behaviour, Instruction, Login, Obstacle, Operation};
use serde_json::Value;

use crate::caller::Caller;
use crate::callers;
use crate::gateway::token;
use crate::login_bench::{LoginBench, files};

/// Members of requests and replies that are secrets.
const SECRET_MEMBERS: [&str; 9] =
    ["password", "integrationKey", "appSecretKey", "hmac", "authToken", "secretCode", "cenToken", "passcode", "qr"];

/// Checks that `text` contains none of `secrets`, in plain or encoded form.
#[track_caller]
fn expect_absent(secrets: &[String], what: &str, text: &str) {
    for secret in secrets {
        assert!(secret.len() >= 8, "too short to be found by chance: {secret}");
        let percent = centagate_gateway::centagate::percent_encode_segment(secret);
        for form in [secret.clone(), STANDARD.encode(secret), hex::encode(secret), percent] {
            assert!(!text.contains(&form), "{form} in {what}:\n{text}");
        }
    }
}

/// All secrets that have been sent so far, and the callers' keys.
fn secrets_of(bench: &LoginBench, logins: &[&Login]) -> Vec<String> {
    let mut secrets = vec![callers::EVERYTHING.to_owned()];
    for login in logins {
        secrets.extend(files(login).map(|(_, secret)| secret.to_owned()));
    }
    for request in bench.simulator.requests() {
        let members = SECRET_MEMBERS.iter().filter_map(|name| request.member(name));
        secrets.extend(members.map(ToOwned::to_owned));
    }
    if let Some(session) = bench.simulator.newest_session() {
        secrets.extend([session.auth_token, session.secret_code]);
    }
    if let Some(token) = bench.simulator.user("alice").and_then(|user| user.tokens.mobile) {
        secrets.extend([token.passcode, token.qr]);
    }
    secrets
}

#[tokio::test]
async fn no_output_of_a_gateway_contains_a_secret_at_any_log_level() {
    for format in ["json", "pretty"] {
        let bench = LoginBench::new().await;
        let wrong = Login::fresh();
        let bench = bench
            .set("GATEWAY__TELEMETRY__LOG_FILTER", "trace")
            .set("GATEWAY__TELEMETRY__LOG_FORMAT", format)
            .set("GATEWAY__SESSION__REFUSED_RETRY_SECONDS", "1");
        let mut login = bench.login.clone();
        login.password.clone_from(&wrong.password);
        bench.secrets.swap(&files(&login));
        let mut gateway = bench.environment.serve().await;
        let caller = Caller::of(&gateway);
        let mut pages = Vec::new();

        // The login is refused, then needs a second factor, then is unreadable, then succeeds.
        gateway.wait_for_line(|line| line.contains("refused the login")).await;
        pages.push(caller.readiness().await.1);
        bench.simulator.set_obstacle(Obstacle::SecondFactor { auth_methods: "OTP".into() });
        bench.secrets.swap(&files(&bench.login));
        gateway.wait_for_line(|line| line.contains("second_factor_pending")).await;
        pages.push(caller.readiness().await.1);
        bench.simulator.set_obstacle(None);
        let page = format!("<html>{}</html>", bench.login.password);
        bench.simulator.instruct(Instruction::once(Operation::LogIn, Behaviour::reply(200, "text/html", page)));
        bench.secrets.swap(&files(&wrong));
        bench.simulator.set_login(wrong.clone());
        gateway.wait_for_line(|line| line.contains("the login to CENTAGATE failed")).await;
        pages.push(caller.readiness().await.1);
        gateway.wait_for_line(|line| line.contains("logged in to CENTAGATE")).await;

        // Served requests, requests that CENTAGATE refuses, and unusable files.
        assert_eq!(caller.create_user("alice").await.status, 201);
        assert_eq!(caller.register_otp_token("alice", &token()).await.status, 201);
        bench.simulator.instruct(Instruction::once(None, Behaviour::code("10001")));
        caller.create_user("bob").await.problem("centagate_denied");
        bench.secrets.write("centagate.admin.passwort", &wrong.password);
        gateway.wait_for_line(|line| line.contains("cannot be used")).await;
        pages.push(caller.page("/metrics").await.1);
        pages.push(caller.readiness().await.1);
        let secrets = secrets_of(&bench, &[&bench.login, &wrong, &login]);
        gateway.terminate();
        assert!(gateway.end().await.success());

        expect_absent(&secrets, "the log", &gateway.lines().join("\n"));
        expect_absent(&secrets, "standard error", &gateway.stderr_lines().join("\n"));
        expect_absent(&secrets, "a page", &pages.join("\n"));
        assert!(gateway.lines().len() > 8 && !pages.concat().is_empty());
        let everything = gateway.lines().join("\n") + &pages.concat();
        for name in SECRET_MEMBERS {
            assert!(!everything.contains(&format!("{name}\\\":")), "{name}: no body is logged");
        }
    }
}

#[tokio::test]
async fn no_debug_output_of_settings_and_credentials_contains_a_secret() {
    let bench = LoginBench::new().await;
    let login = &bench.login;
    let variables = [
        ("GATEWAY__CENTAGATE__BASE_URL", bench.simulator.base_url()),
        ("GATEWAY__CENTAGATE__ADMIN__USERNAME", "admin".to_owned()),
        ("GATEWAY__CENTAGATE__PROXY_URL", format!("http://user:{}@127.0.0.1:1", login.password)),
        ("GATEWAY__CALLERS_FILE", bench.environment.write("callers.toml", "")),
    ];
    let sources = Sources {
        config_dir: Some(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
        environment: "local".into(),
        variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        secrets_dir: Some(bench.secrets.path().into()),
    };
    let settings = Settings::load(&sources).expect("settings");
    let secret = |text: &str| text.to_owned().into();
    let credentials = LoginCredentials {
        password: secret(&login.password),
        integration_key: secret(&login.integration_key),
        app_secret_key: secret(&login.app_secret_key),
    };
    let pair = Credentials::Given { auth_token: secret(&login.password), secret_code: secret(&login.integration_key) };
    let secrets = secrets_of(&bench, &[login]);
    for (what, text) in [
        ("settings", format!("{settings:?} {settings:#?}")),
        ("sources", format!("{sources:?} {sources:#?}")),
        ("credentials", format!("{credentials:?} {:?} {pair:?}", Credentials::Login(credentials.clone()))),
        ("description", Settings::describe(&sources).expect("a description")),
    ] {
        expect_absent(&secrets, what, &text);
    }
    assert_eq!(Value::from(files(login).len()), 3);
}
