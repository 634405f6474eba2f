//! `Debug` and `Display` of types that hold secrets never show the secrets.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use centagate_gateway::callers::Callers;
use centagate_gateway::centagate::{
    AuthApi, Client, ClientOptions, CreateUser, Credentials, Error, HttpOptions, LoginCredentials, NotSent,
    RegisterOtpToken, RegisteredOtpToken, SetupError, Trust, Unreadable, cen_token,
};
use centagate_gateway::domain::{CallerShare, Email, OtpTokenStatus, Role, Text, Username};
use centagate_gateway::metrics::Metrics;
use centagate_gateway::settings::{Settings, Sources};
use centagate_gateway::startup::Application;
use tokio::time::Instant;

use crate::callers;
use crate::fault_server::{Fault, FaultServer};

const AUTH_TOKEN: &str = "pl4nted-auth-token";
const SECRET_CODE: &str = "pl4nted-secret-code";

#[track_caller]
fn expect_clean(shown: &str) {
    let cen_token = centagate_simulator::cen_token("admin", AUTH_TOKEN, SECRET_CODE);
    for secret in ["pl4nted", &cen_token, &hex::encode("pl4nted")] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn settings(changes: &[(&str, &str)]) -> Result<Settings, String> {
    let directory = tempfile::tempdir().unwrap();
    let callers_file = directory.path().join("callers.toml");
    std::fs::write(&callers_file, callers::block("one", "pl4nted-key", &["users:create"], "")).unwrap();
    let mut variables = BTreeMap::from([
        ("GATEWAY__SERVER__PORT".to_owned(), "0".to_owned()),
        ("GATEWAY__MANAGEMENT__PORT".into(), "0".into()),
        ("GATEWAY__CENTAGATE__BASE_URL".into(), "http://127.0.0.1:1".into()),
        ("GATEWAY__CENTAGATE__PROXY_URL".into(), "http://user:pl4nted@127.0.0.1:1".into()),
        ("GATEWAY__CENTAGATE__ADMIN__USERNAME".into(), "admin".into()),
        ("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN".into(), AUTH_TOKEN.into()),
        ("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE".into(), SECRET_CODE.into()),
        ("GATEWAY__CALLERS_FILE".into(), callers_file.display().to_string()),
    ]);
    variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let config_dir = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config"));
    let sources = Sources { config_dir, environment: "local".into(), variables, secrets_dir: None };
    let settings = Settings::load(&sources).map_err(|fault| format!("{fault} {fault:?}"))?;
    expect_clean(&Settings::describe(&sources).unwrap());
    Callers::load(&settings.callers).map(|callers| expect_clean(&format!("{callers:?}"))).unwrap();
    if let Err(fault) = Application::build(settings.clone()) {
        return Err(format!("{fault} {fault:?}"));
    }
    Ok(settings)
}

fn given() -> Credentials {
    Credentials::Given { auth_token: AUTH_TOKEN.into(), secret_code: SECRET_CODE.into() }
}

fn options(base_url: &str, proxy_url: Option<&str>) -> ClientOptions {
    ClientOptions {
        base_url: base_url.parse().unwrap(),
        request_timeout: Duration::from_secs(1),
        max_in_flight: 8,
        caller_share: CallerShare::default(),
        http: HttpOptions { connect_timeout: Duration::from_secs(1), proxy_url: proxy_url.map(Into::into) },
        trust: Trust::Public,
        admin_username: Username::parse("admin").unwrap(),
        credentials: given(),
        auth_api: AuthApi::V2,
        default_session_timeout: Duration::from_secs(600),
        refused_retry: Duration::from_secs(600),
    }
}

/// A client that keeps its session in the background.
fn client(options: ClientOptions) -> Result<Client, SetupError> {
    let (client, keeper) = Client::new(options, Metrics::default().session_events())?;
    tokio::spawn(keeper.run());
    Ok(client)
}

#[test]
fn debug_output_of_settings_contains_no_secret() {
    let settings = settings(&[]).expect("settings");
    expect_clean(&format!("{settings:?} {settings:#?}"));
}

#[test]
fn faults_of_settings_contain_no_value() {
    for (name, value) in [
        ("GATEWAY__SERVER__PORT", "pl4nted"),
        ("GATEWAY__CENTAGATE__BASE_URL", "http://pl4nted@127.0.0.1"),
        ("GATEWAY__CENTAGATE__PROXY_URL", "pl4nted\n"),
        ("GATEWAY__CENTAGATE__PROXY_URL", "pl4nted://pl4nted:pl4nted"),
        ("GATEWAY__UNKNOWN", "pl4nted"),
    ] {
        let shown = settings(&[(name, value)]).expect_err(value);
        expect_clean(&shown);
    }
}

#[tokio::test]
async fn debug_output_of_credentials_and_clients_contains_no_secret() {
    let login = LoginCredentials {
        password: "pl4nted".into(),
        integration_key: "pl4nted".into(),
        app_secret_key: "pl4nted".into(),
    };
    expect_clean(&format!("{:?} {login:?} {:?}", given(), Credentials::Login(login.clone())));
    expect_clean(&format!("{:?}", cen_token(&SECRET_CODE.into(), "admin", &AUTH_TOKEN.into())));
    let options = |proxy_url| options("http://127.0.0.1:1", Some(proxy_url));
    expect_clean(&format!("{:?}", options("http://user:pl4nted@127.0.0.1:1")));
    let known = client(options("http://user:pl4nted@127.0.0.1:1")).expect("a client");
    expect_clean(&format!("{known:?} {known:#?}"));
    if let Err(error) = client(options("pl4nted")) {
        expect_clean(&format!("{error} {error:?}"));
    }
}

#[test]
fn debug_output_of_registered_tokens_contains_neither_passcode_nor_qr() {
    let token = RegisteredOtpToken { passcode: Some("pl4nted".into()), qr: Some("pl4nted".into()) };
    expect_clean(&format!("{token:?} {token:#?}"));
}

fn new_user() -> CreateUser {
    let text = |text: &str| Text::parse(text).unwrap();
    CreateUser {
        username: Username::parse("alice").unwrap(),
        first_name: text("Alice"),
        last_name: text("Archer"),
        email: Email::parse("alice@example.com").unwrap(),
        group: text("Staff"),
        role: Role::User,
        app: text("portal"),
        unique_id: text("alice"),
        client_id: text("alice"),
        additional_data: Vec::new(),
    }
}

#[tokio::test]
async fn errors_of_calls_contain_neither_urls_nor_received_bytes() {
    let reply = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
    let mut shown = Vec::new();
    let in_a_second = || Instant::now() + Duration::from_secs(1);
    for fault in [
        Fault::Silence,
        Fault::Reset,
        Fault::SendAndClose(b"pl4nted\r\n\r\n".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 200 OK\r\npl4nted\x01: pl4nted\r\n\r\n".to_vec()),
        Fault::SendAndClose(b"HTTP/1.1 302 Found\r\nLocation: http://pl4nted:pl4nted@127.0.0.1/\r\n\r\n".to_vec()),
        Fault::Send(reply("pl4nted")),
        Fault::Send(reply("{\"code\":\"pl4nted\",\"message\":\"pl4nted\"}")),
        Fault::Send(reply("{\"code\":\"22025\",\"message\":\"pl4nted\"}")),
    ] {
        let server = FaultServer::start(vec![fault]).await;
        let client = client(options(&server.base_url(), None)).expect("a client");
        let permit = client.acquire_permit(&"caller".into(), in_a_second()).await.expect("a permit");
        let error = client.call(permit, &new_user(), None).await.expect_err("a fault");
        shown.push(format!("{error} {error:?}"));
        let token = RegisterOtpToken { username: new_user().username, status: OtpTokenStatus::Valid, validity: None };
        let permit = client.acquire_permit(&"caller".into(), in_a_second()).await.expect("a permit");
        let error = client.call(permit, &token, None).await.expect_err("a fault");
        shown.push(format!("{error} {error:?}"));
        assert!(!shown.iter().any(|shown| shown.contains("CentagateWS/")), "{shown:?}");
    }
    let closed = client(options("http://127.0.0.1:1", None)).expect("a client");
    let permit = closed.acquire_permit(&"caller".into(), in_a_second()).await.expect("a permit");
    let error = closed.call(permit, &new_user(), None).await.expect_err("nothing listens on the port");
    assert!(matches!(error, Error::NotSent(NotSent::CannotConnect(_))));
    shown.push(format!("{error} {error:?} {}", Error::Unreadable(Unreadable::TooLarge)));
    expect_clean(&shown.join("\n"));
}
