//! The gateway's own admin is never an allowed target, in any operation and in any spelling.

use crate::callers;
use crate::callers::scopes;
use crate::gateway::Setup;
use crate::operations::{let_calls_succeed, operations};
use crate::raw;

#[tokio::test]
async fn the_own_admin_is_refused_in_every_spelling() {
    for (admin, spellings) in [
        (
            "Admin-Straße",
            &[
                "Admin-Straße",
                "admin-straße",
                "ADMIN-STRASSE",
                "admin-strasse",
                "Ａｄｍｉｎ－Ｓｔｒａｓｓｅ", // full-width
                "admin-ﬆraße",                // LATIN SMALL LIGATURE ST
                "ᴬdmin-straße",
                "admin-strase", // utf8mb4_general_ci compares ß like s
                "admın-straße",
                "ádmin-straße\u{200b}",
            ][..],
        ),
        (
            "admin",
            &[
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
            ],
        ),
    ] {
        // Not even a caller whose patterns contain the admin's name is allowed.
        let caller = callers::block("caller", "key", &scopes(), r#"target_usernames = ["*", "admin", "?dmin"]"#);
        let gateway = Setup::new().admin(admin, "token", "code").callers(caller).without_rate_limit().start().await;
        for operation in operations() {
            for name in spellings {
                let reply = gateway.send(gateway.example_as("key", operation, name)).await;
                assert_eq!(reply.status, 403, "{} {name}: {}", operation.id, reply.text());
                let detail = reply.problem("forbidden")["detail"].clone();
                assert!(detail.as_str().unwrap().contains("own admin"), "{} {name}: {detail}", operation.id);
            }
        }
        assert!(gateway.simulator.requests().is_empty());
        assert!(gateway.audit_trail().lines().is_empty());
    }
}

#[tokio::test]
async fn percent_encoding_does_not_hide_the_own_admin() {
    let gateway = Setup::new().without_rate_limit().start().await;
    for operation in operations().iter().filter(|operation| operation.has_id()) {
        for segment in ["admin", "%61dmin", "%41DMIN", "adm%69n", "%EF%BD%81dmin"] {
            let path = operation.path_with_id(segment);
            let request = operation.raw_request_to(&path, &raw::usual_headers(), &operation.text_of("admin"));
            let reply = raw::exchange(gateway.address, &request).await;
            assert_eq!(reply.status, 403, "{} {segment}: {}", operation.id, reply.text());
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_name_that_only_resembles_the_own_admin_is_allowed() {
    let gateway = Setup::new().admin("Admin-Straße", "token", "code").start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        let reply = gateway.send_example(operation, "admin-strate").await;
        assert_eq!(reply.status, operation.success, "{}: {}", operation.id, reply.text());
    }
}
