//! The credentials of the admin.

use secrecy::SecretString;

use crate::centagate::{Credentials, LoginCredentials};
use crate::configuration::{SettingsFault, Values, gather, variable};

const AUTH_TOKEN: &str = "centagate.admin.auth_token";
const SECRET_CODE: &str = "centagate.admin.secret_code";
const PASSWORD: &str = "centagate.admin.password";
const INTEGRATION_KEY: &str = "centagate.admin.integration_key";
const APP_SECRET_KEY: &str = "centagate.admin.app_secret_key";

/// Reads the credentials: the pair of an existing session, or what a login needs. Exactly one set must be complete.
pub(super) fn read(values: &Values) -> Result<Credentials, SettingsFault> {
    let is_any_set = |keys: &[&'static str]| keys.iter().any(|key| values.is_set(key));
    match (is_any_set(&[AUTH_TOKEN, SECRET_CODE]), is_any_set(&[PASSWORD, INTEGRATION_KEY, APP_SECRET_KEY])) {
        (true, true) => {
            gather!(
                auth_token: values.optional_secret(AUTH_TOKEN),
                secret_code: values.optional_secret(SECRET_CODE),
                password: values.optional_secret(PASSWORD),
                integration_key: values.optional_secret(INTEGRATION_KEY),
                app_secret_key: values.optional_secret(APP_SECRET_KEY),
            )?;
            Err(SettingsFault::of(
                "centagate.admin",
                "a given session (auth_token, secret_code) and login credentials (password, integration_key, \
                 app_secret_key) are both set; keep one of the two",
            ))
        }
        (false, false) => Err(SettingsFault::of_key(
            AUTH_TOKEN,
            format_args!(
                "is missing; set it and secret_code, or else password, integration_key and app_secret_key ({}, …): as \
                 variables, or as files of these names in GATEWAY_SECRETS_DIR",
                variable(PASSWORD)
            ),
        )),
        (true, false) => gather!(
            auth_token: required(values, AUTH_TOKEN),
            secret_code: required(values, SECRET_CODE),
        )
        .map(|(auth_token, secret_code)| Credentials::Given { auth_token, secret_code }),
        (false, true) => gather!(LoginCredentials {
            password: required(values, PASSWORD),
            integration_key: required(values, INTEGRATION_KEY),
            app_secret_key: required(values, APP_SECRET_KEY),
        })
        .map(Credentials::Login),
    }
}

fn required(values: &Values, key: &'static str) -> Result<SecretString, SettingsFault> {
    let fix = "set the variable or put a file of this name into GATEWAY_SECRETS_DIR";
    values.optional_secret(key)?.ok_or_else(|| SettingsFault::of_key(key, format_args!("is missing; {fix}")))
}
