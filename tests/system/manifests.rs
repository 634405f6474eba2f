//! The Kubernetes manifests as kustomize renders them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::program::Program;

/// Where `.ci/run` installs `kubectl` and `kubernetes-validate`.
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/kubernetes/bin");
pub(crate) const KUBECTL: Program = Program {
    name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/kubernetes/bin/kubectl"),
    package: "what .ci/run installs",
};
/// Where `.ci/run` installs Helm.
pub(crate) const HELM: Program =
    Program { name: concat!(env!("CARGO_MANIFEST_DIR"), "/target/helm/helm"), package: "what .ci/run installs" };
const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/helm");
const DEADLINE: Duration = Duration::from_secs(60);

/// All objects of an overlay.
pub(crate) struct Manifests {
    pub(crate) text: String,
    objects: Vec<Value>,
}

impl Manifests {
    /// Renders `overlay`, a directory, with `kubectl kustomize`.
    pub(crate) async fn render(overlay: &Path) -> Self {
        Self::parse(run("kubectl", &["kustomize"], overlay).await)
    }

    /// Parses objects in YAML.
    pub(crate) fn parse(text: String) -> Self {
        let documents = yaml_serde::Deserializer::from_str(&text);
        let objects = documents.map(|document| Value::deserialize(document).expect("YAML")).collect();
        Self { text, objects }
    }

    /// Renders the overlay `name` in `deploy/kubernetes/overlays`.
    pub(crate) async fn of(name: &str) -> Self {
        Self::render(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes/overlays").join(name)).await
    }

    /// Renders the production overlay with the component that its `kustomization.yaml` mentions in a comment.
    pub(crate) async fn with_an_admin_per_replica() -> Self {
        let copy = tempfile::tempdir().expect("a directory");
        for directory in ["config", "deploy/kubernetes"] {
            copy_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &copy.path().join(directory));
        }
        let overlay = copy.path().join("deploy/kubernetes/overlays/production");
        let file = overlay.join("kustomization.yaml");
        let text = std::fs::read_to_string(&file).expect("the overlay");
        let (before, after) = text.split_once("# components: ").expect("a line to uncomment");
        std::fs::write(file, format!("{before}components: {after}")).expect("the overlay");
        Self::render(&overlay).await
    }

    pub(crate) fn objects(&self) -> &[Value] {
        &self.objects
    }

    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == *kind)
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The object of a kind whose name is `name`, or `name` followed by the hash of its content.
    pub(crate) fn one(&self, kind: &str, name: &str) -> &Value {
        let named = self.all(kind).filter(|object| {
            let rest = object["metadata"]["name"].as_str().and_then(|whole| whole.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.len() == 11 && rest.starts_with('-'))
        });
        let found: Vec<&Value> = named.collect();
        assert_eq!(found.len(), 1, "{kind} {name} in\n{}", self.text);
        found[0]
    }

    /// The gateway's Deployment or `StatefulSet`.
    pub(crate) fn gateway(&self) -> &Value {
        let kind = if self.all("StatefulSet").next().is_some() { "StatefulSet" } else { "Deployment" };
        self.one(kind, "centagate-gateway")
    }

    /// The pod template of the gateway.
    pub(crate) fn gateway_pod(&self) -> &Value {
        &self.gateway()["spec"]["template"]["spec"]
    }
}

/// Runs a program on a file or directory and returns its output.
pub(crate) async fn run(program: &str, arguments: &[&str], target: &Path) -> String {
    let output = output(&Path::new(PROGRAMS).join(program), arguments, target).await;
    let [printed, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{printed}\n{errors}", output.status);
    printed + &errors
}

/// Runs a Helm command on the chart with these values. Returns standard output, or standard error if it fails.
pub(crate) async fn helm(command: &[&str], values: &Value) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), values.to_string()).expect("the values");
    let arguments = [command, &[CHART, "--values"]].concat();
    let output = output(Path::new(HELM.name), &arguments, file.path()).await;
    let [printed, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    if output.status.success() { Ok(printed) } else { Err(printed + &errors) }
}

async fn output(program: &Path, arguments: &[&str], target: &Path) -> std::process::Output {
    assert!(program.exists(), "{} is absent: .ci/run installs it, with Debian's python3-venv", program.display());
    let running = Command::new(program).args(arguments).arg(target).stdin(Stdio::null()).kill_on_drop(true).output();
    timeout(DEADLINE, running).await.expect("the program ends within DEADLINE").expect("the output")
}

/// Copies a directory with all its contents.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_files(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}
