//! The lines that wait for the audit thread, in batches.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::written::Written;

/// Lines that can wait for the thread. Further lines are refused, except mandatory ones. There are never more mandatory
/// lines than calls in progress.
const CAPACITY: usize = 4096;

/// Lines that tasks have added since the last write, and who waits for them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    lines: Vec<u8>,
    waiters: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    /// The offset at which its line ends.
    end: usize,
    is_mandatory: bool,
    result: oneshot::Sender<Written>,
}

impl Batch {
    /// Adds a line. Returns whether it is the first line of the batch.
    pub(super) fn add(&mut self, line: &[u8], is_mandatory: bool, result: oneshot::Sender<Written>) -> bool {
        self.lines.extend_from_slice(line);
        self.waiters.push(Waiter { end: self.lines.len(), is_mandatory, result });
        self.waiters.len() == 1
    }

    pub(super) fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Sends each waiter the result of its line, which `result_at` derives from the line's end. Returns the number of lost
    /// lines.
    pub(super) fn finish(self, result_at: impl Fn(usize) -> Written) -> u64 {
        let mut lost = 0;
        for Waiter { end, result, .. } in self.waiters {
            let written = result_at(end);
            lost += u64::from(written == Written::No);
            let _ = result.send(written);
        }
        lost
    }
}

/// The lines that wait for the thread, and the lines that it is writing.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Entry>,
    writing: Vec<Entry>,
    next_batch: u64,
    /// Asks the thread to check the sink, even if no lines wait.
    pub(super) must_check: bool,
    pub(super) is_stopping: bool,
}

#[derive(Debug)]
struct Entry {
    batch: u64,
    line: Vec<u8>,
    is_mandatory: bool,
    /// `None` once the waiter has its result.
    result: Option<oneshot::Sender<Written>>,
    /// Dropped with the last entry of the batch.
    _finish: Arc<oneshot::Sender<()>>,
}

/// What [`Queue::add`] did with a batch.
pub(super) struct Added {
    pub(super) batch: u64,
    pub(super) accepted: usize,
    pub(super) refused: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the thread has nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.is_empty() && !self.must_check && !self.is_stopping
    }

    /// Adds a batch. `finish` is dropped when all its lines are finished.
    pub(super) fn add(&mut self, batch: Batch, finish: &Arc<oneshot::Sender<()>>) -> Added {
        let mut added = Added { batch: self.next_batch, accepted: 0, refused: 0 };
        self.next_batch += 1;
        let mut start = 0;
        for Waiter { end, is_mandatory, result } in batch.waiters {
            let line = batch.lines[start..end].to_vec();
            start = end;
            if self.waiting.len() >= CAPACITY && !is_mandatory {
                let _ = result.send(Written::No);
                added.refused += 1;
                continue;
            }
            let finish = Arc::clone(finish);
            let entry = Entry { batch: added.batch, line, is_mandatory, result: Some(result), _finish: finish };
            self.waiting.push_back(entry);
            added.accepted += 1;
        }
        added
    }

    /// Removes the first lines in order to write them: as many as fit into `max_bytes`, and at least one.
    pub(super) fn take(&mut self, max_bytes: usize) -> Vec<u8> {
        let mut lines = Vec::new();
        while let Some(entry) = self.waiting.front() {
            if !lines.is_empty() && lines.len() + entry.line.len() > max_bytes {
                break;
            }
            lines.extend_from_slice(&entry.line);
            self.writing.extend(self.waiting.pop_front());
        }
        lines
    }

    /// Sends the waiters of the lines that were taken the result of their line, which `result_at` derives from the line's
    /// end. Returns the number of these lines, and how many of them are lost.
    pub(super) fn finish(&mut self, result_at: impl Fn(usize) -> Written) -> (usize, u64) {
        let (finished, mut lost, mut end) = (self.writing.len(), 0, 0);
        for entry in self.writing.drain(..) {
            end += entry.line.len();
            let written = result_at(end);
            lost += u64::from(written == Written::No);
            if let Some(result) = entry.result {
                let _ = result.send(written);
            }
        }
        (finished, lost)
    }

    /// Ends the wait for the lines of a batch. Lines that are neither mandatory nor being written are withdrawn. Returns
    /// the number of withdrawn lines.
    pub(super) fn time_out(&mut self, batch: u64) -> usize {
        let before = self.waiting.len();
        self.waiting.retain_mut(|entry| {
            let has_timed_out = entry.batch == batch;
            let result = entry.result.take_if(|_| has_timed_out);
            if let Some(result) = result {
                let _ = result.send(if entry.is_mandatory { Written::Unknown } else { Written::No });
            }
            !has_timed_out || entry.is_mandatory
        });
        for entry in self.writing.iter_mut().filter(|entry| entry.batch == batch) {
            if let Some(result) = entry.result.take() {
                let _ = result.send(Written::Unknown);
            }
        }
        before - self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::oneshot::{self, Receiver};

    use super::{Batch, CAPACITY, Queue};
    use crate::audit::written::Written;

    /// Adds a batch with one line for each item of `mandatory`.
    fn add(queue: &mut Queue, mandatory: &[bool]) -> (u64, Vec<Receiver<Written>>, Receiver<()>) {
        let (finish, finished) = oneshot::channel();
        let mut batch = Batch::default();
        let receivers = mandatory.iter().map(|is_mandatory| {
            let (result, receiver) = oneshot::channel();
            batch.add(if *is_mandatory { b"outcome\n" } else { b"attempt\n" }, *is_mandatory, result);
            receiver
        });
        let receivers = receivers.collect();
        (queue.add(batch, &Arc::new(finish)).batch, receivers, finished)
    }

    #[test]
    fn lines_that_time_out_are_withdrawn_unless_they_are_mandatory() {
        let mut queue = Queue::default();
        let (number, mut lines, mut finished) = add(&mut queue, &[false, true, false]);
        let (_, mut others, _) = add(&mut queue, &[false]);
        assert_eq!(queue.time_out(number), 2);
        assert_eq!(
            lines.iter_mut().map(|line| line.try_recv().unwrap()).collect::<Vec<_>>(),
            [Written::No, Written::Unknown, Written::No]
        );
        assert!(matches!(finished.try_recv(), Err(oneshot::error::TryRecvError::Empty)), "the outcome still waits");
        assert_eq!(queue.take(usize::MAX), b"outcome\nattempt\n");
        assert_eq!(queue.finish(|_| Written::Yes), (2, 0));
        assert_eq!(others[0].try_recv(), Ok(Written::Yes));
        assert!(matches!(finished.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }

    #[test]
    fn lines_that_are_being_written_cannot_be_withdrawn() {
        let mut queue = Queue::default();
        let (number, mut lines, _) = add(&mut queue, &[false, false]);
        assert_eq!(queue.take(1), b"attempt\n", "at least one");
        assert_eq!(queue.time_out(number), 1);
        assert_eq!((lines[0].try_recv(), lines[1].try_recv()), (Ok(Written::Unknown), Ok(Written::No)));
        assert_eq!(queue.finish(|end| if end == 8 { Written::No } else { Written::Yes }), (1, 1));
    }

    #[test]
    fn a_full_queue_refuses_lines_that_are_not_mandatory() {
        let mut queue = Queue::default();
        let (_, _kept, _) = add(&mut queue, &[false; CAPACITY]);
        let (_, mut lines, _) = add(&mut queue, &[false, true]);
        assert_eq!(lines[0].try_recv(), Ok(Written::No));
        assert!(lines[1].try_recv().is_err(), "it waits");
    }
}
