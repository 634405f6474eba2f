//! Instructions that make the simulator misbehave.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http::code_text;
use crate::{Gate, Operation, ReturnCode};

/// What to do, for which calls, how often. Instructions apply in the order in which they were added.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instruction {
    /// The operation; `None` for any.
    pub operation: Option<Operation>,
    /// The number of calls; `None` for no limit.
    pub times: Option<u32>,
    /// What to do.
    pub behaviour: Behaviour,
}

impl Instruction {
    /// Applies to the next call of an operation (`None`: of any).
    pub fn once(operation: impl Into<Option<Operation>>, behaviour: Behaviour) -> Self {
        Self::times(operation, 1, behaviour)
    }

    /// Applies to the next `times` calls.
    pub fn times(operation: impl Into<Option<Operation>>, times: u32, behaviour: Behaviour) -> Self {
        Self { operation: operation.into(), times: Some(times), behaviour }
    }

    /// Applies to all calls until [`clear_instructions`](crate::Simulator::clear_instructions).
    pub fn always(operation: impl Into<Option<Operation>>, behaviour: Behaviour) -> Self {
        Self { operation: operation.into(), times: None, behaviour }
    }
}

/// What the simulator does instead of its normal behaviour, or in addition to it.
///
/// [`Delay`](Self::Delay) and [`Hold`](Self::Hold) can be combined: a call takes the matching instructions up to the first
/// one of another kind, waits, and then follows that one. Without one of another kind, it behaves normally.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Behaviour {
    /// Answers this code with `"object":""` and does not execute the call.
    Code {
        /// The code exactly as on the wire: `"10003"`, `10003`, `10003.0`, `null`, …
        code: Value,
        /// The message.
        message: String,
    },
    /// Waits first. `{"delayMs":…}` over HTTP.
    #[serde(rename = "delayMs", deserialize_with = "milliseconds")]
    Delay(Duration),
    /// Waits until the test opens the gate. Not available over HTTP.
    #[serde(skip)]
    Hold(Gate),
    /// Answers exactly this and does not execute the call.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type`; none if `None`.
        content_type: Option<String>,
        /// More headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body; a string over HTTP.
        #[serde(default, deserialize_with = "text")]
        body: Vec<u8>,
    },
    /// Executes the call. If it succeeds, answers this `object`.
    Object(Value),
    /// Executes the call and answers this JSON as the whole body, whether the call succeeds or not.
    Envelope(Value),
    /// Executes the call and closes the connection before the first byte of a reply.
    CutBeforeReply,
    /// Reads the request, does not execute the call, and closes the connection before the first byte of a reply.
    CutWithoutExecuting,
}

impl Behaviour {
    /// [`Behaviour::Code`] with the code's own message.
    pub fn code(code: impl Into<Value>) -> Self {
        let code = code.into();
        let message = code_text(&code)
            .and_then(|text| ReturnCode::find(&text))
            .map_or("Unknown error", |known| known.message)
            .to_owned();
        Self::Code { code, message }
    }

    /// [`Behaviour::Reply`] without more headers.
    pub fn reply(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply { status, content_type: Some(content_type.to_owned()), headers: Vec::new(), body: body.into() }
    }
}

/// What one call has to do: any number of waits, then at most one other behaviour.
pub(crate) type Plan = Vec<Behaviour>;

/// The remaining instructions.
#[derive(Default)]
pub(crate) struct Instructions(Vec<Instruction>);

impl Instructions {
    pub(crate) fn add(&mut self, instruction: Instruction) {
        self.0.push(instruction);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the plan for a call of this operation.
    pub(crate) fn take(&mut self, operation: Operation) -> Plan {
        let mut plan = Plan::new();
        for instruction in &mut self.0 {
            let applies = instruction.operation.is_none_or(|wanted| wanted == operation);
            if !applies || instruction.times == Some(0) {
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
