//! How the simulator is told to misbehave.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::envelope::code_text;
use crate::{Gate, Operation, ReturnCode};

/// What to do, with which calls, how often. Instructions are tried in the order they were given.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instruction {
    /// The operation concerned; `None` for any.
    pub operation: Option<Operation>,
    /// How many calls; `None` for ever.
    pub times: Option<u32>,
    /// What to do with them.
    pub behaviour: Behaviour,
}

impl Instruction {
    /// For the next call of an operation (`None`: of any).
    pub fn once(operation: impl Into<Option<Operation>>, behaviour: Behaviour) -> Self {
        Self::times(operation, 1, behaviour)
    }

    /// For the next calls, so many.
    pub fn times(operation: impl Into<Option<Operation>>, times: u32, behaviour: Behaviour) -> Self {
        Self { operation: operation.into(), times: Some(times), behaviour }
    }

    /// For all calls until [`clear_instructions`](crate::Simulator::clear_instructions).
    pub fn always(operation: impl Into<Option<Operation>>, behaviour: Behaviour) -> Self {
        Self { operation: operation.into(), times: None, behaviour }
    }
}

/// What the simulator does instead of, before or after behaving normally.
///
/// [`Delay`](Self::Delay) and [`Hold`](Self::Hold) compose: a call takes all that match up to and including the first
/// instruction of another kind, waits, and then does as that one says (or behaves normally).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Behaviour {
    /// Answers this code with `"object":""`, without executing.
    Code {
        /// The code exactly as it shall stand on the wire: `"10003"`, `10003`, `10003.0`, `null`, …
        code: Value,
        /// The message beside it.
        message: String,
    },
    /// Waits first. As `{"delayMs":…}` over HTTP.
    #[serde(rename = "delayMs", deserialize_with = "milliseconds")]
    Delay(Duration),
    /// Waits until the test opens the gate. Not available over HTTP.
    #[serde(skip)]
    Hold(Gate),
    /// Answers this, verbatim, without executing.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type`; none if `None`.
        content_type: Option<String>,
        /// Further headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body; text over HTTP.
        #[serde(default, deserialize_with = "text")]
        body: Vec<u8>,
    },
    /// Executes, and where that succeeds answers this as `object`.
    Object(Value),
    /// Executes, and answers this JSON as the whole body, whatever came of it.
    Envelope(Value),
    /// Executes, then closes the connection. The client sees it end before the first byte of a reply.
    CutBeforeReply,
    /// Closes the connection when the request has been read. The client sees the same as with `CutBeforeReply`.
    CutWithoutExecuting,
}

impl Behaviour {
    /// [`Behaviour::Code`] with the message that goes with the code.
    pub fn code(code: impl Into<Value>) -> Self {
        let code = code.into();
        let message = code_text(&code)
            .and_then(|text| ReturnCode::named(&text))
            .map_or("Unknown error", |known| known.message)
            .to_owned();
        Self::Code { code, message }
    }

    /// [`Behaviour::Reply`] without further headers.
    pub fn reply(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply { status, content_type: Some(content_type.to_owned()), headers: Vec::new(), body: body.into() }
    }
}

/// What a call is told: the waits, then perhaps one other behaviour.
pub(crate) type Plan = Vec<Behaviour>;

/// The instructions still to be followed.
#[derive(Default)]
pub(crate) struct Instructions(Vec<Instruction>);

impl Instructions {
    pub(crate) fn add(&mut self, instruction: Instruction) {
        self.0.push(instruction);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes what the next call of this operation has to follow.
    pub(crate) fn take(&mut self, operation: Operation) -> Plan {
        let mut plan = Plan::new();
        for instruction in &mut self.0 {
            let concerned = instruction.operation.is_none_or(|wanted| wanted == operation);
            if !concerned || instruction.times == Some(0) {
                continue;
            }
            instruction.times = instruction.times.map(|times| times - 1);
            plan.push(instruction.behaviour.clone());
            if !matches!(instruction.behaviour, Behaviour::Delay(_) | Behaviour::Hold(_)) {
                break;
            }
        }
        self.0.retain(|instruction| instruction.times != Some(0));
        plan
    }
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    String::deserialize(deserializer).map(String::into_bytes)
}
