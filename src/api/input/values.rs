//! Reads the JSON value of one member. The error says what the value must be.

use std::borrow::Cow;

use secrecy::SecretString;

use super::json::Json;
use crate::domain::{Base64Signature, Email, OneTimeCode, Password, PhoneNumber, SerialNumber, Text, Username};

/// What a value must be.
pub(crate) type Expectation = Cow<'static, str>;

/// A string.
pub(crate) fn string(value: Json<'_>) -> Result<String, Expectation> {
    match value {
        Json::String(text) => Ok(text.into_owned()),
        _ => Err("must be a string".into()),
    }
}

/// A string that is a [`Text`].
pub(crate) fn text(value: Json<'_>) -> Result<Text, Expectation> {
    Text::parse(string(value)?).map_err(|fault| fault.to_string().into())
}

/// A string that is a [`Text`] and a [`Username`].
pub(crate) fn username(value: Json<'_>) -> Result<Username, Expectation> {
    let text = text(value)?;
    Username::parse(text.as_str()).map_err(|fault| fault.to_string().into())
}

/// A boolean.
#[expect(clippy::needless_pass_by_value, reason = "the type of all readers")]
pub(crate) fn boolean(value: Json<'_>) -> Result<bool, Expectation> {
    match value {
        Json::Bool(flag) => Ok(flag),
        _ => Err("must be true or false".into()),
    }
}

/// A string that is a [`Password`].
pub(crate) fn password(value: Json<'_>) -> Result<Password, Expectation> {
    Password::parse(SecretString::from(string(value)?)).map_err(|fault| fault.to_string().into())
}

/// An array of two different strings that are one-time codes.
pub(crate) fn two_codes(value: Json<'_>) -> Result<[OneTimeCode; 2], Expectation> {
    const EXPECTATION: &str = "must be two different codes of 4 to 16 ASCII letters and digits";
    let Json::Array(items) = value else { return Err(EXPECTATION.into()) };
    let codes = items.into_iter().map(|item| OneTimeCode::parse(string(item).ok()?.into()));
    let codes: Option<Vec<_>> = codes.collect();
    let codes = codes.and_then(|codes| <[OneTimeCode; 2]>::try_from(codes).ok());
    codes.filter(|[one, other]| one.expose() != other.expose()).ok_or(EXPECTATION.into())
}

/// A string that is an e-mail address.
pub(crate) fn email(value: Json<'_>) -> Result<Email, Expectation> {
    Email::parse(string(value)?).map_err(|fault| fault.to_string().into())
}

/// A string that is a [`PhoneNumber`].
pub(crate) fn phone_number(value: Json<'_>) -> Result<PhoneNumber, Expectation> {
    PhoneNumber::parse(string(value)?).ok_or("must be + and 7 to 15 digits, of which the first is not 0".into())
}

/// A string that is a [`SerialNumber`].
pub(crate) fn serial_number(value: Json<'_>) -> Result<SerialNumber, Expectation> {
    SerialNumber::parse(string(value)?).ok_or("must be 1 to 64 visible ASCII characters without spaces".into())
}

/// A string that is a [`Base64Signature`].
pub(crate) fn base64_signature(value: Json<'_>) -> Result<Base64Signature, Expectation> {
    const EXPECTATION: &str = "must be base64 with padding, of 4 to 49152 characters";
    Base64Signature::parse(string(value)?).ok_or(EXPECTATION.into())
}

/// A string that is one of `words`. `from_word` gives its meaning.
pub(crate) fn word<T>(
    from_word: impl FnOnce(&str) -> Option<T>,
    words: &'static str,
) -> impl FnOnce(Json<'_>) -> Result<T, Expectation> {
    move |value| from_word(&string(value)?).ok_or_else(|| format!("must be one of {words}").into())
}

/// An integer that `new` accepts.
pub(crate) fn integer<T>(
    new: impl FnOnce(u64) -> Option<T>,
    expectation: &'static str,
) -> impl FnOnce(Json<'_>) -> Result<T, Expectation> {
    move |value| match value {
        Json::Integer(integer) => new(integer).ok_or(expectation.into()),
        _ => Err(expectation.into()),
    }
}
