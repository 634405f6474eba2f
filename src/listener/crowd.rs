//! A bound on connections that makes room for new ones.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use super::connection::{Connection, State};

/// The open connections of a listener, oldest first. When there are too many, the oldest one makes room, unless its request has
/// come.
///
/// So any number of silent connections keeps no probe waiting. A connection that has something to say says it at once.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    open: RefCell<VecDeque<Weak<State>>>,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: RefCell::default() }
    }

    /// Takes a connection in.
    pub(super) fn admit(&self, connection: &Connection) {
        let mut open = self.open.borrow_mut();
        open.push_back(Rc::downgrade(&connection.0));
        if open.len() > self.most {
            open.retain(|connection| connection.strong_count() > 0);
        }
        while open.len() > self.most {
            if let Some(oldest) = open.pop_front().and_then(|oldest| oldest.upgrade()) {
                Connection(oldest).evict();
            }
        }
    }
}
