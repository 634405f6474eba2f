//! The command line.

use std::error::Error as _;
use std::io::{ErrorKind, Write as _, stderr, stdout};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use sha2::{Digest, Sha256};
use tokio::signal::unix::{SignalKind, signal};

use crate::callers::jwt::Verifier;
use crate::callers::{Callers, Scope, is_name, parse_expiry};
use crate::reload::read_trust;
use crate::settings::{Settings, Sources, TlsFiles};
use crate::startup::{Application, BuildError};
use crate::{open_files, openapi, telemetry};

/// `EX_CONFIG` of sysexits.h: something in the configuration is wrong.
const EX_CONFIG: u8 = 78;

#[derive(Parser)]
#[command(name = "centagate-gateway", version, about = "A REST gateway in front of CENTAGATE's CentagateWS")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve callers until SIGTERM or Ctrl-C (the default)
    Serve,
    /// Check the configuration and print its effective values and where each comes from
    CheckConfig,
    /// Print the OpenAPI document
    Openapi,
    /// Make a caller key: print it once, and the lines for the callers file
    NewCallerKey {
        /// The caller's name, for logs
        #[arg(long, value_parser = caller_name)]
        name: String,
        /// A right the caller gets; may be given several times
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// When the key expires: a date (2027-01-31) or a time (2027-01-31T12:00:00Z)
        #[arg(long, value_parser = expiry)]
        expires: Option<String>,
    },
    /// Ask the running gateway whether it is alive; for containers without a shell
    Healthcheck,
}

/// Runs the program. Exit status 0: done; 1: failed; 2: wrong usage; 78: a fault in the configuration.
pub fn run() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::CheckConfig => check_config(),
        Command::Openapi => print(&openapi::to_json(&openapi::document(None))),
        Command::NewCallerKey { name, scopes, expires } => new_caller_key(&name, &scopes, expires.as_deref()),
        Command::Healthcheck => healthcheck(),
    }
}

fn serve() -> ExitCode {
    let settings = match Sources::from_process().and_then(|sources| Settings::load(&sources)) {
        Ok(settings) => settings,
        Err(fault) => return fail(EX_CONFIG, &fault),
    };
    let _log = match telemetry::init(&settings.telemetry) {
        Ok(log) => log,
        Err(error) => return fail(1, &format_args!("a thread cannot be started: {error}")),
    };
    // A core dump would hold every secret.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err() || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        tracing::warn!("core dumps cannot be switched off");
    }
    open_files::allow(&settings);
    let application = match Application::build(settings) {
        Ok(application) => application,
        Err(fault @ (BuildError::Listen { .. } | BuildError::Thread(_))) => return fail(1, &fault),
        Err(fault) => return fail(EX_CONFIG, &fault),
    };
    let served = on_this_thread(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        application.run_until(stop).await
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    }
}

fn check_config() -> ExitCode {
    let described = Sources::from_process().and_then(|sources| {
        let settings = Settings::load(&sources)?;
        Callers::load(&settings)?;
        settings.jwt.as_ref().map(Verifier::new).transpose()?;
        read_trust(&settings.centagate.trust)?;
        settings.server.tls.as_ref().map(TlsFiles::read).transpose()?;
        Settings::describe(&sources)
    });
    match described {
        Ok(lines) => print(&lines),
        Err(fault) => fail(EX_CONFIG, &fault),
    }
}

fn new_caller_key(name: &str, scopes: &[Scope], expires: Option<&str>) -> ExitCode {
    let mut random = [0; 32];
    if getrandom::fill(&mut random).is_err() {
        return fail(1, &"the system gives no random bytes");
    }
    let key = format!("cgw_{}", hex::encode(random));
    let name = toml::Value::from(name);
    let key_sha256 = hex::encode(Sha256::digest(&key));
    let scopes = toml::Value::from(scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>());
    let expires_at = expires.map(|date| format!("expires_at = \"{date}\"\n")).unwrap_or_default();
    print(&format!(
        "# The key, shown this once; the caller sends it as Authorization: Bearer <key>\n{key}\n\n\
         # For the callers file\n[[callers]]\nname = {name}\nkey_sha256 = \"{key_sha256}\"\nscopes = {scopes}\n{expires_at}"
    ))
}

fn healthcheck() -> ExitCode {
    let management = match Sources::from_process().and_then(|sources| Settings::load_management(&sources)) {
        Ok(management) => management,
        Err(fault) => return fail(EX_CONFIG, &fault),
    };
    let host = match management.host.as_str() {
        "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        host if host.contains(':') => format!("[{host}]"),
        host => host.to_owned(),
    };
    let url = format!("http://{host}:{}/livez", management.port);
    let alive = on_this_thread(async {
        let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(3)).build()?;
        client.get(&url).send().await?.error_for_status()
    });
    match alive {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            fail(1, &format_args!("no healthy answer from {url}{cause}"))
        }
    }
}

/// Runs `future` to its end; the listeners' workers bring threads of their own.
fn on_this_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a thread its event queue")
        .block_on(future)
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::from_word(word).ok_or_else(|| format!("expected one of {}", Scope::words()))
}

fn caller_name(name: &str) -> Result<String, &'static str> {
    if is_name(name) { Ok(name.to_owned()) } else { Err("expected 1 to 255 characters, no control characters") }
}

fn expiry(date: &str) -> Result<String, String> {
    parse_expiry(date).map(|_| date.to_owned()).ok_or_else(|| "expected 2027-01-31 or 2027-01-31T12:00:00Z".to_owned())
}

fn print(text: &str) -> ExitCode {
    match writeln!(stdout(), "{}", text.trim_end()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(1, &format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS, // a closed pipe is the reader's choice
    }
}

fn fail(status: u8, fault: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(stderr(), "centagate-gateway: {fault}");
    ExitCode::from(status)
}
