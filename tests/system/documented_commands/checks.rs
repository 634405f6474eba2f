//! Compares a call of a program with the product and the repository.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::shell::Call;
use crate::manifests::{HELM, KUBECTL, Manifests};
use crate::markdown::root;
use crate::program::Program;

const GATEWAY: Program = Program { name: env!("CARGO_BIN_EXE_centagate-gateway"), package: "this repository" };
const CURL: Program = Program { name: "curl", package: "curl" };
const JQ: Program = Program { name: "jq", package: "jq" };
const OPENSSL: Program = Program { name: "openssl", package: "openssl" };
const VERSION: &str = env!("CARGO_PKG_VERSION");
const RELEASE: &str = ".github/workflows/release.yml";
const UNIT: &str = "centagate-gateway";

/// Paths of the gateway that are not in the contract, paths of its management listener, and a path of the simulator.
const OTHER_PATHS: [&str; 9] = [
    "/",
    "/docs/",
    "/problems",
    "/openapi.json",
    "/openapi-3.0.json",
    "/readyz",
    "/livez",
    "/metrics",
    "/simulator/instructions",
];

/// Whether a command has all its arguments. A command in running text may lack some.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Completeness {
    Whole,
    MayLackArguments,
}

/// The facts that calls are compared with.
pub(super) struct Checks {
    /// The options of curl.
    curl_options: String,
    /// The objects in Kubernetes as `kind/name`, in lowercase.
    objects: HashSet<String>,
    services: Value,
    paths: Vec<String>,
    /// The text of all source files.
    sources: String,
}

type Outcome = Result<(), String>;

impl Checks {
    pub(super) async fn new() -> Self {
        let mut objects = HashSet::new();
        for manifests in [Manifests::of("production").await, Manifests::with_an_admin_per_replica().await] {
            objects.extend(manifests.objects().iter().map(|object| {
                let [kind, name] = [&object["kind"], &object["metadata"]["name"]];
                format!("{}/{}", kind.as_str().expect("a kind"), name.as_str().expect("a name")).to_lowercase()
            }));
        }
        let compose = read("docker-compose.yml");
        let compose: Value = yaml_serde::from_str(&compose).expect("YAML");
        let contract = read("openapi/openapi.json");
        let contract: Value = serde_json::from_str(&contract).expect("JSON");
        let paths = contract["paths"].as_object().expect("paths").keys().cloned();
        Self {
            curl_options: CURL.run(&["--help", "all"], root()).await,
            objects,
            services: compose["services"].clone(),
            paths: paths.chain(OTHER_PATHS.map(str::to_owned)).collect(),
            sources: sources(&root().join("src")),
        }
    }

    /// Checks `call`. The error says what is wrong.
    pub(super) async fn check(&self, call: &Call, completeness: Completeness, home: &Path) -> Outcome {
        let arguments: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
        match (&*call.program, &*arguments) {
            ("grep", [.., pattern, "gateway.log"]) => self.log_text(pattern),
            // The repository has no further information about these commands.
            ("centagate-gateway", [] | ["serve" | "check-config"])
            | ("docker", ["run" | "stop" | "kill" | "buildx", ..])
            | ("systemctl", ["daemon-reload"])
            | ("git", ["log", ..])
            | ("pip", ["install", ..])
            | ("python3", ["-m", "venv", _])
            | ("promtool", ["check", "metrics"])
            | ("install", ["--mode", "600", "/dev/stdin", _])
            | ("openssl", ["s_client" | "x509", ..])
            | ("redis-cli", ["-u", _, "info" | "acl" | "config" | "ping", ..])
            | ("df" | "grep" | "python" | "systemd-ask-password" | "npm", _) => Ok(()),
            ("centagate-gateway", ["new-caller-key"]) if completeness == Completeness::MayLackArguments => Ok(()),
            ("centagate-gateway", arguments) | ("cargo", ["run", "-q", "--", arguments @ ..]) => {
                GATEWAY.try_run(arguments, home).await.map(drop)
            }
            ("centagate-simulator", arguments)
            | ("cargo", ["run", "-q", "-p", "centagate-simulator", "--", arguments @ ..]) => simulator(arguments),
            ("jq", arguments) => JQ.try_run(arguments, home).await.map(drop),
            ("openssl", arguments) => OPENSSL.try_run(arguments, home).await.map(drop),
            ("cargo", arguments) => cargo(arguments),
            ("curl", arguments) => self.curl(arguments),
            ("openapi-python-client" | "openapi-typescript" | "openapi-generator-cli", arguments) => {
                self.url(arguments)
            }
            ("kubectl", arguments) => self.kubectl(arguments, completeness, home).await,
            ("helm", arguments) => offline(HELM, arguments, completeness, home).await,
            ("docker", ["compose", arguments @ ..]) => self.compose(arguments),
            ("docker", ["build", arguments @ ..]) => values(arguments, "--target").try_for_each(|stage| {
                let dockerfile = read("Dockerfile");
                find(&dockerfile, &format!(" AS {stage}\n"))
            }),
            ("kind", ["load", "docker-image", images @ ..]) => images.iter().try_for_each(|image| {
                let overlay = read("deploy/kubernetes/overlays/simulator/kustomization.yaml");
                let (name, tag) = image.split_once(':').ok_or("no tag")?;
                find(&overlay, &format!("newName: {name}, newTag: {tag} }}"))
            }),
            ("apt", ["install", .., package]) => find(package, &format!("_{VERSION}_amd64.deb")),
            ("tar", arguments) => find(&arguments.join(" "), &format!("-{VERSION}-linux-amd64.tar.gz")),
            ("gh", ["attestation", "verify", ..]) => values(&arguments, "--signer-workflow").try_for_each(|workflow| {
                let file = workflow.strip_prefix("OWNER/REPOSITORY/").ok_or("no workflow of the repository")?;
                exists(file)
            }),
            ("systemctl", ["edit" | "reload" | "restart" | "kill" | "enable" | "status" | "show", .., unit]) => {
                is_unit(unit)
            }
            ("journalctl", arguments) => values(arguments, "--unit").try_for_each(is_unit),
            ("systemd-sysusers", [file]) => {
                exists(&format!("deploy/linux/{}.sysusers", file.trim_end_matches(".conf")))
            }
            ("sha256sum", [.., file]) => find(&read(RELEASE), &format!(">{file}\n")),
            ("chown", [.., owner, _, _]) => find(&read("Dockerfile"), &format!("USER {owner}\n")),
            (program, _) if !super::PROGRAMS.contains(&program) => Ok(()), // a script, which exists in the repository
            _ => Err("no check knows this command".to_owned()),
        }
    }

    /// Checks that each word of `pattern` which the gateway can log is in its sources. Levels and placeholders are in capitals.
    fn log_text(&self, pattern: &str) -> Outcome {
        let words = pattern.split(['"', ':', '|', '(', ')', '^']).map(str::trim);
        let mut words = words.filter(|word| !word.is_empty() && word.to_uppercase() != *word);
        words.try_for_each(|word| find(&self.sources, word).map_err(|_| format!("the gateway does not log {word:?}")))
    }

    fn curl(&self, arguments: &[&str]) -> Outcome {
        for option in arguments.iter().filter(|argument| argument.starts_with('-')) {
            let known = self.curl_options.split([' ', ',', '\n']).any(|word| word == *option);
            if !known {
                return Err(format!("curl has no option {option}"));
            }
        }
        self.url(arguments)
    }

    /// Checks that the path of each URL belongs to the gateway, unless the URL is CENTAGATE's.
    fn url(&self, arguments: &[&str]) -> Outcome {
        let urls = arguments.iter().filter_map(|argument| {
            let (scheme, rest) = argument.split_once("://").unwrap_or(("", argument));
            let is_url = !scheme.is_empty() || rest.starts_with('/') || rest.starts_with("127.0.0.1");
            let (host, path) = rest.split_once('/')?;
            is_url.then_some((host, path.split('?').next().unwrap_or_default()))
        });
        let mut count = 0;
        for (host, path) in urls {
            count += 1;
            // Behind an ingress, the gateway's paths have a prefix.
            let path = format!("/{}", path.strip_prefix("centagate/").unwrap_or(path));
            if host != "centagate.example.com" && !self.paths.iter().any(|template| is_instance(&path, template)) {
                return Err(format!("the gateway has no path {path}"));
            }
        }
        if count == 1 { Ok(()) } else { Err(format!("{count} URLs")) }
    }

    async fn kubectl(&self, arguments: &[&str], completeness: Completeness, home: &Path) -> Outcome {
        let pairs = arguments.windows(2).map(|pair| pair.join("/"));
        for name in pairs.chain(arguments.iter().map(|argument| (*argument).to_owned())) {
            let is_object = matches!(
                name.split('/').collect::<Vec<_>>()[..],
                ["deployment" | "statefulset" | "service", name] if !name.starts_with('-')
            );
            if is_object && !self.objects.contains(&name) {
                return Err(format!("there is no {name} in the manifests"));
            }
        }
        match arguments {
            ["create", ..] => {
                let arguments = [arguments, &["--dry-run=client"]].concat();
                KUBECTL.try_run(&arguments, home).await.map(drop)
            }
            ["apply", "-k", directory] => KUBECTL.try_run(&["kustomize", directory], home).await.map(drop),
            ["kustomize" | "config", ..] => KUBECTL.try_run(arguments, home).await.map(drop),
            _ => offline(KUBECTL, arguments, completeness, home).await,
        }
    }

    /// Checks that docker-compose.yml has the services.
    fn compose(&self, arguments: &[&str]) -> Outcome {
        let [subcommand, rest @ ..] = arguments else { return Ok(()) };
        let mut names = rest.iter().filter(|argument| !argument.starts_with('-'));
        match *subcommand {
            "up" | "down" | "stop" | "start" | "restart" | "logs" => names.try_for_each(|name| self.is_service(name)),
            "exec" => self.is_service(names.next().ok_or("no service")?),
            other => Err(format!("no check knows docker compose {other}")),
        }
    }

    fn is_service(&self, name: &str) -> Outcome {
        if self.services[name].is_object() { Ok(()) } else { Err(format!("docker-compose.yml has no service {name}")) }
    }
}

/// Runs a program that accepts its arguments and then finds no cluster.
async fn offline(program: Program, arguments: &[&str], completeness: Completeness, home: &Path) -> Outcome {
    match program.try_run(arguments, home).await {
        Err(error) if error.contains("connection refused") || error.contains("was refused") => Ok(()),
        Err(error) if completeness == Completeness::MayLackArguments && !error.contains("unknown") => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

fn cargo(arguments: &[&str]) -> Outcome {
    let arguments = arguments.split(|argument| *argument == "--").next().unwrap_or_default();
    for (option, path) in [("--example", "examples/{}.rs"), ("--test", "tests/{}/main.rs"), ("--bench", "bench/{}.rs")]
    {
        values(arguments, option).try_for_each(|name| exists(&path.replace("{}", name)))?;
    }
    for package in values(arguments, "-p").chain(values(arguments, "--package")) {
        let directory = package.strip_prefix("centagate-").ok_or("no package of the workspace")?;
        exists(&format!("{directory}/Cargo.toml"))?;
    }
    values(arguments, "--path").try_for_each(|directory| exists(&format!("{directory}/Cargo.toml")))?;
    match arguments {
        ["run" | "test" | "build" | "install" | "bench" | "check" | "tree" | "metadata", ..] => Ok(()),
        _ => Err("no check knows this subcommand".to_owned()),
    }
}

/// Checks that the program's help contains each command and each option.
fn simulator(arguments: &[&str]) -> Outcome {
    let help = read("simulator/src/bin/centagate-simulator/main.rs");
    let words = arguments.first().into_iter().chain(arguments.iter().filter(|argument| argument.starts_with('-')));
    words.copied().try_for_each(|word| find(&help, word))
}

/// The values of an option.
fn values<'a>(arguments: &[&'a str], option: &str) -> impl Iterator<Item = &'a str> {
    arguments.windows(2).filter(move |pair| pair[0] == option).map(|pair| pair[1])
}

/// The text of a file in the repository.
fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The text of all files below `directory`.
fn sources(directory: &Path) -> String {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap_or_default() })
        .collect()
}

fn find(text: &str, part: &str) -> Outcome {
    if text.contains(part) { Ok(()) } else { Err(format!("{part:?} is not there")) }
}

fn exists(file: &str) -> Outcome {
    if root().join(file).exists() { Ok(()) } else { Err(format!("the repository has no {file}")) }
}

fn is_unit(unit: &str) -> Outcome {
    exists(&format!("deploy/linux/{}.service", unit.trim_end_matches(".service")))?;
    if unit.starts_with(UNIT) { Ok(()) } else { Err(format!("{unit} is another unit")) }
}

/// Whether `path` matches a path pattern of the contract, such as `/users/{id}`.
fn is_instance(path: &str, template: &str) -> bool {
    let [path, template] = [path, template].map(|path| path.split('/').collect::<Vec<_>>());
    path.len() == template.len()
        && path.iter().zip(&template).all(|(word, part)| word == part || part.starts_with('{') && !word.is_empty())
}
