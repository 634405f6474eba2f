//! The values in a request's path, decoded once and strictly.

use percent_encoding::percent_decode_str;

/// The values of the parameters in `pattern` (such as `/users/{id}`), with their names, in order. `path` is the path of the
/// request as it arrived, below `base_path`. A value is `None` if it is not percent-encoded UTF-8.
///
/// The router decodes paths only in part, and leniently, so nothing uses its values.
pub(in crate::api) fn values(
    pattern: &'static str,
    path: &str,
    base_path: &str,
) -> Vec<(&'static str, Option<String>)> {
    let mut segments = path.split('/').skip(base_path.matches('/').count());
    let mut values = Vec::new();
    for part in pattern.split('/') {
        let segment = segments.next().unwrap_or_default();
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            values.push((name, decode(segment)));
        }
    }
    values
}

/// `segment` percent-decoded once; `None` if an escape is malformed or the result is not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let is_well_formed = segment
        .split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    if !is_well_formed {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::values;
    use crate::api::input::{Fault, Input};
    use crate::centagate::percent_encode_segment;
    use crate::domain::Username;

    /// The user name in the path of `/users/{id}/otp-token`.
    fn user_id(path: &str, base_path: &str) -> Result<Username, Fault> {
        let mut input = Input::new(values("/users/{id}/otp-token", path, base_path), Vec::new(), false);
        let username = input.username_in_path();
        input.finish().map_err(|mut faults| faults.remove(0))?;
        Ok(username.expect("there is no fault"))
    }

    #[test]
    fn a_value_is_decoded_once_and_strictly() {
        for (segment, name) in [
            ("alice", "alice"),
            ("a%2Fb", "a/b"),
            ("a%252Fb", "a%2Fb"),
            ("a+b", "a+b"),
            ("%41", "A"),
            ("%C3%BC", "ü"),
            ("a%20b", "a b"),
            ("...", "..."),
            ("a;b=c", "a;b=c"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(user_id(&format!("/users/{segment}/otp-token"), "").expect(segment).as_str(), name);
            assert_eq!(user_id(&format!("/a/b/users/{segment}/otp-token"), "/a/b").expect(segment).as_str(), name);
        }
        for segment in [
            "",
            "%",
            "%4",
            "%ZZ",
            "%4G",
            "a%",
            "%C3",
            "%FF",
            "%ED%A0%80",
            "%C0%AF",
            ".",
            "..",
            "%2e%2E",
            "%00",
            "%0A",
            "%7F",
            "%C2%85",
        ] {
            let fault = user_id(&format!("/users/{segment}/otp-token"), "").expect_err(segment);
            let fault = serde_json::to_value(fault).expect("a fault serializes");
            assert_eq!((&fault["parameter"], fault.get("pointer")), (&"id".into(), None), "{segment}");
        }
    }

    proptest! {
        #[test]
        fn every_name_survives_encoding_and_decoding(name in any::<String>()) {
            let id = user_id(&format!("/users/{}/otp-token", percent_encode_segment(&name)), "");
            prop_assert_eq!(id.ok(), Username::parse(name).ok());
        }

        #[test]
        fn every_path_gives_a_name_or_a_fault(path in any::<String>(), base_path in "(/[a-z]{1,3}){0,3}") {
            if let Ok(name) = user_id(&path, &base_path) {
                let again = user_id(&format!("/users/{}", percent_encode_segment(name.as_str())), "");
                prop_assert_eq!(again.ok(), Some(name));
            }
        }
    }
}
