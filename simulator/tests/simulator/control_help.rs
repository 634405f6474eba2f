//! The requests, settings and behaviours in the description of the control interface work as described.

use centagate_simulator::{CONTROL_HELP, Config, Login, Simulator, User};

use crate::bench::Bench;
use crate::client::send;

/// The code in a text, such as `{"delayMs":1500}`.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The part of the description from one word to another.
fn part(start: &str, end: &str) -> &'static str {
    CONTROL_HELP.split_once(start).expect(start).1.split(end).next().expect(end)
}

async fn expect_success(simulator: &Simulator, method: &str, path: &str, body: &str) {
    let answer = send(simulator.address(), method, path, &[], body.as_bytes()).await;
    assert!(answer.status < 300, "{method} {path} {body}: {} {}", answer.status, answer.body);
}

#[tokio::test]
async fn every_request_in_the_description_succeeds() {
    let mut count = 0;
    for row in CONTROL_HELP.lines().filter(|line| line.starts_with("| `GET ") || line.contains(" /simulator/")) {
        let cells: Vec<&str> = row.split('|').collect();
        let (method, path) = code(cells[1]).next().and_then(|request| request.split_once(' ')).expect(row);
        // A simulator with a user, since a row may need one.
        let mut config = Config::new(centagate_simulator::Admin::with_fresh_session("admin"));
        config.login = Some(Login::fresh());
        config.approval_required = path.ends_with("/approval");
        let simulator = Simulator::start(config).await.unwrap();
        simulator.add_user(User::new("alice"));
        let body = match code(cells[2]).next() {
            Some(body) => body.replace(":…", ":{\"delayMs\":1}"),
            None if cells[2].contains("any of the") => "{}".to_owned(),
            None => String::new(),
        };
        let path = path.replace("{username}", "alice");
        let answer = send(simulator.address(), method, &path, &[], body.as_bytes()).await;
        // No change of alice waits for an approval.
        let expected = if path.ends_with("/approval") { 404..=404 } else { 200..=204 };
        assert!(expected.contains(&answer.status), "{row}: {} {}", answer.status, answer.body);
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[tokio::test]
async fn every_setting_in_the_description_is_accepted() {
    let bench = Bench::start().await;
    let (settings, obstacles) = part("Settings:", "\n\n").split_once("`\"obstacle\":null`").expect("the last setting");
    let settings = code(settings).filter(|code| code.starts_with('"')).map(|setting| format!("{{{setting}}}"));
    let obstacles = code(obstacles).map(|obstacle| format!("{{\"obstacle\":{obstacle}}}"));
    let bodies: Vec<String> = settings.chain(obstacles).collect();
    assert!(bodies.len() > 12, "{bodies:?}");
    for body in bodies {
        expect_success(&bench.simulator, "POST", "/simulator/settings", &body).await;
    }
}

#[tokio::test]
async fn every_behaviour_in_the_description_is_accepted() {
    let bench = Bench::start().await;
    let behaviours: Vec<&str> = code(part("Behaviours:", "\n\n")).collect();
    assert!(behaviours.len() > 6, "{behaviours:?}");
    for behaviour in behaviours {
        let body = format!("{{\"behaviour\":{behaviour}}}");
        expect_success(&bench.simulator, "POST", "/simulator/instructions", &body).await;
    }
}
