//! A program that calls CENTAGATE directly.

use centagate_simulator::{Admin, Simulator};

use crate::program::Program;

/// The programming language of a client.
#[derive(Clone, Copy)]
pub(super) struct Language {
    /// Runs a program from its source.
    runtime: Program,
    options: &'static [&'static str],
    file_name: &'static str,
}

pub(super) const NODE: Language =
    Language { runtime: Program { name: "node", package: "nodejs" }, options: &[], file_name: "client.js" };

pub(super) const PHP: Language = Language {
    runtime: Program { name: "php", package: "php-cli and php-curl" },
    options: &[],
    file_name: "client.php",
};

pub(super) const JAVA: Language = Language {
    runtime: Program { name: "java", package: "default-jdk-headless" },
    options: &["-Dfile.encoding=UTF-8"],
    file_name: "Client.java",
};

/// A client program.
pub(super) struct Client {
    pub(super) language: Language,
    pub(super) source: String,
}

impl Client {
    /// Runs the program and returns what it printed. Its standard input has four lines: CENTAGATE's URL, the admin's
    /// username, the `authToken` and the `secretCode`.
    pub(super) async fn run(&self, simulator: &Simulator, admin: &Admin) -> String {
        let Language { runtime, options, file_name } = self.language;
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join(file_name), &self.source).expect("the source file is written");
        let Admin { username, auth_token, secret_code } = admin;
        let input = directory.path().join("input");
        let lines = format!("{}\n{username}\n{auth_token}\n{secret_code}\n", simulator.base_url());
        std::fs::write(&input, lines).expect("the input is written");
        let input = input.to_str().expect("a path in UTF-8");
        runtime.run_on(input, &[options, &[file_name]].concat(), directory.path()).await
    }
}
