//! Instructions that make the simulator misbehave.

use std::time::{Duration, Instant};

use centagate_simulator::{Behaviour, Gate, Instruction, Operation};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bench::{Bench, CREATE_USER};
use crate::client::{TEST_TIMEOUT, exchange, send};

#[tokio::test]
async fn a_code_of_any_type_is_answered_as_given() {
    let bench = Bench::start().await;
    for (code, recorded) in [
        (json!("10003"), Some("10003")),
        (json!(10003), Some("10003")),
        (json!(10003.0), Some("10003.0")),
        (json!(null), None),
        (json!(true), None),
        (json!("x"), Some("x")),
    ] {
        let behaviour = Behaviour::code(code.clone());
        bench.simulator.instruct(Instruction::once(Operation::CreateUser, behaviour));
        let answer = bench.create_user(&bench.registration("bob")).await;
        assert_eq!(answer.code(), code);
        assert_eq!(answer.object(), "");
        let request = bench.simulator.requests().pop().unwrap();
        assert_eq!(request.code.as_deref(), recorded);
    }
    let behaviour = Behaviour::code(10003.0);
    bench.simulator.instruct(Instruction::once(None, behaviour));
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert!(answer.body.starts_with(r#"{"code":10003.0,"#), "{}", answer.body);
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn instructions_count_operations_and_times() {
    let bench = Bench::with_alice().await;
    let simulator = &bench.simulator;
    simulator.instruct(Instruction::times(Operation::CreateUser, 2, Behaviour::code("10003")));
    simulator.instruct(Instruction::once(Operation::CreateUser, Behaviour::code("10004")));
    simulator.instruct(Instruction::always(Operation::RegisterOtpToken, Behaviour::code("10011")));
    assert_eq!(bench.token_code_with(json!({})).await, "10011");
    assert_eq!(bench.code_with(json!({})).await, "10003");
    assert_eq!(bench.code_with(json!({})).await, "10003");
    assert_eq!(bench.code_with(json!({})).await, "10004");
    assert_eq!(bench.code_with(json!({})).await, "0");
    assert_eq!(bench.token_code_with(json!({})).await, "10011");
    simulator.clear_instructions();
    assert_eq!(bench.token_code_with(json!({})).await, "0");
    simulator.instruct(Instruction::always(None, Behaviour::code("1")));
    assert_eq!(bench.token_code_with(json!({})).await, "1");
    assert_eq!(bench.code_with(json!({})).await, "1");
}

#[tokio::test]
async fn a_delay_is_combined_with_the_next_instruction() {
    let bench = Bench::start().await;
    let delay = Duration::from_millis(300);
    bench.simulator.instruct(Instruction::always(None, Behaviour::Delay(delay)));
    bench.simulator.instruct(Instruction::once(None, Behaviour::code("10004")));
    for expected in ["10004", "0"] {
        let start = Instant::now();
        assert_eq!(bench.code_with(json!({})).await, expected);
        assert!(start.elapsed() >= delay);
    }
}

#[tokio::test]
async fn a_gate_holds_requests_until_it_opens() {
    let bench = Bench::start().await;
    let gate = Gate::new();
    let hold = Behaviour::Hold(gate.clone());
    bench.simulator.instruct(Instruction::times(Operation::CreateUser, 2, hold));
    let call = |username: &str| {
        let body = bench.registration(username).to_string();
        let address = bench.simulator.address();
        tokio::spawn(async move {
            let answer = send(address, "PUT", CREATE_USER, &[], body.as_bytes()).await;
            answer.code()
        })
    };
    let waiting = [call("bob"), call("eve")];
    timeout(TEST_TIMEOUT, gate.entered()).await.unwrap();
    timeout(TEST_TIMEOUT, gate.entered_by(2)).await.unwrap();
    assert_eq!(bench.simulator.executions(), 0);
    assert!(bench.simulator.requests().iter().all(|request| !request.finished));
    assert_eq!(call("third").await.unwrap(), "0");
    gate.open();
    for call in waiting {
        assert_eq!(call.await.unwrap(), "0");
    }
    assert_eq!(bench.simulator.executions(), 3);
}

#[tokio::test]
async fn a_reply_is_sent_verbatim() {
    let bench = Bench::start().await;
    bench.simulator.instruct(Instruction::once(
        Operation::CreateUser,
        Behaviour::Reply {
            status: 307,
            content_type: None,
            headers: vec![("Location".to_owned(), "http://elsewhere/".to_owned())],
            body: b"moved".to_vec(),
        },
    ));
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!((answer.status, answer.body.as_str()), (307, "moved"));
    assert_eq!(answer.header("Location"), Some("http://elsewhere/"));
    assert_eq!(answer.header("Content-Type"), None);
    let page = Behaviour::reply(502, "text/html", "<html>");
    bench.simulator.instruct(Instruction::once(None, page));
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!((answer.status, answer.body.as_str()), (502, "<html>"));
    assert_eq!(answer.header("Content-Type"), Some("text/html"));
    let request = bench.simulator.requests().pop().unwrap();
    assert!(request.finished && !request.executed && request.code.is_none());
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn an_object_instruction_replaces_only_the_object_of_a_success() {
    let bench = Bench::start().await;
    let behaviour = Behaviour::Object(json!({"id": [1]}));
    bench.simulator.instruct(Instruction::always(Operation::CreateUser, behaviour));
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!(answer.object(), json!({"id": [1]}));
    assert_eq!(bench.simulator.executions(), 1);
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!((answer.code(), answer.object()), (json!("22025"), json!("")));
}

#[tokio::test]
async fn an_envelope_replaces_the_whole_body() {
    let bench = Bench::start().await;
    for envelope in [json!({"code": 0}), json!([]), Value::Null] {
        let behaviour = Behaviour::Envelope(envelope.clone());
        bench.simulator.instruct(Instruction::once(None, behaviour));
        let answer = bench.create_user(&bench.registration("bob")).await;
        assert_eq!(answer.json(), envelope);
    }
    let executed: Vec<_> = bench.simulator.requests().iter().map(|request| request.executed).collect();
    assert_eq!(executed, [true, false, false]);
    assert_eq!(bench.simulator.requests()[0].code.as_deref(), Some("0"));
}

#[tokio::test]
async fn a_cut_connection_ends_before_the_first_byte_of_a_reply() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    let body = bench.registration("bob").to_string();
    for (behaviour, executed) in [(Behaviour::CutWithoutExecuting, false), (Behaviour::CutBeforeReply, true)] {
        bench.simulator.instruct(Instruction::once(None, behaviour));
        let reply = exchange(address, "PUT", CREATE_USER, &[], body.as_bytes()).await;
        assert!(reply.is_empty());
        assert_eq!(bench.simulator.user("bob").is_some(), executed);
        let request = bench.simulator.requests().pop().unwrap();
        assert!(request.finished && request.code.is_none());
        assert_eq!(request.executed, executed);
    }
    assert_eq!(bench.code_with(json!({})).await, "22025");
}
