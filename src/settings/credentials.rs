use secrecy::SecretString;

use super::reader::Reader;
use super::{SettingsFault, keys};
use crate::centagate::{Credentials, LoginCredentials};

const AUTH_TOKEN: &str = "centagate.admin.auth_token";
const SECRET_CODE: &str = "centagate.admin.secret_code";
const PASSWORD: &str = "centagate.admin.password";
const INTEGRATION_KEY: &str = "centagate.admin.integration_key";
const APP_SECRET_KEY: &str = "centagate.admin.app_secret_key";

/// The one complete set of credentials: a given session's pair, or what a login asks for.
pub(super) fn read(reader: &Reader) -> Result<Credentials, SettingsFault> {
    let given = [reader.optional_secret(AUTH_TOKEN)?, reader.optional_secret(SECRET_CODE)?];
    let login = [
        reader.optional_secret(PASSWORD)?,
        reader.optional_secret(INTEGRATION_KEY)?,
        reader.optional_secret(APP_SECRET_KEY)?,
    ];
    match (given.iter().any(Option::is_some), login.iter().any(Option::is_some)) {
        (true, true) => Err(SettingsFault::of(
            "centagate.admin",
            "a session's pair (auth_token, secret_code) and login credentials (password, integration_key, \
             app_secret_key) are both set; keep one of the two",
        )),
        (false, false) => Err(SettingsFault::of_key(
            AUTH_TOKEN,
            format_args!(
                "is missing; set it and secret_code, or else password, integration_key and app_secret_key ({}, …): as \
                 variables, or as files of these names in GATEWAY_SECRETS_DIR",
                keys::variable(PASSWORD)
            ),
        )),
        (true, false) => {
            let [auth_token, secret_code] = given;
            Ok(Credentials::Given {
                auth_token: required(AUTH_TOKEN, auth_token)?,
                secret_code: required(SECRET_CODE, secret_code)?,
            })
        }
        (false, true) => {
            let [password, integration_key, app_secret_key] = login;
            Ok(Credentials::Login(LoginCredentials {
                password: required(PASSWORD, password)?,
                integration_key: required(INTEGRATION_KEY, integration_key)?,
                app_secret_key: required(APP_SECRET_KEY, app_secret_key)?,
            }))
        }
    }
}

fn required(key: &str, secret: Option<SecretString>) -> Result<SecretString, SettingsFault> {
    let fix = "set the variable or put a file of this name into GATEWAY_SECRETS_DIR";
    secret.ok_or_else(|| SettingsFault::of_key(key, format_args!("is missing; {fix}")))
}
