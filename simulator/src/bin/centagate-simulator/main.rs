//! The command line of the simulator: see `--help`.

use std::process::ExitCode;

use centagate_simulator::{CONTROL_HELP, Operation};

mod healthcheck;
mod prepare;
mod serve;
mod settings;

const USAGE: &str = "\
A simulated CENTAGATE for development and tests.

  centagate-simulator [serve]      run the simulator (ctrl-c or SIGTERM stops it)
  centagate-simulator prepare --secrets-dir DIR --callers-file FILE
                                   write fresh secrets, the gateway's callers file, and the keys of its callers
                                   (`caller-key`, `help-desk-key` in the directory of FILE), unless they exist
  centagate-simulator healthcheck  exit with 0 if a simulator with the same environment answers

Environment of serve and healthcheck:
  SIMULATOR_ADDRESS         the address to listen on (127.0.0.1:9000)
  SIMULATOR_ADMIN_USERNAME  the admin's username (admin)
  SIMULATOR_AUTH_TOKEN, SIMULATOR_SECRET_CODE
                            the admin's session, or
  SIMULATOR_SECRETS_DIR     the directory with the files centagate.admin.auth_token and centagate.admin.secret_code
  SIMULATOR_PASSWORD, SIMULATOR_INTEGRATION_KEY, SIMULATOR_APP_SECRET_KEY
                            the admin's credentials for a login, or the files centagate.admin.password,
                            .integration_key and .app_secret_key in SIMULATOR_SECRETS_DIR
  SIMULATOR_SESSION_TIMEOUT_SECONDS
                            how long a session lives after its login (1800)
  SIMULATOR_TLS_CERTIFICATE_FILE, SIMULATOR_TLS_KEY_FILE
                            PEM files; with them, https instead of http
  SIMULATOR_GROUPS          groups that exist, separated by commas (Staff)
  SIMULATOR_USER_LIMIT      how many users the licence allows (no limit)
  SIMULATOR_ALLOWED_ATTEMPTS
                            how many wrong passwords or codes in a row lock a user or an OTP token (5)
  SIMULATOR_APPROVAL_REQUIRED
                            true: changes of users wait for an approval (false)
  SIMULATOR_OPEN_ANSWERS    answers to open questions as JSON, for example {\"emptyText\":\"erase\"}; see below
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        [] | ["serve"] => serve::run(),
        ["prepare", "--secrets-dir", secrets, "--callers-file", callers]
        | ["prepare", "--callers-file", callers, "--secrets-dir", secrets] => {
            prepare::run(secrets.as_ref(), callers.as_ref())
        }
        ["healthcheck"] => healthcheck::run(),
        ["--help" | "-h" | "help"] => {
            print!("{USAGE}\nCalls:\n\n{}", Operation::table());
            print!("\nControl over HTTP, never to be exposed beyond a development machine:\n\n{CONTROL_HELP}");
            Ok(())
        }
        ["--version"] => {
            println!("centagate-simulator {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        _ => Err("unknown arguments; try --help".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("centagate-simulator: {problem}");
            ExitCode::FAILURE
        }
    }
}
