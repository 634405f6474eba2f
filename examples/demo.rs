//! A CENTAGATE simulator and the gateway in front of it, in one process, with a fresh caller key.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use centagate_gateway::callers::Scope;
use centagate_gateway::settings::{Settings, Sources};
use centagate_gateway::startup::Application;
use centagate_gateway::telemetry;
use centagate_simulator::{Admin, Config, Simulator, User};
use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (auth_token, secret_code, key) = (random_hex()?, random_hex()?, format!("cgw_{}", random_hex()?));
    let admin = Admin { username: "admin".into(), auth_token: auth_token.clone(), secret_code: secret_code.clone() };
    let simulator = Simulator::start(Config::new(admin)).await?;
    simulator.add_user(User::new("bob"));

    let directory = tempfile::tempdir()?;
    let callers_file = directory.path().join("callers.toml");
    std::fs::write(&callers_file, callers(&key))?;
    let settings = Settings::load(&Sources {
        config_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
        environment: "local".into(),
        variables: BTreeMap::from([
            ("GATEWAY__SERVER__PORT".into(), port(8080).to_string()),
            ("GATEWAY__MANAGEMENT__PORT".into(), port(9090).to_string()),
            ("GATEWAY__CENTAGATE__BASE_URL".into(), simulator.base_url()),
            ("GATEWAY__CENTAGATE__ADMIN__USERNAME".into(), "admin".into()),
            ("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN".into(), auth_token),
            ("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE".into(), secret_code),
            ("GATEWAY__CALLERS_FILE".into(), callers_file.display().to_string()),
        ]),
        secrets_dir: None,
    })?;
    let _log = telemetry::init(&settings.telemetry)?;
    let application = Application::build(settings)?;
    print_guide(&application, &simulator, &key);
    application.run_until(async { drop(tokio::signal::ctrl_c().await) }).await?;
    Ok(())
}

fn print_guide(application: &Application, simulator: &Simulator, key: &str) {
    let (gateway, management) = (application.address(), application.management_address());
    println!(
        r#"
CENTAGATE gateway   http://{gateway}
Swagger UI          http://{gateway}/docs/
Health and metrics  http://{management}/readyz  http://{management}/metrics
Simulator           {simulator}  (group "Staff", user "bob")
Caller key          {key}

Register a user:
  curl -i http://{gateway}/users -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
    -d '{{"username":"alice","firstName":"Alice","lastName":"Archer","email":"alice@example.com","group":"Staff","app":"portal"}}'

Register an OTP token for the user:
  curl -i http://{gateway}/users/alice/otp-token -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
    -d '{{"status":"valid","validitySeconds":600}}'

Look the user up:
  curl -i http://{gateway}/users/alice -H 'Authorization: Bearer {key}'

In Swagger UI: Authorize with the caller key, then Try it out. Stop with Ctrl-C.
"#,
        simulator = simulator.base_url(),
    );
}

/// `preferred`, or 0 for any free one where it is taken.
fn port(preferred: u16) -> u16 {
    TcpListener::bind(("127.0.0.1", preferred)).map_or(0, |_| preferred)
}

fn callers(key: &str) -> String {
    let key_sha256 = hex::encode(Sha256::digest(key));
    format!(
        "[[callers]]\nname = \"demo\"\nkey_sha256 = \"{key_sha256}\"\n\
         scopes = {:?}\ntarget_usernames = [\"*\"]\n",
        Scope::ALL.map(Scope::as_str)
    )
}

fn random_hex() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(hex::encode(bytes))
}
