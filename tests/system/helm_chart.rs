//! The Helm chart renders the same objects as kustomize, and both Helm and Kubernetes accept them.

use serde_json::{Map, Value, json};

use crate::manifests::{Manifests, helm, run};

/// Labels that Helm charts have by convention and that kustomize does not add.
const LABELS_OF_HELM: [&str; 4] =
    ["app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"];

/// The release has the same name as the objects.
const TEMPLATE: [&str; 2] = ["template", "centagate-gateway"];

/// The settings that hold secrets.
pub(crate) const SECRETS: [&str; 8] = [
    "centagate.proxy_url",
    "centagate.admin.auth_token",
    "centagate.admin.secret_code",
    "centagate.admin.password",
    "centagate.admin.integration_key",
    "centagate.admin.app_secret_key",
    "redis.url",
    "store.seal_keys",
];

/// The settings that the chart sets itself.
const FIXED: [&str; 4] = ["server.port", "management.port", "callers_file", "idempotency.store"];

#[tokio::test]
async fn the_chart_renders_the_same_objects_as_kustomize() {
    for (manifests, admin_per_replica) in
        [(Manifests::of("production").await, false), (Manifests::with_an_admin_per_replica().await, true)]
    {
        let values = values(&manifests, admin_per_replica);
        let chart = Manifests::parse(helm(&TEMPLATE, &values).await.expect("the chart"));
        let [expected, actual] = [&manifests, &chart].map(comparable);
        let names = |objects: &Map<String, Value>| objects.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&actual), names(&expected));
        for (name, expected) in &expected {
            assert_eq!(&actual[name], expected, "{name}");
        }
    }
}

#[tokio::test]
async fn helm_and_kubernetes_accept_the_chart_with_any_values() {
    let settings = values(&Manifests::of("production").await, false)["config"].clone();
    let everything = json!({
        "config": settings, "replicas": null, "imagePullSecrets": [{ "name": "registry" }], "priorityClassName": "high",
        "image": { "digest": format!("sha256:{}", "0".repeat(64)) }, "podAnnotations": { "example.com/a": "b" },
        "nodeSelector": { "kubernetes.io/arch": "arm64" }, "tolerations": [{ "operator": "Exists" }],
        "networkPolicy": { "egress": [{ "to": [{ "ipBlock": { "cidr": "2001:db8::1/128" } }] }] },
    });
    let disabled = json!({ "enabled": false });
    let nothing = json!({
        "config": settings, "ingress": disabled, "networkPolicy": disabled, "podDisruptionBudget": disabled,
        "monitoring": disabled,
    });
    for values in [everything, nothing] {
        helm(&["lint", "--strict"], &values).await.expect("no findings");
        let chart = Manifests::parse(helm(&TEMPLATE, &values).await.expect("the chart"));
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &chart.text).expect("the objects");
        let custom = chart.all("ServiceMonitor").chain(chart.all("PrometheusRule")).count();
        let printed = run("kubernetes-validate", &["--strict", "--kubernetes-version", "1.37.0"], file.path()).await;
        assert_eq!(printed.matches(" passed for resource ").count(), chart.len() - custom, "{printed}");
        let image = chart.gateway_pod()["containers"][0]["image"].as_str().expect("an image");
        let tag = format!(":{}", env!("CARGO_PKG_VERSION"));
        let version = format!("centagate-gateway-{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(chart.gateway()["metadata"]["labels"]["helm.sh/chart"], version);
        assert!(image.ends_with(&tag) || image.ends_with(&format!("@sha256:{}", "0".repeat(64))), "{image}");
    }
}

#[tokio::test]
async fn settings_become_environment_variables_with_unchanged_values() {
    let mut values = values(&Manifests::of("production").await, false);
    values["config"]["idempotency"] = json!({ "max_keys": 1_000_000 });
    values["config"]["docs"] = json!({ "enabled": false });
    values["config"]["jwt"] = json!({ "allowed_scopes": ["users:read", "users:status"], "audience": "0123" });
    let chart = Manifests::parse(helm(&TEMPLATE, &values).await.expect("the chart"));
    let variables = &chart.one("ConfigMap", "centagate-gateway-settings")["data"];
    assert_eq!(variables["GATEWAY__IDEMPOTENCY__MAX_KEYS"], "1000000");
    assert_eq!(variables["GATEWAY__DOCS__ENABLED"], "false");
    assert_eq!(variables["GATEWAY__JWT__ALLOWED_SCOPES"], "users:read users:status");
    assert_eq!(variables["GATEWAY__JWT__AUDIENCE"], "0123");
}

#[tokio::test]
async fn a_changed_setting_replaces_the_pods() {
    let mut values = values(&Manifests::of("production").await, false);
    let mut pods = Vec::new();
    for burst in [100, 200] {
        values["config"]["rate_limit"] = json!({ "burst": burst });
        let chart = Manifests::parse(helm(&TEMPLATE, &values).await.expect("the chart"));
        pods.push(chart.gateway()["spec"]["template"].clone());
    }
    assert_ne!(pods[0], pods[1]);
}

#[tokio::test]
async fn the_chart_rejects_secrets_and_settings_that_it_manages() {
    let valid = values(&Manifests::of("production").await, false);
    for key in SECRETS.into_iter().chain(FIXED) {
        let mut values = valid.clone();
        let pointer = format!("/config/{}", key.replace('.', "/"));
        set(&mut values, &pointer, json!("value"));
        let refusal = helm(&TEMPLATE, &values).await.expect_err(key);
        assert!(refusal.contains(&format!("'{pointer}'")), "{key}: {refusal}");
    }
    let mut values = valid.clone();
    values["config"]["centagate"]["admin"] = json!({});
    let refusal = helm(&TEMPLATE, &values).await.expect_err("no admin");
    assert!(refusal.contains("set config.centagate.admin.username, or enable adminPerReplica"), "{refusal}");
}

/// The values that correspond to the overlay for production.
fn values(manifests: &Manifests, admin_per_replica: bool) -> Value {
    let mut values = json!({
        "networkPolicy": { "egress": manifests.one("NetworkPolicy", "centagate-gateway-egress")["spec"]["egress"] },
        "adminPerReplica": { "enabled": admin_per_replica },
        "config": {},
    });
    let settings = manifests.one("ConfigMap", "centagate-gateway-settings")["data"].as_object().expect("settings");
    for (variable, value) in settings {
        let key = variable.strip_prefix("GATEWAY__").expect("a setting").to_lowercase().replace("__", "/");
        set(&mut values, &format!("/config/{key}"), value.clone());
    }
    values
}

/// Sets the value at a JSON pointer and creates missing parent objects.
fn set(values: &mut Value, pointer: &str, value: Value) {
    let mut place = values;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value;
}

/// The objects by kind and name, without parts that only kustomize or only Helm adds: namespace, hashes, Helm's labels.
fn comparable(manifests: &Manifests) -> Map<String, Value> {
    let mut text = Value::Array(manifests.objects().to_vec()).to_string();
    for map in manifests.all("ConfigMap") {
        let name = map["metadata"]["name"].as_str().expect("a name");
        if let Some((base, hash)) = name.rsplit_once('-')
            && hash.len() == 10
        {
            text = text.replace(name, base);
        }
    }
    let objects: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut comparable = Map::new();
    for mut object in objects {
        object["metadata"].as_object_mut().expect("metadata").remove("namespace");
        simplify(&mut object);
        let id = format!("{} {}", object["kind"], object["metadata"]["name"]);
        assert!(comparable.insert(id, object).is_none());
    }
    comparable
}

/// Removes Helm's labels and checksum, and sorts lists of named objects.
fn simplify(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !LABELS_OF_HELM.contains(&&**name) && name != "checksum/settings");
            members.values_mut().for_each(simplify);
            members.retain(|name, value| name != "annotations" || value.as_object().is_none_or(|map| !map.is_empty()));
        }
        Value::Array(elements) => {
            elements.iter_mut().for_each(simplify);
            if elements.iter().all(|element| element["name"].is_string() && element["mountPath"].is_null()) {
                elements.sort_by_key(|element| element["name"].to_string());
            } else if elements.iter().all(|element| element["mountPath"].is_string()) {
                elements.sort_by_key(|element| element["mountPath"].to_string());
            }
        }
        _ => {}
    }
}
