//! The names of all keys.

/// A key of the configuration.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// Whether the value is a secret, which is never shown and can come from a secret file.
    pub(crate) secret: bool,
}

const fn plain(name: &'static str) -> Key {
    Key { name, secret: false }
}

const fn secret(name: &'static str) -> Key {
    Key { name, secret: true }
}

/// All keys, in the order of `check-config`. `config/base.toml` describes them.
pub(crate) const KEYS: &[Key] = &[
    plain("server.host"),
    plain("server.port"),
    plain("server.public_url"),
    plain("server.tls_certificate_file"),
    plain("server.tls_key_file"),
    plain("server.workers"),
    plain("server.max_body_bytes"),
    plain("server.request_timeout_ms"),
    plain("server.keep_alive_ms"),
    plain("server.max_connections"),
    plain("server.startup_grace_ms"),
    plain("server.drain_ms"),
    plain("server.shutdown_ms"),
    plain("management.host"),
    plain("management.port"),
    plain("centagate.base_url"),
    plain("centagate.allow_http"),
    plain("centagate.auth_api"),
    plain("centagate.connect_timeout_ms"),
    plain("centagate.request_timeout_ms"),
    plain("centagate.max_in_flight"),
    plain("centagate.undocumented_calls"),
    secret("centagate.proxy_url"),
    plain("centagate.ca_certificate_file"),
    plain("centagate.pinned_certificate_file"),
    plain("centagate.admin.username"),
    secret("centagate.admin.auth_token"),
    secret("centagate.admin.secret_code"),
    secret("centagate.admin.password"),
    secret("centagate.admin.integration_key"),
    secret("centagate.admin.app_secret_key"),
    plain("session.default_timeout_seconds"),
    plain("session.refused_retry_seconds"),
    plain("callers_file"),
    plain("jwt.issuer"),
    plain("jwt.audience"),
    plain("jwt.jwks_url"),
    plain("jwt.jwks_file"),
    plain("jwt.ca_certificate_file"),
    plain("jwt.scope_claim"),
    plain("jwt.allowed_scopes"),
    plain("rate_limit.requests_per_minute"),
    plain("rate_limit.burst"),
    plain("rate_limit.otp_tokens_per_user_per_hour"),
    plain("rate_limit.codes_per_user_per_minute"),
    plain("idempotency.store"),
    plain("idempotency.ttl_seconds"),
    plain("idempotency.max_keys"),
    secret("redis.url"),
    plain("redis.timeout_ms"),
    plain("redis.ca_certificate_file"),
    secret("store.seal_keys"),
    plain("audit.sink"),
    plain("audit.fsync"),
    plain("users.default_group"),
    plain("users.default_app"),
    plain("docs.enabled"),
    plain("secrets.poll_ms"),
    plain("telemetry.log_format"),
    plain("telemetry.log_filter"),
    plain("telemetry.otlp_endpoint"),
];

/// Finds the key called `name`.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Returns the name of the environment variable that sets the key called `name`.
pub(crate) fn variable(name: &str) -> String {
    format!("GATEWAY__{}", name.to_ascii_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use toml::Value;

    use super::KEYS;

    /// The values in `config/base.toml` by key.
    fn defaults() -> BTreeMap<String, String> {
        let file: toml::Table = toml::from_str(include_str!("../../config/base.toml")).expect("TOML");
        let mut defaults = BTreeMap::new();
        let mut tables = vec![(String::new(), file)];
        while let Some((prefix, table)) = tables.pop() {
            for (name, value) in table {
                match value {
                    Value::Table(table) => tables.push((format!("{prefix}{name}."), table)),
                    Value::String(text) => _ = defaults.insert(format!("{prefix}{name}"), text),
                    other => _ = defaults.insert(format!("{prefix}{name}"), other.to_string()),
                }
            }
        }
        defaults
    }

    /// The rows of the tables of keys in `docs/configuration.md`: key and default.
    fn documented() -> Vec<(&'static str, &'static str)> {
        let document = include_str!("../../docs/configuration.md");
        let (_, tables) = document.split_once("## All keys").expect("the tables");
        let (tables, _) = tables.split_once("\n## ").expect("a next section");
        let rows = tables.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        rows.map(|(key, rest)| (key, rest.split(" | ").next().expect("a default"))).collect()
    }

    #[test]
    fn the_documentation_has_a_row_for_each_key_with_its_default() {
        let (documented, defaults) = (documented(), defaults());
        for (key, stated) in &documented {
            let key = KEYS.iter().find(|known| known.name == *key).unwrap_or_else(|| panic!("{key} does not exist"));
            let expected = match defaults.get(key.name) {
                Some(value) => format!("`{value}`"),
                None if key.secret => "– (secret)".to_owned(),
                None if *stated == "required" => continue, // `configuration_faults` tests which keys are
                None => "–".to_owned(),
            };
            assert_eq!(*stated, expected, "{}", key.name);
        }
        for key in KEYS {
            let rows = documented.iter().filter(|(name, _)| *name == key.name).count();
            assert_eq!(rows, 1, "rows for {} in docs/configuration.md", key.name);
        }
    }

    #[test]
    fn the_defaults_mention_every_key() {
        let file = include_str!("../../config/base.toml");
        for key in KEYS {
            let last = key.name.rsplit('.').next().unwrap_or_default();
            assert!(file.contains(last), "{} is missing in config/base.toml", key.name);
        }
    }
}
