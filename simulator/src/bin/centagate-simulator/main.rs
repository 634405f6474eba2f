//! The simulator as a program: see `--help`.

use std::process::ExitCode;

mod healthcheck;
mod prepare;
mod serve;
mod settings;

const USAGE: &str = "\
A CENTAGATE to develop and test against.

  centagate-simulator [serve]      run it (ctrl-c or SIGTERM stops it)
  centagate-simulator prepare --secrets-dir DIR --callers-file FILE
                                   write fresh secrets, one caller key (into `caller-key` beside FILE)
                                   and the gateway's callers file, unless they exist
  centagate-simulator healthcheck  exit status 0 if the one of the same environment answers

Environment of serve and healthcheck:
  SIMULATOR_ADDRESS         where to listen (127.0.0.1:9000)
  SIMULATOR_ADMIN_USERNAME  the admin (admin)
  SIMULATOR_AUTH_TOKEN, SIMULATOR_SECRET_CODE
                            the admin's session, or
  SIMULATOR_SECRETS_DIR     the directory with the files centagate.admin.auth_token and centagate.admin.secret_code
  SIMULATOR_PASSWORD, SIMULATOR_INTEGRATION_KEY, SIMULATOR_APP_SECRET_KEY
                            what the admin logs in with, or the files centagate.admin.password, .integration_key and
                            .app_secret_key
  SIMULATOR_SESSION_TIMEOUT_SECONDS
                            how long a session lives from its login on (1800)
  SIMULATOR_TLS_CERTIFICATE_FILE, SIMULATOR_TLS_KEY_FILE
                            PEM files; https instead of http
  SIMULATOR_GROUPS          groups that exist, comma separated (Staff)
  SIMULATOR_USER_LIMIT      how many users the licence allows (no limit)

Control over HTTP, never to be exposed beyond a development machine:
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
            print!("{USAGE}\n{}", centagate_simulator::CONTROL_HELP);
            Ok(())
        }
        ["--version"] => {
            println!("centagate-simulator {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        _ => Err("these arguments make no sense; try --help".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("centagate-simulator: {problem}");
            ExitCode::FAILURE
        }
    }
}
