//! Limits the open connections of a listener by closing the oldest one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use super::connection::{Connection, State};

/// The open connections of a listener, oldest first.
///
/// If there are too many, the oldest one is closed, unless its request has arrived. Idle connections, however many, can
/// therefore not block probes: a probe sends its request at once.
#[derive(Debug)]
pub(super) struct OpenConnections {
    max: usize,
    oldest_first: RefCell<VecDeque<Weak<State>>>,
}

impl OpenConnections {
    pub(super) fn new(max: usize) -> Self {
        Self { max, oldest_first: RefCell::default() }
    }

    /// Adds a connection, and evicts the oldest ones if there are too many.
    pub(super) fn add(&self, connection: &Connection) {
        let mut open = self.oldest_first.borrow_mut();
        open.push_back(Rc::downgrade(&connection.0));
        if open.len() > self.max {
            open.retain(|connection| connection.strong_count() > 0);
        }
        while open.len() > self.max {
            if let Some(oldest) = open.pop_front().and_then(|oldest| oldest.upgrade()) {
                Connection(oldest).evict();
            }
        }
    }
}
