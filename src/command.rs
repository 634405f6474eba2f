//! The command line.

mod check_config;
mod new_caller_key;

use std::error::Error as _;
use std::io::{self, ErrorKind, Write as _, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::new_caller_key::NewCallerKey;
use crate::settings::{Settings, SettingsFault, Sources};
use crate::startup::{Application, BuildError};
use crate::telemetry::write_within;
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
    /// Make a caller key: prints it on standard error, and its block for the callers file on standard output
    NewCallerKey(NewCallerKey),
    /// Ask the running gateway whether it is alive; for containers without a shell
    Healthcheck,
}

/// Runs the program. Exit status 0: done; 1: failed; 2: wrong usage; 78: a fault in the configuration.
pub fn run() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::CheckConfig => check_config::run(),
        Command::Openapi => print(&openapi::to_json(&openapi::document(None))),
        Command::NewCallerKey(arguments) => arguments.run(),
        Command::Healthcheck => healthcheck(),
    }
}

fn serve() -> ExitCode {
    on_this_thread(async {
        let signals = match Signals::install() {
            Ok(signals) => signals,
            Err(error) => return fail(1, &format_args!("signals cannot be handled: {error}")),
        };
        serve_with(signals).await
    })
}

/// The signals that must not end the process, from its first moment on.
struct Signals {
    /// A closed terminal, or log rotation: check the files.
    hangup: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        // Ignored: some log rotators send these. Their default action would end the process without draining.
        drop((signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?));
        Ok(Self { hangup: signal(SignalKind::hangup())? })
    }
}

async fn serve_with(mut signals: Signals) -> ExitCode {
    let mut settings = match check_config::load() {
        Ok(settings) => settings,
        Err(fault) => return fail_configuration(&fault),
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
    open_files::allow(&mut settings);
    let application = match Application::build(settings) {
        Ok(application) => application,
        Err(fault @ (BuildError::Listen { .. } | BuildError::Thread(_))) => return fail(1, &fault),
        Err(BuildError::Settings(fault)) => return fail_configuration(&fault),
        Err(fault @ BuildError::Client(_)) => return fail(EX_CONFIG, &fault),
    };
    let check_files = application.check_files();
    tokio::spawn(async move {
        while signals.hangup.recv().await.is_some() {
            check_files.notify_one();
        }
    });
    let stop = signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    let (mut terminate, mut interrupt) = match stop {
        Ok(stop) => stop,
        Err(error) => return fail(1, &format_args!("signals cannot be handled: {error}")),
    };
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    match application.run_until(stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &error),
    }
}

fn healthcheck() -> ExitCode {
    let (sources, _) = Sources::from_process();
    let management = match Settings::load_management(&sources) {
        Ok(management) => management,
        Err(fault) => return fail_configuration(&fault),
    };
    let url = |host: &str| format!("http://{host}:{}/livez", management.port);
    let urls = match management.host.as_str() {
        "0.0.0.0" => vec![url("127.0.0.1")],
        "::" => vec![url("127.0.0.1"), url("[::1]")], // both families, unless the kernel has only one
        host if host.contains(':') => vec![url(&format!("[{host}]"))],
        host => vec![url(host)],
    };
    let mut failures = Vec::new();
    for url in urls {
        match on_this_thread(probe(&url)) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                failures.push(format!("no healthy answer from {url}{cause}"));
            }
        }
    }
    fail(1, &failures.join("; "))
}

async fn probe(url: &str) -> Result<(), reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(3)).build()?;
    client.get(url).send().await?.error_for_status().map(|_| ())
}

/// Runs `future` to its end; the listeners' workers bring threads of their own.
fn on_this_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a thread its event queue")
        .block_on(future)
}

fn print(text: &str) -> ExitCode {
    match writeln!(stdout(), "{}", text.trim_end()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(1, &format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS, // a closed pipe is the reader's choice
    }
}

/// Prints one line for each fault.
fn fail_configuration(fault: &SettingsFault) -> ExitCode {
    for line in fault.lines() {
        fail(EX_CONFIG, line);
    }
    ExitCode::from(EX_CONFIG)
}

fn fail(status: u8, fault: &dyn std::fmt::Display) -> ExitCode {
    // Nobody may read it; the process ends all the same.
    write_within(Duration::from_secs(1), stderr(), &format!("centagate-gateway: {fault}\n"));
    ExitCode::from(status)
}
