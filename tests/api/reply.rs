//! A reply, with checks that apply to every reply.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Every problem and its status, as the contract lists them.
pub(crate) const PROBLEMS: [(&str, u16); 54] = [
    ("malformed_request", 400),
    ("invalid_idempotency_key", 400),
    ("unauthenticated", 401),
    ("forbidden", 403),
    ("user_limit_reached", 403),
    ("token_not_allowed", 403),
    ("operation_disabled", 403),
    ("not_found", 404),
    ("user_not_found", 404),
    ("token_not_found", 404),
    ("method_not_allowed", 405),
    ("request_timeout", 408),
    ("email_taken", 409),
    ("username_taken", 409),
    ("user_not_active", 409),
    ("otp_token_already_registered", 409),
    ("idempotency_in_progress", 409),
    ("outcome_unknown", 409),
    ("passcode_no_longer_available", 409),
    ("phone_number_taken", 409),
    ("phone_number_missing", 409),
    ("user_locked", 409),
    ("user_not_locked", 409),
    ("edit_pending_approval", 409),
    ("token_locked", 409),
    ("token_not_active", 409),
    ("token_not_locked", 409),
    ("no_usable_device", 409),
    ("method_not_enabled", 409),
    ("password_changed_recently", 409),
    ("body_too_large", 413),
    ("unsupported_media_type", 415),
    ("invalid_request", 422),
    ("idempotency_mismatch", 422),
    ("rejected_by_centagate", 422),
    ("group_not_found", 422),
    ("token_not_available", 422),
    ("code_rejected", 422),
    ("codes_rejected", 422),
    ("token_out_of_sync", 422),
    ("certificate_not_owned", 422),
    ("signature_rejected", 422),
    ("password_rejected", 422),
    ("rate_limited", 429),
    ("sms_code_too_soon", 429),
    ("internal", 500),
    ("centagate_denied", 502),
    ("centagate_failed", 502),
    ("centagate_unexpected", 502),
    ("audit_unavailable", 503),
    ("idempotency_unavailable", 503),
    ("identity_unavailable", 503),
    ("centagate_unavailable", 503),
    ("centagate_timeout", 504),
];

/// All headers that a reply can have.
const HEADERS: [&str; 23] = [
    "accept-encoding",
    "accept-post",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "idempotent-replayed",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "referrer-policy",
    "retry-after",
    "transfer-encoding",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-request-id",
    "keep-alive",
];

/// The headers that protect a page in a browser. A reply has all of them or none.
const OF_PAGES: [&str; 3] = ["content-security-policy", "x-frame-options", "referrer-policy"];

/// A reply of the API listener.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Reads a reply from the HTTP library.
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let reply = Self { status, headers, body: response.bytes().await.expect("a whole body").into() };
        reply.check();
        reply
    }

    /// Parses a reply from the wire: the head, and the bytes after it.
    pub(crate) fn parse(head: &str, body: Vec<u8>) -> Self {
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or_default();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect(status_line);
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        });
        let reply = Self { status, headers: headers.collect(), body };
        reply.check();
        reply
    }

    /// The header with this name. There must be at most one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next();
        assert!(values.next().is_none(), "{name} occurs twice in {self:?}");
        value.map(|value| value.to_str().expect("a header in ASCII"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The problem document, whose code must be `code`.
    #[track_caller]
    pub(crate) fn problem(&self, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// The sorted pointers of all faults, and `parameter:…` for faults of the path.
    #[track_caller]
    pub(crate) fn faults(&self) -> Vec<String> {
        let problem = self.problem("invalid_request");
        let faults = problem["errors"].as_array().expect("errors");
        let mut names: Vec<String> = faults
            .iter()
            .map(|fault| {
                assert!(fault["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{fault}");
                match (fault["pointer"].as_str(), fault["parameter"].as_str()) {
                    (Some(pointer), None) => pointer.to_owned(),
                    (None, Some(parameter)) => format!("parameter:{parameter}"),
                    _ => panic!("pointer or parameter: {fault}"),
                }
            })
            .collect();
        names.sort();
        names
    }

    fn check(&self) {
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no X-Request-Id: {self:?}"));
        let is_immutable = self.header("cache-control").is_some_and(|value| value.contains("immutable"));
        if is_immutable {
            // Only Swagger UI's files, whose names contain a hash.
            assert_eq!((self.status, self.header("vary")), (200, Some("Accept-Encoding")), "{self:?}");
        } else {
            assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        }
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        for name in self.headers.keys() {
            assert!(HEADERS.contains(&name.as_str()), "{name} in {self:?}");
        }
        self.check_page();
        if self.status >= 400 {
            self.check_problem(id);
        }
        self.check_rate_limit();
    }

    /// Checks that every page has the protecting headers, and that no other reply has them.
    fn check_page(&self) {
        let protected = OF_PAGES.map(|name| self.header(name).is_some());
        let is_html = self.header("content-type").is_some_and(|content_type| content_type.starts_with("text/html"));
        assert!(protected == [true; 3] || (protected == [false; 3] && !is_html), "{self:?}");
        assert!(protected == [false; 3] || self.status == 200, "{self:?}");
    }

    /// Checks that every reply to a known caller has the rate limit fields, and that no other reply has them.
    fn check_rate_limit(&self) {
        let fields = ["ratelimit", "ratelimit-policy"].map(|name| self.header(name));
        assert_eq!(fields[0].is_some(), fields[1].is_some(), "{self:?}");
        let is_known = match self.status {
            200 | 404 if self.body.is_empty() => return, // the reply to a HEAD request
            200 if self.header("content-encoding").is_some() => false, // the contract
            200 if self.header("content-type") == Some("application/json") => self.json().get("username").is_some(),
            200 | 307 | 401 | 405 => false,
            404 => self.json()["code"] != "not_found",
            503 => self.json()["code"] != "identity_unavailable", // the token's caller is not known
            500 => return,                                        // a panic may come before the caller is known
            _ => true,
        };
        assert_eq!(fields[0].is_some(), is_known, "{self:?}");
    }

    fn check_problem(&self, id: &str) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        if self.body.is_empty() {
            return; // the reply to a HEAD request
        }
        let problem = self.json();
        let code = problem["code"].as_str().expect("code");
        let urn = format!("urn:centagate-gateway:problem:{}", code.replace('_', "-"));
        assert_eq!(problem["type"], urn, "{problem}");
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(PROBLEMS.contains(&(code, self.status)), "{problem}");
        assert_eq!(problem["requestId"], id, "{problem}");
        for text in ["title", "detail"] {
            assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        let members: BTreeMap<String, Value> = serde_json::from_value(problem.clone()).unwrap();
        let known = ["type", "title", "status", "detail", "code", "requestId", "upstreamCode", "outcome", "errors"];
        assert!(members.keys().all(|member| known.contains(&member.as_str())), "{problem}");
        let has_faults = ["invalid_request", "password_rejected"].contains(&code);
        assert_eq!(members.contains_key("errors"), has_faults, "{problem}");
        let is_upstreams = !matches!(
            code,
            "malformed_request"
                | "invalid_idempotency_key"
                | "idempotency_in_progress"
                | "idempotency_mismatch"
                | "passcode_no_longer_available"
                | "unauthenticated"
                | "forbidden"
                | "operation_disabled"
                | "not_found"
                | "method_not_allowed"
                | "request_timeout"
                | "body_too_large"
                | "unsupported_media_type"
                | "invalid_request"
                | "rate_limited"
                | "audit_unavailable"
                | "identity_unavailable"
                | "internal"
        );
        let is_upstreams = is_upstreams || members.contains_key("upstreamCode");
        assert_eq!(members.contains_key("outcome"), is_upstreams, "{problem}");
        assert_eq!(self.header("www-authenticate"), (self.status == 401).then_some("Bearer"));
        let retries = matches!(self.status, 429 | 503) || code == "idempotency_in_progress";
        assert_eq!(self.header("retry-after").is_some(), retries, "{self:?}");
        assert_eq!(self.header("allow").is_some(), self.status == 405, "{self:?}");
    }
}
