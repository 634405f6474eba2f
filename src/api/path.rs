use percent_encoding::percent_decode_str;

use super::members::Fault;
use crate::domain::Username;

/// The user that the segment after `/users/` of `path` names, `path` being the request's as it came in.
///
/// The router decodes paths in part and leniently, so its idea of the segment is not used: it is decoded here once and
/// strictly, and nothing else feeds what follows.
pub(super) fn user_id(path: &str, base_path: &str) -> Result<Username, Fault> {
    let fault = |detail: String| Fault::of_parameter("id", detail);
    // "/base/users/{id}/…" splits into "", the base's segments, "users", "{id}", ….
    let segment = path.split('/').nth(base_path.matches('/').count() + 2).unwrap_or_default();
    let decoded = decode(segment).ok_or_else(|| fault("must be percent-encoded UTF-8".to_owned()))?;
    Username::parse(decoded).map_err(|refusal| fault(refusal.to_string()))
}

/// `segment` percent-decoded once; nothing for a malformed escape or what is not UTF-8.
fn decode(segment: &str) -> Option<String> {
    let well_formed = segment
        .split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    if !well_formed {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::user_id;
    use crate::centagate::percent_encode_segment;
    use crate::domain::Username;

    #[test]
    fn an_id_is_decoded_once_and_strictly() {
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
            assert_eq!((fault.parameter, fault.pointer), (Some("id"), None), "{segment}");
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_out_of_a_path_as_it_went_in(name in any::<String>()) {
            let id = user_id(&format!("/users/{}/otp-token", percent_encode_segment(&name)), "");
            prop_assert_eq!(id.ok(), Username::parse(name).ok());
        }

        #[test]
        fn any_path_has_a_name_or_a_fault(path in any::<String>(), base_path in "(/[a-z]{1,3}){0,3}") {
            if let Ok(name) = user_id(&path, &base_path) {
                let again = user_id(&format!("/users/{}", percent_encode_segment(name.as_str())), "");
                prop_assert_eq!(again.ok(), Some(name));
            }
        }
    }
}
