//! The Kubernetes manifests: Kubernetes accepts them, they keep this repository's promises, and the gateway accepts the
//! settings in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use centagate_gateway::settings::{Settings, Sources};
use serde_json::{Value, json};

use crate::manifests::{Manifests, run};

/// The oldest Kubernetes version that `deploy/kubernetes/README.md` names, and the newest one that the validator knows.
const KUBERNETES: [&str; 2] = ["1.31.0", "1.37.0"];

/// The name of the `ConfigMap` with the configuration files, without the hash of its content.
const CONFIG: &str = "centagate-gateway-config";

/// The content of the Secret `centagate-gateway`.
const SECRETS: [(&str, &str); 5] = [
    ("centagate.admin.password", "password"),
    ("centagate.admin.integration_key", "integration key"),
    ("centagate.admin.app_secret_key", "app secret key"),
    ("redis.url", "rediss://redis.example.com"),
    ("store.seal_keys", "0000000000000000000000000000000000000000000000000000000000000000"),
];

async fn overlays() -> [Manifests; 3] {
    [Manifests::of("simulator").await, Manifests::of("production").await, Manifests::with_an_admin_per_replica().await]
}

#[tokio::test]
async fn kubernetes_accepts_every_object_and_every_field() {
    for manifests in overlays().await {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &manifests.text).expect("the manifests");
        let custom = manifests.all("ServiceMonitor").chain(manifests.all("PrometheusRule")).count(); // the operator's
        for version in KUBERNETES {
            let arguments = ["--strict", "--kubernetes-version", version];
            let printed = run("kubernetes-validate", &arguments, file.path()).await;
            assert_eq!(printed.matches(" passed for resource ").count(), manifests.len() - custom, "{printed}");
        }
    }
}

#[tokio::test]
async fn every_pod_is_sandboxed_and_no_secret_is_committed() {
    for manifests in overlays().await {
        assert_eq!(manifests.all("Secret").count(), 0, "{}", manifests.text);
        for workload in manifests.all("Deployment").chain(manifests.all("StatefulSet")) {
            let pod = &workload["spec"]["template"]["spec"];
            assert_eq!(pod["automountServiceAccountToken"], false, "{workload}");
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{workload}");
            assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{workload}");
            for host in ["hostNetwork", "hostPID", "hostIPC"] {
                assert!(pod[host].is_null(), "{workload}");
            }
            for container in pod["containers"].as_array().expect("containers") {
                let confined = json!({
                    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                    "capabilities": { "drop": ["ALL"] },
                });
                assert_eq!(container["securityContext"], confined, "{workload}");
                let resources = &container["resources"];
                for limit in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                    assert!(resources.pointer(limit).is_some(), "{limit} in {workload}");
                }
            }
        }
        let user = &manifests.gateway_pod()["securityContext"];
        assert_eq!([&user["runAsUser"], &user["runAsGroup"], &user["fsGroup"]], [65532; 3]);
    }
}

#[tokio::test]
async fn replicas_run_on_different_nodes_and_are_evicted_one_at_a_time() {
    for manifests in overlays().await {
        let workload = manifests.gateway();
        assert_eq!(workload["spec"]["replicas"], 2);
        let labels = &workload["spec"]["template"]["metadata"]["labels"];
        let spread = workload["spec"]["template"]["spec"]["topologySpreadConstraints"].as_array().expect("a spread");
        assert_eq!(spread.len(), 2, "spread over nodes and zones");
        let budget = &manifests.one("PodDisruptionBudget", "centagate-gateway")["spec"];
        assert_eq!(budget["maxUnavailable"], 1);
        let mut selectors = vec![&workload["spec"]["selector"], &budget["selector"]];
        selectors.extend(spread.iter().map(|constraint| &constraint["labelSelector"]));
        for selector in selectors {
            assert_eq!(&selector["matchLabels"], labels);
        }
    }
}

#[tokio::test]
async fn ports_and_grace_periods_match_the_gateways_settings() {
    for (manifests, secrets) in [
        (Manifests::of("production").await, &SECRETS[..]),
        (Manifests::with_an_admin_per_replica().await, &SECRETS[..]),
        (Manifests::of("simulator").await, &rehearsal()),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let sources = sources(&manifests, secrets, directory.path());
        let settings = Settings::load(&sources).unwrap_or_else(|fault| panic!("{fault}"));
        let effective = Settings::describe(&sources).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(effective.lines().any(|line| line.starts_with("idempotency.store = redis ")), "{effective}");

        let pod = manifests.gateway_pod();
        let container = &pod["containers"][0];
        let ports = json!([
            { "name": "http", "containerPort": settings.server.port },
            { "name": "management", "containerPort": settings.management.port },
        ]);
        assert_eq!(container["ports"], ports);
        assert_eq!([settings.server.host, settings.management.host], ["::", "::"]);
        for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/livez")] {
            assert_eq!(container[probe]["httpGet"], json!({ "path": path, "port": "management" }));
        }

        let seconds = |of: Option<&Value>| Duration::from_secs(of.and_then(Value::as_u64).expect("seconds"));
        let hook = container.pointer("/lifecycle/preStop");
        let hook = hook.map_or(Duration::ZERO, |hook| seconds(hook.pointer("/sleep/seconds")));
        let needed = hook + settings.server.drain + settings.server.shutdown + Duration::from_secs(5);
        let grace = seconds(pod.get("terminationGracePeriodSeconds"));
        assert!(grace >= needed, "{grace:?} of grace, {needed:?} needed");
    }
}

#[tokio::test]
async fn pods_reload_their_mounted_configuration_and_a_new_one_replaces_them() {
    for manifests in overlays().await {
        for workload in manifests.all("Deployment").chain(manifests.all("StatefulSet")) {
            for container in workload["spec"]["template"]["spec"]["containers"].as_array().expect("containers") {
                for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                    assert!(mount["subPath"].is_null() && mount["subPathExpr"].is_null(), "{mount} is never updated");
                }
            }
        }
        let directory = &variables(&manifests, 0)["GATEWAY_CONFIG_DIR"];
        let name = &volume_at(&manifests, Path::new(directory))["configMap"]["name"];
        assert!(name.as_str().is_some_and(|name| name != CONFIG), "{name} changes with its content");
        let config = manifests.one("ConfigMap", CONFIG);
        assert_eq!(&config["metadata"]["name"], name);
        assert!(config["immutable"].is_null(), "the log filter can be changed there");
        let file = |name| {
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)).expect("a file")
        };
        let files = ["base.toml", "production.toml"].map(|name| (name, file(name)));
        assert_eq!(config["data"], json!(BTreeMap::from(files)));
    }
}

#[tokio::test]
async fn secrets_and_callers_are_mounted_where_the_gateway_reads_them_and_follow_a_rotation() {
    for (manifests, secrets) in [
        (Manifests::of("simulator").await, ["centagate-gateway"; 2]),
        (Manifests::of("production").await, ["centagate-gateway"; 2]),
        (Manifests::with_an_admin_per_replica().await, ["centagate-gateway-0", "centagate-gateway-1"]),
    ] {
        for (replica, secret) in secrets.into_iter().enumerate() {
            let variables = variables(&manifests, replica);
            let callers = Path::new(&variables["GATEWAY__CALLERS_FILE"]).parent().expect("a directory");
            for (directory, secret) in
                [(Path::new(&variables["GATEWAY_SECRETS_DIR"]), secret), (callers, "centagate-gateway-callers")]
            {
                assert_eq!(volume_at(&manifests, directory)["secret"]["secretName"], *secret);
            }
        }
    }
    let admin = |replica| async move {
        variables(&Manifests::with_an_admin_per_replica().await, replica)["GATEWAY__CENTAGATE__ADMIN__USERNAME"].clone()
    };
    assert_eq!([admin(0).await, admin(1).await], ["gateway-0", "gateway-1"]);
}

#[tokio::test]
async fn the_ingress_forwards_the_gateways_routes_and_waits_for_its_replies() {
    for (manifests, secrets) in
        [(Manifests::of("production").await, &SECRETS[..]), (Manifests::of("simulator").await, &rehearsal())]
    {
        let directory = tempfile::tempdir().expect("a directory");
        let settings = Settings::load(&sources(&manifests, secrets, directory.path())).expect("settings");
        let ingress = manifests.one("Ingress", "centagate-gateway");
        let rule = &ingress["spec"]["rules"][0];
        let (host, path) = (rule["host"].as_str().expect("a host"), &rule["http"]["paths"][0]);
        let served = settings.server.public_url.expect("a public URL");
        assert_eq!(served.to_string(), format!("https://{host}{}", path["path"].as_str().expect("a path")));
        assert_eq!(path["pathType"], "Prefix");
        assert_eq!(ingress["spec"]["tls"], json!([{ "hosts": [host], "secretName": "centagate-gateway-tls" }]));
        let backend = json!({ "service": { "name": "centagate-gateway", "port": { "name": "http" } } });
        assert_eq!(path["backend"], backend, "never the port of the management listener");
        let service = &manifests.one("Service", "centagate-gateway")["spec"];
        assert_eq!(service["selector"], manifests.gateway()["spec"]["selector"]["matchLabels"]);
        assert!(service["ports"].as_array().expect("ports").iter().all(|port| port["name"] == port["targetPort"]));

        let annotations = ingress["metadata"]["annotations"].as_object().expect("annotations");
        assert!(annotations.keys().all(|name| !name.contains("rewrite") && !name.contains("snippet")));
        let number = |name: &str, unit: &str| -> u64 {
            let value = annotations[&format!("nginx.org/{name}")].as_str().and_then(|value| value.strip_suffix(unit));
            value.unwrap_or_else(|| panic!("{name} in {unit}")).parse().expect("a number")
        };
        assert!(number("proxy-read-timeout", "s") > settings.server.request_timeout.as_secs());
        assert!(number("client-max-body-size", "k") * 1024 > settings.server.max_body_bytes as u64);
    }
}

#[tokio::test]
async fn only_the_ingress_and_prometheus_may_connect_and_egress_is_limited() {
    for manifests in overlays().await {
        let labels = json!({ "matchLabels": manifests.gateway()["spec"]["selector"]["matchLabels"] });
        let inside = &manifests.one("NetworkPolicy", "centagate-gateway")["spec"];
        let ways_out = &manifests.one("NetworkPolicy", "centagate-gateway-egress")["spec"];
        assert_eq!([&inside["podSelector"], &ways_out["podSelector"]], [&labels, &labels]);
        assert_eq!(inside["policyTypes"], json!(["Ingress", "Egress"]));
        let namespace = |name| json!({ "matchLabels": { "kubernetes.io/metadata.name": name } });
        let way_in = |name, port| {
            let from = [json!({ "namespaceSelector": namespace(name) })];
            json!({ "from": from, "ports": [{ "port": port, "protocol": "TCP" }] })
        };
        assert_eq!(inside["ingress"], json!([way_in("nginx-ingress", "http"), way_in("monitoring", "management")]));
        let dns = json!([{
            "namespaceSelector": namespace("kube-system"),
            "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
        }]);
        assert_eq!(inside["egress"][0]["to"], dns);
        assert_eq!(inside["egress"].as_array().map(Vec::len), Some(1));
        for way in ways_out["egress"].as_array().expect("egress rules") {
            let [to, ports] = ["to", "ports"].map(|part| way[part].as_array().expect("a list"));
            let block = to[0].pointer("/ipBlock/cidr").and_then(Value::as_str);
            let is_one_place = to.len() == 1
                && block.map_or(to[0]["podSelector"]["matchLabels"].is_object(), |block| block.ends_with("/32"));
            assert!(is_one_place && ports.len() == 1 && ports[0]["port"].is_u64(), "{way}");
        }
    }
    let production = Manifests::of("production").await;
    let monitor = &production.one("ServiceMonitor", "centagate-gateway")["spec"];
    assert_eq!(monitor["endpoints"], json!([{ "port": "management", "path": "/metrics", "interval": "30s" }]));
    assert_eq!(monitor["selector"]["matchLabels"], production.gateway()["spec"]["selector"]["matchLabels"]);
}

/// The Secret of the rehearsal: the login, and a Redis without a password.
fn rehearsal() -> [(&'static str, &'static str); 4] {
    [SECRETS[0], SECRETS[1], SECRETS[2], SECRETS[4]]
}

/// The gateway's read-only volume at `directory`.
fn volume_at<'a>(manifests: &'a Manifests, directory: &Path) -> &'a Value {
    let pod = manifests.gateway_pod();
    let mounts = pod["containers"][0]["volumeMounts"].as_array().expect("mounts");
    let mount = mounts.iter().find(|mount| mount["mountPath"].as_str().map(Path::new) == Some(directory));
    let mount = mount.unwrap_or_else(|| panic!("{} is not mounted", directory.display()));
    assert_eq!(mount["readOnly"], true, "{mount}");
    let volumes = pod["volumes"].as_array().expect("volumes");
    volumes.iter().find(|volume| volume["name"] == mount["name"]).expect("a volume")
}

/// The gateway's environment variables in a pod.
fn variables(manifests: &Manifests, replica: usize) -> BTreeMap<String, String> {
    let settings = &manifests.one("ConfigMap", "centagate-gateway-settings")["data"];
    let mut variables: BTreeMap<String, String> = serde_json::from_value(settings.clone()).expect("settings");
    let mut fields = Vec::new();
    for variable in manifests.gateway_pod()["containers"][0]["env"].as_array().expect("variables") {
        let name = variable["name"].as_str().expect("a name");
        let Some(value) = variable["value"].as_str() else {
            fields.push(format!("$({name})")); // later variables can refer to it
            continue;
        };
        let value = fields.iter().fold(value.to_owned(), |value, field| value.replace(field, &replica.to_string()));
        assert!(!value.contains('$'), "{name} = {value}");
        variables.insert(name.into(), value);
    }
    variables
}

/// The gateway's configuration sources in these pods. Creates the files of the Secrets in `directory`.
fn sources(manifests: &Manifests, secrets: &[(&str, &str)], directory: &Path) -> Sources {
    let mut variables = variables(manifests, 0);
    variables.retain(|name, _| name.starts_with("GATEWAY__"));
    let (config_dir, secrets_dir) = (directory.join("config"), directory.join("secrets"));
    for part in [&config_dir, &secrets_dir] {
        std::fs::create_dir(part).expect("a directory");
    }
    for (name, text) in manifests.one("ConfigMap", CONFIG)["data"].as_object().expect("files") {
        std::fs::write(config_dir.join(name), text.as_str().expect("text")).expect("a file");
    }
    for (name, secret) in secrets {
        std::fs::write(secrets_dir.join(name), secret).expect("a secret");
    }
    Sources {
        config_dir: Some(config_dir),
        environment: "production".into(),
        variables,
        secrets_dir: Some(secrets_dir),
    }
}
