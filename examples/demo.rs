//! A CENTAGATE simulator and the gateway in front of it, in one process. Prints a fresh caller key and commands to
//! paste.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use centagate_gateway::callers::Scope;
use centagate_gateway::settings::{Settings, Sources};
use centagate_gateway::startup::Application;
use centagate_gateway::telemetry;
use centagate_simulator::{Admin, BoundToken, Config, Simulator, Tokens, User};
use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (auth_token, secret_code, key) = (random_hex()?, random_hex()?, format!("cgw_{}", random_hex()?));
    let admin = Admin { username: "admin".into(), auth_token: auth_token.clone(), secret_code: secret_code.clone() };
    let simulator = Simulator::start(Config::new(admin)).await?;
    seed(&simulator);

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

/// Adds two hardware tokens to the stock; the contract's example uses one of them. Adds bob with a mobile token, an SMS
/// token and a hardware token. Bob and his hardware token are locked.
fn seed(simulator: &Simulator) {
    simulator.add_to_stock("2601000042");
    simulator.add_to_stock("2601000043");
    let token = |sn: &str, status: &str| Some(BoundToken { sn: sn.into(), status: status.into() });
    let (active, active_and_locked) = ("1", "2");
    let sms = token("+60111111111", active);
    let hardware = token("2601000041", active_and_locked);
    let (email, tokens) = ("bob@example.com".into(), Tokens { sms, hardware, ..Tokens::default() });
    simulator.add_user(User { email, locked: true, tokens, ..User::new("bob") });
    simulator.bind_token("bob");
}

fn print_guide(application: &Application, simulator: &Simulator, key: &str) {
    let (gateway, management) = (application.address(), application.management_address());
    println!(
        r#"
CENTAGATE gateway   http://{gateway}
Swagger UI          http://{gateway}/docs/
Health and metrics  http://{management}/readyz  http://{management}/metrics
Simulator           {simulator}  (group "Staff", user "bob", hardware tokens "2601000042" and "2601000043")
Caller key          {key}

Paste the indented lines in this order:
  URL=http://{gateway} SIMULATOR={simulator}
  KEY='Authorization: Bearer {key}' JSON='Content-Type: application/json'

Create a user:
  curl -i $URL/users -H "$KEY" -H "$JSON" -d '{{"username":"alice","firstName":"Alice","lastName":"Archer","email":"alice@example.com","group":"Staff","app":"portal"}}'

Register tokens: for the mobile app, for codes by SMS, and a hardware token from the stock:
  curl -i $URL/users/alice/otp-token -H "$KEY" -H "$JSON" -d '{{"status":"valid","validitySeconds":600}}'
  curl -i $URL/users/alice/sms-token -H "$KEY" -H "$JSON" -d '{{"phoneNumber":"+60123456789"}}'
  curl -i $URL/users/alice/hardware-token -H "$KEY" -H "$JSON" -d '{{"serialNumber":"2601000042"}}'

Look the user up, through the gateway and in the simulator, which shows the whole state:
  curl -i $URL/users/alice -H "$KEY"
  curl -i $SIMULATOR/simulator/users/alice

Change the status of a token, read it, and deactivate the user:
  curl -i -X PUT $URL/users/alice/tokens/sms/status -H "$KEY" -H "$JSON" -d '{{"status":"temporarilyDeactivated"}}'
  curl -i $URL/users/alice/tokens/sms -H "$KEY"
  curl -i -X PUT $URL/users/alice/status -H "$KEY" -H "$JSON" -d '{{"status":"inactive"}}'

Unlock bob and his hardware token, and delete alice:
  curl -i -X POST $URL/users/bob/unlock -H "$KEY"
  curl -i -X POST $URL/users/bob/hardware-token/unlock -H "$KEY"
  curl -i -X DELETE $URL/users/alice -H "$KEY"

In Swagger UI: Authorize with the caller key, then Try it out. Stop with Ctrl-C.
"#,
        simulator = simulator.base_url(),
    );
}

/// `preferred`, or 0 (any free port) if it is in use.
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
