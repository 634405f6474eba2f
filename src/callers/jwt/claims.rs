//! The claims of a token, and the checks that they must pass.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::callers::scope::Scope;

/// The allowed difference between the clocks of issuer and gateway, in seconds.
const LEEWAY: f64 = 10.0;

/// The claims of a token (RFC 7519, section 4).
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// Parses the payload of a token whose signature has been verified.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(payload).map(Self).map_err(|_| Refusal::Malformed)
    }

    /// Checks that the token comes from `issuer`, is intended for `audience` (RFC 8725, sections 3.8 and 3.9), and is valid at
    /// `now`, in seconds since 1970.
    pub(super) fn check(&self, issuer: &str, audience: &str, now: f64) -> Result<(), Refusal> {
        if self.text("iss") != Some(issuer) {
            return Err(Refusal::Issuer);
        }
        let is_ours = |value: &Value| value.as_str() == Some(audience);
        let is_for_us = match self.0.get("aud") {
            Some(Value::Array(all)) => all.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        };
        if !is_for_us {
            return Err(Refusal::Audience);
        }
        match self.0.get("exp").map(Value::as_f64) {
            Some(Some(end)) if now < end + LEEWAY => {}
            Some(Some(_)) => return Err(Refusal::Expired),
            Some(None) | None => return Err(Refusal::NoExpiry),
        }
        match self.0.get("nbf").map(Value::as_f64) {
            None => Ok(()),
            Some(Some(start)) if now + LEEWAY >= start => Ok(()),
            Some(_) => Err(Refusal::NotYetValid),
        }
    }

    /// Returns the subject.
    pub(super) fn subject(&self) -> Result<&str, Refusal> {
        self.text("sub").filter(|subject| !subject.is_empty()).ok_or(Refusal::NoSubject)
    }

    /// Returns the `allowed` scopes that the claim `name` contains. The claim is a string of words (RFC 8693, section 4.2) or an
    /// array of words. A missing claim grants no scopes. Other words are ignored.
    pub(super) fn scopes(&self, name: &str, allowed: &[Scope]) -> Result<Vec<Scope>, Refusal> {
        let words: Vec<&str> = match find(&self.0, name) {
            None => Vec::new(),
            Some(Value::String(words)) => words.split(' ').collect(),
            Some(Value::Array(words)) => {
                words.iter().map(Value::as_str).collect::<Option<_>>().ok_or(Refusal::Scopes)?
            }
            Some(_) => return Err(Refusal::Scopes),
        };
        Ok(allowed.iter().copied().filter(|scope| words.contains(&scope.as_str())).collect())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
}

/// Finds the claim with exactly this name, or else the nested claim with this path: `realm_access.roles` is `roles` in
/// `realm_access`. Names in the path may contain dots. If several names fit, the longest is used.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        name.rmatch_indices('.').find_map(|(dot, _)| find(claims.get(&name[..dot])?.as_object()?, &name[dot + 1..]))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Claims;
    use crate::callers::Scope;
    use crate::callers::jwt::refusal::Refusal;

    const NOW: f64 = 1_800_000_000.0;

    fn claims(changes: &Value) -> Claims {
        let mut claims = json!({ "iss": "https://id", "aud": "us", "sub": "shop", "exp": NOW + 60.0 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        Claims::parse(claims.to_string().as_bytes()).map_err(|_| ()).unwrap()
    }

    #[test]
    fn a_token_is_valid_from_its_issuer_for_its_audience_within_its_lifetime() {
        for (changes, refusal) in [
            (json!({}), None),
            (json!({ "iss": "https://id/" }), Some(Refusal::Issuer)),
            (json!({ "iss": ["https://id"] }), Some(Refusal::Issuer)),
            (json!({ "iss": null }), Some(Refusal::Issuer)),
            (json!({ "aud": ["them", "us"] }), None),
            (json!({ "aud": ["them"] }), Some(Refusal::Audience)),
            (json!({ "aud": [] }), Some(Refusal::Audience)),
            (json!({ "aud": "us them" }), Some(Refusal::Audience)),
            (json!({ "aud": null }), Some(Refusal::Audience)),
            (json!({ "exp": NOW - 9.0 }), None),
            (json!({ "exp": NOW - 9.5 }), None),
            (json!({ "exp": NOW - 10.0 }), Some(Refusal::Expired)),
            (json!({ "exp": -1 }), Some(Refusal::Expired)),
            (json!({ "exp": null }), Some(Refusal::NoExpiry)),
            (json!({ "exp": (NOW + 60.0).to_string() }), Some(Refusal::NoExpiry)),
            (json!({ "nbf": NOW + 10.0 }), None),
            (json!({ "nbf": NOW + 10.5 }), Some(Refusal::NotYetValid)),
            (json!({ "nbf": "soon" }), Some(Refusal::NotYetValid)),
        ] {
            assert_eq!(claims(&changes).check("https://id", "us", NOW).err(), refusal, "{changes}");
        }
        let bare = Claims::parse(br#"{"iss":"https://id","aud":"us"}"#).map_err(|_| ()).unwrap();
        assert_eq!(bare.check("https://id", "us", NOW), Err(Refusal::NoExpiry));
        assert_eq!(bare.subject(), Err(Refusal::NoSubject));
        for payload in ["", "[]", "null", "{", "{} {}"] {
            assert!(Claims::parse(payload.as_bytes()).is_err(), "{payload}");
        }
    }

    #[test]
    fn a_subject_is_a_non_empty_string() {
        assert_eq!(claims(&json!({})).subject(), Ok("shop"));
        for subject in [json!(""), json!(5), json!(null), json!(["shop"])] {
            assert_eq!(claims(&json!({ "sub": subject })).subject(), Err(Refusal::NoSubject), "{subject}");
        }
    }

    #[test]
    fn scopes_are_words_or_an_array_and_never_more_than_allowed() {
        let allowed = [Scope::UsersCreate, Scope::UsersRead];
        for (scope, expected) in [
            (json!("users:create"), Ok(vec![Scope::UsersCreate])),
            (json!("openid users:read  users:create"), Ok(allowed.to_vec())),
            (json!(["users:read", "admins:create", "email"]), Ok(vec![Scope::UsersRead])),
            (json!("admins:create otp-tokens:create"), Ok(vec![])),
            (json!("users:create,users:read"), Ok(vec![])),
            (json!("USERS:CREATE"), Ok(vec![])),
            (json!(["users:create users:read"]), Ok(vec![])),
            (json!([["users:create"]]), Err(Refusal::Scopes)),
            (json!(["users:create", 5]), Err(Refusal::Scopes)),
            (json!({ "users:create": true }), Err(Refusal::Scopes)),
            (json!(null), Err(Refusal::Scopes)),
        ] {
            assert_eq!(claims(&json!({ "scope": scope })).scopes("scope", &allowed), expected, "{scope}");
        }
        assert_eq!(claims(&json!({})).scopes("scope", &allowed), Ok(vec![]));
    }

    #[test]
    fn a_scope_claim_has_exactly_its_name_or_is_nested() {
        let read = json!(["users:read"]);
        for (name, claim, is_found) in [
            ("realm_access.roles", json!({ "realm_access": { "roles": read } }), true),
            ("realm_access.roles", json!({ "realm_access.roles": read }), true),
            ("realm_access.roles", json!({ "realm_access.roles": read, "realm_access": { "roles": [] } }), true),
            ("resource_access.my.client.roles", json!({ "resource_access": { "my.client": { "roles": read } } }), true),
            ("https://example.com/scopes", json!({ "https://example.com/scopes": "users:read" }), true),
            ("https://example.com/app.scopes", json!({ "https://example.com/app": { "scopes": "users:read" } }), true),
            ("realm_access.roles", json!({ "realm_access": read }), false),
            ("realm_access.roles", json!({ "realm_access": { "roles.": read, ".roles": read } }), false),
            ("realm_access.roles", json!({ "roles": read }), false),
            ("realm_access.", json!({ "realm_access": read }), false),
            (".", json!({ "realm_access": read }), false),
        ] {
            let expected = if is_found { vec![Scope::UsersRead] } else { Vec::new() };
            assert_eq!(claims(&claim).scopes(name, &[Scope::UsersRead]), Ok(expected), "{name} {claim}");
        }
        let nested = claims(&json!({ "realm_access": { "roles": 1 } }));
        assert_eq!(nested.scopes("realm_access.roles", &[Scope::UsersRead]), Err(Refusal::Scopes));
    }
}
