//! Characters that hide or reorder text are escaped in every line that contains callers' text.

use centagate_gateway::centagate::percent_encode_segment;
use centagate_simulator::User;

use crate::callers;
use crate::environment::Environment;
use crate::gateway::token;
use crate::process::json;
use crate::raw;

/// Separators, bidirectional marks and a zero-width space. A caller's name may contain them.
const MARKS: &str = "\u{2028}\u{2029}\u{200e}\u{200f}\u{61c}\u{200b}";
/// Bidirectional controls. A username in the path may contain them, too.
const CONTROLS: &str = "\u{202a}\u{202e}\u{2066}\u{2069}";

#[tokio::test]
async fn hidden_characters_are_escaped_in_the_log_and_in_the_trail_and_decode_to_the_same_text() {
    for (format, sink) in [("json", "file"), ("json", "stdout"), ("pretty", "file")] {
        let (environment, simulator) = Environment::with_simulator().await;
        let (caller, name) = (format!("c{MARKS}z"), format!("a{MARKS}{CONTROLS}z"));
        simulator.add_user(User::new(&name));
        let block = callers::block(&caller, "hidden", &["otp-tokens:create"], "");
        environment.write("callers.toml", block);
        let mut environment = environment.set("GATEWAY__TELEMETRY__LOG_FORMAT", format);
        if sink == "stdout" {
            environment = environment.unset("GATEWAY__AUDIT__SINK");
        }
        let mut gateway = environment.serve().await;
        let path = format!("/users/{}/otp-token", percent_encode_segment(&name));
        let headers =
            "X-Request-Id: hidden\r\nAuthorization: Bearer hidden\r\nContent-Type: application/json\r\n".to_owned();
        let request = raw::post(&path, &headers, token().to_string().as_bytes());
        assert_eq!(raw::exchange(gateway.address, &request).await.status, 201);
        let line = gateway.wait_for_line(|line| line.contains("request_id") && line.contains("hidden")).await;
        gateway.terminate();
        assert!(gateway.end().await.success());
        let text = gateway.lines().join("\n") + &gateway.audit_trail().text();
        assert!(
            !text.contains(|character| MARKS.contains(character) || CONTROLS.contains(character)),
            "{format}: {text}"
        );
        match format {
            "json" => assert_eq!(json(&line)["caller"], caller.as_str(), "{line}"),
            _ => assert!(line.contains("caller=\"c\\u{2028}\\u{2029}\\u{200e}"), "{line}"),
        }
        let printed = gateway.lines();
        let trail = gateway.audit_trail().text();
        let attempt = printed.iter().map(String::as_str).chain(trail.lines()).map(json);
        let attempt = attempt.into_iter().find(|line| line["audit"] == "attempt").expect("an attempt");
        assert_eq!((&attempt["target"], &attempt["caller"]), (&name.as_str().into(), &caller.as_str().into()));
    }
}
