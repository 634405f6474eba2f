//! The record of what was received and what came of it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::Operation;

/// How many requests are kept; older ones are forgotten, so that a long demo does not eat the memory.
const KEPT: usize = 100_000;

/// One request as it arrived, and what came of it. `Debug` hides the values, which hold cenTokens and passwords.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path as on the request line, still percent-encoded, with the query if there was one.
    pub path: String,
    /// Header names (lower case) and values. HTTP libraries do not keep their order.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte (as text in the HTTP interface).
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// The members of the body if it is a JSON object, else empty.
    pub members: Map<String, Value>,
    /// The operation, if path and method lead to one.
    pub operation: Option<Operation>,
    /// The code that was answered, as text; `None` while there is no answer, and where an answer had no code.
    pub code: Option<String>,
    /// Whether the call was executed, that is: changed the state.
    pub executed: bool,
    /// Whether the exchange is over: answered or cut.
    pub finished: bool,
}

impl Request {
    /// A member of the body that is a string.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .field("members", &self.members.keys().collect::<Vec<_>>())
            .field("operation", &self.operation)
            .field("code", &self.code)
            .field("executed", &self.executed)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// All requests in order of arrival.
pub(crate) struct Log {
    entries: Mutex<VecDeque<Request>>,
    arrived: watch::Sender<usize>,
    finished: watch::Sender<usize>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { entries: Mutex::default(), arrived: watch::Sender::new(0), finished: watch::Sender::new(0) }
    }

    /// Records an arrival; its number is the key to [`finish`](Self::finish).
    pub(crate) fn arrive(&self, request: Request) -> usize {
        let mut entries = self.entries();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(request);
        self.arrived.send_modify(|count| *count += 1);
        *self.arrived.borrow() - 1
    }

    /// Records what came of a request.
    pub(crate) fn finish(&self, number: usize, code: Option<String>, executed: bool) {
        let mut entries = self.entries();
        let forgotten = *self.arrived.borrow() - entries.len();
        if let Some(request) = number.checked_sub(forgotten).and_then(|index| entries.get_mut(index)) {
            request.code = code;
            request.executed = executed;
            request.finished = true;
        }
        self.finished.send_modify(|count| *count += 1);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.entries().iter().cloned().collect()
    }

    pub(crate) fn arrivals(&self) -> watch::Receiver<usize> {
        self.arrived.subscribe()
    }

    pub(crate) fn finishes(&self) -> watch::Receiver<usize> {
        self.finished.subscribe()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, VecDeque<Request>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}
