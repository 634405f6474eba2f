//! What narrows a caller: each right breached, with nothing sent, and each kept.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user, with};

const ALL: [&str; 4] = ["users:create", "users:read", "otp-tokens:create", "admins:create"];
const WITHOUT_ADMINS: [&str; 3] = ["users:create", "users:read", "otp-tokens:create"];

/// A kind of request, and the value that a right may keep out.
#[derive(Clone, Copy, Debug)]
enum Request {
    /// A user of this name.
    Name(&'static str),
    /// A user in this group.
    Group(&'static str),
    /// A user with this role.
    Role(&'static str),
    /// An OTP token for this user.
    Target(&'static str),
    /// An OTP token in this state.
    Status(&'static str),
}

use Request::{Group, Name, Role, Status, Target};

impl Request {
    async fn send(self, gateway: &TestGateway, key: &str) -> crate::reply::Reply {
        let user = |member, value| ("/users".to_owned(), with(user("someone"), member, value));
        let token_of = |name, token| {
            (format!("/users/{}/otp-token", centagate_gateway::centagate::percent_encode_segment(name)), token)
        };
        let (path, body) = match self {
            Name(name) => user("username", name),
            Group(group) => user("group", group),
            Role(role) => user("role", role),
            Target(name) => token_of(name, token()),
            Status(status) => token_of("someone", json!({ "status": status })),
        };
        gateway.send(gateway.post_as(key, &path, &body)).await
    }

    fn value(self) -> &'static str {
        match self {
            Name(value) | Group(value) | Role(value) | Target(value) | Status(value) => value,
        }
    }
}

/// A caller, what it may send, what it may not, and how the detail names the right that it lacks.
struct Row {
    scopes: &'static [&'static str],
    narrowing: &'static str,
    kept: &'static [Request],
    breached: &'static [Request],
    right: &'static str,
}

const fn row(
    narrowing: &'static str,
    kept: &'static [Request],
    breached: &'static [Request],
    right: &'static str,
) -> Row {
    Row { scopes: &ALL, narrowing, kept, breached, right }
}

const MATRIX: [Row; 20] = [
    row(
        r#"groups = ["Staff"]"#,
        &[Group("Staff"), Target("bob"), Role("companyAdmin")],
        &[Group("Guests"), Group("staff"), Group("Staff "), Group("Sta*"), Group("Ｓtaff")],
        "(groups)",
    ),
    row(r#"groups = ["Staff", "Gäste"]"#, &[Group("Staff"), Group("Gäste")], &[Group("Ga\u{308}ste")], "(groups)"),
    row(r#"groups = ["*"]"#, &[Group("*")], &[Group("Staff")], "(groups)"), // names, no patterns
    row("groups = []", &[Target("bob")], &[Group("Staff")], "(groups)"),
    row(
        r#"target_usernames = ["shop-*"]"#,
        &[Name("shop-1"), Name("shop-"), Target("shop-1"), Target("shop-a/b"), Target("shop-*")],
        &[Name("shop"), Name("Shop-1"), Name("ashop-1"), Target("shop"), Target("SHOP-1"), Target("x/shop-1")],
        "(target_usernames)",
    ),
    row(
        r#"target_usernames = ["?ob"]"#,
        &[Name("bob"), Target("bob"), Target("Жob"), Target("😀ob")],
        &[Name("ob"), Target("ob"), Target("boob"), Target("o\u{308}ob"), Target("bobs")],
        "(target_usernames)",
    ),
    row(
        r#"target_usernames = ["a*", "*z"]"#,
        &[Target("a"), Target("z"), Target("abc"), Target("xyz"), Target("az")],
        &[Target("ba"), Target("zb"), Target("A"), Name("Z")],
        "(target_usernames)",
    ),
    row(
        r#"target_usernames = ["a*b*c"]"#,
        &[Target("abc"), Target("aXbXc"), Target("abcbc")],
        &[Target("ab"), Target("acb"), Target("abcd")],
        "(target_usernames)",
    ),
    row(r#"target_usernames = ["*"]"#, &[Target("Ж"), Target(" "), Name("a/b"), Target("...")], &[], ""),
    row(
        r#"target_usernames = ["Ж?*"]"#,
        &[Target("Жx"), Name("Жж")],
        &[Target("Ж"), Target("жx")],
        "(target_usernames)",
    ),
    row(
        r#"target_usernames = ["alice"]"#,
        &[Target("alice"), Name("alice")],
        &[Name("Alice"), Target("ALICE"), Target("Ａlice"), Target("alice "), Target("al%69ce"), Target("alic\u{435}")],
        "(target_usernames)",
    ),
    row(r#"target_usernames = ["é"]"#, &[Target("é")], &[Target("e\u{301}")], "(target_usernames)"),
    row(
        r#"target_usernames = ["a.b", "[cd]"]"#,
        &[Target("a.b"), Target("[cd]")],
        &[Target("axb"), Target("c")],
        "(target_usernames)",
    ),
    row("target_usernames = []", &[], &[Name("alice"), Target("bob")], "(target_usernames)"),
    row(r#"target_usernames = [""]"#, &[], &[Name("alice"), Target("bob")], "(target_usernames)"),
    row(
        r#"otp_token_statuses = ["pending", "deactivated"]"#,
        &[Status("pending"), Status("deactivated"), Name("alice")],
        &[Status("valid"), Status("temporarilyDeactivated")],
        "(otp_token_statuses)",
    ),
    row("otp_token_statuses = []", &[Name("alice")], &[Status("pending"), Status("valid")], "(otp_token_statuses)"),
    Row {
        scopes: &WITHOUT_ADMINS,
        narrowing: "",
        kept: &[Role("user")],
        breached: &[Role("companyAdmin"), Role("groupAdmin")],
        right: "scope admins:create",
    },
    Row {
        scopes: &["otp-tokens:create", "admins:create", "users:read"],
        narrowing: "",
        kept: &[Target("bob")],
        breached: &[Name("alice"), Role("companyAdmin")],
        right: "scope users:create",
    },
    Row {
        scopes: &["users:create", "admins:create", "users:read"],
        narrowing: "",
        kept: &[Name("alice"), Role("groupAdmin")],
        breached: &[Target("bob"), Status("pending")],
        right: "scope otp-tokens:create",
    },
];

fn key(number: usize) -> String {
    format!("key-{number}")
}

async fn gateway() -> TestGateway {
    let mut text = String::new();
    for (number, Row { scopes, narrowing, .. }) in MATRIX.iter().enumerate() {
        let _ = write!(text, "{}", callers::block(&format!("caller-{number}"), &key(number), scopes, narrowing));
    }
    Setup::new().callers(text).start().await
}

#[tokio::test]
async fn each_right_breached_is_answered_403_naming_it_and_nothing_is_sent() {
    let gateway = gateway().await;
    for (number, Row { narrowing, breached, right, .. }) in MATRIX.iter().enumerate() {
        for request in *breached {
            let reply = request.send(&gateway, &key(number)).await;
            assert_eq!(reply.status, 403, "{narrowing} {request:?}: {}", reply.text());
            let problem = reply.problem("forbidden");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(right), "{narrowing} {request:?}: {detail}");
            let value = request.value();
            assert!(value.chars().count() < 3 || !detail.contains(value), "{request:?} is repeated: {detail}");
            assert!(!detail.contains('['), "no right is spelled out: {detail}");
        }
    }
    assert!(gateway.simulator.requests().is_empty());
    assert!(gateway.audit_trail().lines().is_empty(), "only what is sent is on record");
}

#[tokio::test]
async fn whatever_keeps_to_its_rights_reaches_centagate() {
    let gateway = gateway().await;
    let mut sent = 0;
    for (number, Row { narrowing, kept, .. }) in MATRIX.iter().enumerate() {
        for request in *kept {
            let reply = request.send(&gateway, &key(number)).await;
            sent += 1;
            assert_eq!(gateway.simulator.requests().len(), sent, "{narrowing} {request:?}: {}", reply.text());
        }
    }
}

#[tokio::test]
async fn own_admin_is_no_target_for_anyone_whatever_its_rights() {
    let all = callers::block("all", "all", &ALL, r#"target_usernames = ["*", "admin", "?dmin"]"#);
    let gateway = Setup::new().callers(all).start().await;
    for name in [
        "admin",
        "ADMIN",
        "ａｄｍｉｎ",
        "ádmin",
        "admın",
        "ADMİN",
        "ad\u{307}min",
        "ad\u{36b}in",
        "admin\u{200b}",
        "admin ",
        "admin\u{3000}",
        "admin\u{1f600}",
    ] {
        for request in [Name(name), Target(name)] {
            let reply = request.send(&gateway, "all").await;
            assert_eq!(reply.status, 403, "{request:?}: {}", reply.text());
            let detail = reply.problem("forbidden")["detail"].clone();
            assert!(detail.as_str().unwrap().contains("own admin"), "{detail}");
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_group_that_comes_from_the_configuration_is_narrowed_like_any_other() {
    let narrowed = callers::block("narrowed", "narrowed", &ALL, r#"groups = ["Staff"]"#);
    for (default, status) in [("Guests", 403), ("Staff", 201)] {
        let gateway = Setup::new().callers(&narrowed).set("users.default_group", default).start().await;
        let mut without = alice();
        without.as_object_mut().unwrap().remove("group");
        let reply = gateway.send(gateway.post_as("narrowed", "/users", &without)).await;
        assert_eq!(reply.status, status, "{default}: {}", reply.text());
    }
}

#[tokio::test]
async fn rights_belong_to_the_key_not_to_the_name_that_two_keys_share() {
    let text = callers::block("shop", "old", &["users:create"], "")
        + &callers::block("shop", "new", &["otp-tokens:create"], r#"target_usernames = ["bob"]"#);
    let gateway = Setup::new().callers(text).start().await;
    for (key, request, status) in [
        ("old", Name("alice"), 201),
        ("old", Target("bob"), 403),
        ("new", Name("carol"), 403),
        ("new", Target("bob"), 201),
        ("new", Target("alice"), 403),
    ] {
        assert_eq!(request.send(&gateway, key).await.status, status, "{key} {request:?}");
    }
}

#[tokio::test]
async fn rights_are_looked_at_after_the_rules_of_body_and_path_and_scopes_before() {
    let narrowing = "groups = []\ntarget_usernames = []\notp_token_statuses = []";
    let text = callers::block("narrowed", "narrowed", &WITHOUT_ADMINS, narrowing)
        + &callers::block("reader", "reader", &["users:read"], narrowing);
    let gateway = Setup::new().callers(text).start().await;
    let admin = with(with(alice(), "role", "companyAdmin"), "username", "admin");
    let faulty = with(admin.clone(), "email", "nobody");
    let post = async |key, path: &str, body: &Value| gateway.send(gateway.post_as(key, path, body)).await;
    for (path, good, faulty) in [
        ("/users", &admin, &faulty),
        ("/users/admin/otp-token", &token(), &json!({ "status": "lost" })),
        ("/users/bob/otp-token", &token(), &json!({ "status": "valid", "validitySeconds": 0 })),
    ] {
        post("narrowed", path, faulty).await.problem("invalid_request");
        post("narrowed", path, good).await.problem("forbidden");
        let detail = post("reader", path, faulty).await.problem("forbidden")["detail"].clone();
        assert!(detail.as_str().unwrap().contains(":create"), "the scope comes first: {detail}");
    }
    post("narrowed", "/users/%00/otp-token", &token()).await.problem("invalid_request");
    assert!(gateway.simulator.requests().is_empty());
}
