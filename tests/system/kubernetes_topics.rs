//! The Kubernetes documents beyond the manifests: moving to one admin per replica, the rehearsal, and single topics.

use std::collections::BTreeSet;
use std::path::Path;

use crate::manifests::{Manifests, run};

const GUIDE: &str = include_str!("../../deploy/kubernetes/README.md");
const TOPICS: &str = include_str!("../../docs/kubernetes.md");

fn names(manifests: &Manifests) -> BTreeSet<String> {
    let name = |object: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        format!("{} {}", text(&object["kind"]).to_lowercase(), text(&object["metadata"]["name"]))
    };
    manifests.objects().iter().map(name).collect()
}

#[tokio::test]
async fn the_guide_deletes_objects_that_an_admin_per_replica_leaves_unused() {
    let old = names(&Manifests::of("production").await);
    let new = names(&Manifests::with_an_admin_per_replica().await);
    let left_behind: Vec<_> = old.difference(&new).collect();
    assert_eq!(left_behind, ["deployment centagate-gateway"]);
    for object in left_behind {
        assert!(GUIDE.contains(&format!("\nkubectl delete {object}\n")), "{object}");
    }
}

#[tokio::test]
async fn the_rehearsal_uses_the_images_that_the_guide_loads_and_never_pulls_them() {
    let rehearsal = Manifests::of("simulator").await;
    let mut images = Vec::new();
    for workload in rehearsal.all("Deployment").filter(|workload| workload["metadata"]["name"] != "redis") {
        let container = &workload["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
        images.push(container["image"].as_str().expect("an image").to_owned());
    }
    assert_eq!(images, ["centagate-gateway:rehearsal", "centagate-simulator:rehearsal"]);
    for image in &images {
        assert!(GUIDE.contains(&format!("--tag {image} .\n")), "{image}");
    }
    assert!(GUIDE.contains(&format!("kind load docker-image {}", images.join(" "))));
}

#[tokio::test]
async fn kubernetes_accepts_the_objects_in_the_single_topics() {
    let blocks = TOPICS.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").expect("the end of the block").0);
    let mut checked = 0;
    for block in blocks.filter(|block| block.starts_with("apiVersion:") && !block.contains("kind: HTTPRoute")) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), block).expect("the object");
        let printed = run("kubernetes-validate", &["--strict", "--kubernetes-version", "1.37.0"], file.path()).await;
        assert_eq!(printed.matches(" passed for resource ").count(), 1, "{printed}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}

#[tokio::test]
async fn kustomize_replaces_the_tag_by_the_documented_digest() {
    let lines = "    newName: registry.example.com/centagate-gateway\n";
    let digest = TOPICS.split_once(lines).expect("the digest").1.lines().next().expect("a line").trim();
    let (name, digest) = digest.split_once(": ").expect("a digest");
    assert_eq!(name, "digest");
    let directory = tempfile::tempdir().expect("a directory");
    let write = |file: &str, text: &str| std::fs::write(directory.path().join(file), text).expect("a file");
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes/base");
    write("deployment.yaml", &std::fs::read_to_string(base.join("deployment.yaml")).expect("the Deployment"));
    let image = format!("  - name: centagate-gateway\n{lines}    digest: {digest}\n");
    write("kustomization.yaml", &format!("resources: [deployment.yaml]\nimages:\n{image}"));
    let manifests = Manifests::render(directory.path()).await;
    let expected = format!("registry.example.com/centagate-gateway@{digest}");
    assert_eq!(manifests.gateway_pod()["containers"][0]["image"], *expected);
}
