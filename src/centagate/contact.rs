//! What CENTAGATE last answered, for readiness.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::error::{Error, NotSent};
use super::http::Reply;

/// The last contact with CENTAGATE.
#[derive(Debug, Default)]
pub(in crate::centagate) struct Contact {
    /// Whether a connection was ever opened. If TLS is used, the server's certificate was trusted.
    ever_connected: AtomicBool,
    last: Mutex<Option<(Instant, Answer)>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Code(i64),
    None(String),
}

/// What CENTAGATE last answered. Its `Display` contains no text that CENTAGATE sent.
#[derive(Clone, Debug)]
pub struct ContactStatus {
    /// Whether this process has ever opened a connection to a server that it trusts.
    pub ever_connected: bool,
    last: Option<(Instant, Answer)>,
}

impl Contact {
    /// Records that a connection was opened.
    pub(in crate::centagate) fn connected(&self) {
        // `load` first: a `store` on every call would share a cache line between all workers.
        if !self.ever_connected.load(Ordering::Relaxed) {
            self.ever_connected.store(true, Ordering::Relaxed);
        }
    }

    /// Records the result of a call. A call that was not sent says nothing, unless no connection could be opened.
    pub(in crate::centagate) fn record(&self, result: &Result<Reply, Error>) {
        let answer = match result {
            Ok(Reply { object: Ok(_), .. }) => Answer::Code(0),
            Ok(Reply { object: Err(code), .. }) => Answer::Code(code.get()),
            Err(error) => return self.failed(error),
        };
        self.connected();
        self.set(answer);
    }

    /// Records why there was no answer.
    pub(in crate::centagate) fn failed(&self, error: &Error) {
        match error {
            Error::NotSent(NotSent::CannotConnect(_)) => {}
            Error::NotSent(_) => return,
            _ => self.connected(),
        }
        self.set(Answer::None(error.to_string()));
    }

    pub(in crate::centagate) fn status(&self) -> ContactStatus {
        ContactStatus { ever_connected: self.ever_connected.load(Ordering::Relaxed), last: self.last().clone() }
    }

    fn set(&self, answer: Answer) {
        *self.last() = Some((Instant::now(), answer));
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Answer)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for ContactStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.last {
            None if self.ever_connected => f.write_str("can be reached; no call yet"),
            None => f.write_str("not reached yet"),
            Some((at, Answer::Code(code))) => write!(f, "answered code {code} {} s ago", at.elapsed().as_secs()),
            Some((at, Answer::None(cause))) => write!(f, "no answer {} s ago: {cause}", at.elapsed().as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use tokio::time::advance;

    use super::Contact;
    use crate::centagate::error::{Error, NotSent};
    use crate::centagate::http::Reply;
    use crate::centagate::return_code::ReturnCode;

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_is_shown_with_its_age() {
        let contact = Contact::default();
        let shown = || (contact.status().ever_connected, contact.status().to_string());
        assert_eq!(shown(), (false, "not reached yet".into()));
        contact.failed(&Error::NotSent(NotSent::Busy));
        assert_eq!(shown(), (false, "not reached yet".into()), "the gateway's own limits say nothing");
        contact.failed(&Error::NotSent(NotSent::CannotConnect("refused".into())));
        advance(Duration::from_secs(3)).await;
        let text = "no answer 3 s ago: nothing was sent: cannot connect: refused";
        assert_eq!(shown(), (false, text.into()));
        contact.record(&Err(Error::TimedOut));
        assert_eq!(shown(), (true, "no answer 0 s ago: no reply in time".into()), "a request was sent");
        contact.record(&Ok(Reply { object: Err(ReturnCode::new(10001)), date: None }));
        assert_eq!(shown(), (true, "answered code 10001 0 s ago".into()));
        contact.record(&Ok(Reply { object: Ok(Value::Null), date: None }));
        contact.failed(&Error::NotSent(NotSent::CannotConnect("refused".into())));
        assert!(contact.status().ever_connected, "it was reached before");
    }

    #[test]
    fn an_opened_connection_is_enough_to_be_reached() {
        let contact = Contact::default();
        contact.connected();
        assert_eq!(contact.status().to_string(), "can be reached; no call yet");
    }
}
