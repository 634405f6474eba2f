use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::writer::Written;

/// Lines that may wait for the thread. Further ones are refused, except those that must stand in the trail: there are
/// no more of these than calls under way.
const CAPACITY: usize = 4096;

/// The lines of one turn of a worker, and who waits for them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    lines: Vec<u8>,
    waiters: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    /// Where its line ends.
    end: usize,
    must_stand: bool,
    answer: oneshot::Sender<Written>,
}

impl Batch {
    /// Adds a line; answers whether it is the first one.
    pub(super) fn add(&mut self, line: &[u8], must_stand: bool, answer: oneshot::Sender<Written>) -> bool {
        self.lines.extend_from_slice(line);
        self.waiters.push(Waiter { end: self.lines.len(), must_stand, answer });
        self.waiters.len() == 1
    }

    pub(super) fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Tells each waiter what became of the line that ends there; answers how many lines were lost.
    pub(super) fn answer(self, verdict: impl Fn(usize) -> Written) -> u64 {
        let mut lost = 0;
        for Waiter { end, answer, .. } in self.waiters {
            let verdict = verdict(end);
            lost += u64::from(verdict == Written::No);
            let _ = answer.send(verdict);
        }
        lost
    }
}

/// The lines that wait for the thread, and those that it is writing.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Entry>,
    writing: Vec<Entry>,
    /// The number of the next batch.
    next: u64,
    /// The thread is to look at the sink, also without lines.
    pub(super) look: bool,
    pub(super) is_ending: bool,
}

#[derive(Debug)]
struct Entry {
    batch: u64,
    line: Vec<u8>,
    must_stand: bool,
    answer: Option<oneshot::Sender<Written>>,
    /// Dropped with the last line of a batch.
    _finish: Arc<oneshot::Sender<()>>,
}

/// What became of a batch that was added.
pub(super) struct Added {
    pub(super) number: u64,
    pub(super) taken: usize,
    pub(super) refused: u64,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_empty() && !self.look && !self.is_ending
    }

    /// Takes a batch in. `finish` is dropped when all of it is finished.
    pub(super) fn add(&mut self, batch: Batch, finish: &Arc<oneshot::Sender<()>>) -> Added {
        let mut report = Added { number: self.next, taken: 0, refused: 0 };
        self.next += 1;
        let mut start = 0;
        for Waiter { end, must_stand, answer } in batch.waiters {
            let line = batch.lines[start..end].to_vec();
            start = end;
            if self.waiting.len() >= CAPACITY && !must_stand {
                let _ = answer.send(Written::No);
                report.refused += 1;
                continue;
            }
            let finish = Arc::clone(finish);
            let entry = Entry { batch: report.number, line, must_stand, answer: Some(answer), _finish: finish };
            self.waiting.push_back(entry);
            report.taken += 1;
        }
        report
    }

    /// Takes the first lines out to write them: as many as fit into `room` bytes, and at least one.
    pub(super) fn take(&mut self, room: usize) -> Vec<u8> {
        let mut lines = Vec::new();
        while let Some(entry) = self.waiting.front() {
            if !lines.is_empty() && lines.len() + entry.line.len() > room {
                break;
            }
            lines.extend_from_slice(&entry.line);
            self.writing.extend(self.waiting.pop_front());
        }
        lines
    }

    /// Tells who waits for the lines that were taken what became of each, by where it ends; answers how many these are,
    /// and how many of them were lost.
    pub(super) fn finish(&mut self, verdict: impl Fn(usize) -> Written) -> (usize, u64) {
        let (finished, mut lost, mut end) = (self.writing.len(), 0, 0);
        for entry in self.writing.drain(..) {
            end += entry.line.len();
            let verdict = verdict(end);
            lost += u64::from(verdict == Written::No);
            if let Some(answer) = entry.answer {
                let _ = answer.send(verdict);
            }
        }
        (finished, lost)
    }

    /// Nobody waits any longer for the lines of a batch. Those that need not stand and are not being written are
    /// withdrawn; answers how many.
    pub(super) fn give_up(&mut self, batch: u64) -> usize {
        let before = self.waiting.len();
        self.waiting.retain_mut(|entry| {
            let is_given_up = entry.batch == batch;
            let answer = entry.answer.take_if(|_| is_given_up);
            if let Some(answer) = answer {
                let _ = answer.send(if entry.must_stand { Written::Perhaps } else { Written::No });
            }
            !is_given_up || entry.must_stand
        });
        for entry in self.writing.iter_mut().filter(|entry| entry.batch == batch) {
            if let Some(answer) = entry.answer.take() {
                let _ = answer.send(Written::Perhaps);
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
    use crate::audit::writer::Written;

    /// Adds a batch of one line for each of `must_stand`.
    fn add(queue: &mut Queue, must_stand: &[bool]) -> (u64, Vec<Receiver<Written>>, Receiver<()>) {
        let (finish, finished) = oneshot::channel();
        let mut batch = Batch::default();
        let receivers = must_stand.iter().map(|must_stand| {
            let (answer, receiver) = oneshot::channel();
            batch.add(if *must_stand { b"outcome\n" } else { b"attempt\n" }, *must_stand, answer);
            receiver
        });
        let receivers = receivers.collect();
        (queue.add(batch, &Arc::new(finish)).number, receivers, finished)
    }

    #[test]
    fn what_is_given_up_is_withdrawn_unless_it_must_stand() {
        let mut queue = Queue::default();
        let (number, mut lines, mut finished) = add(&mut queue, &[false, true, false]);
        let (_, mut others, _) = add(&mut queue, &[false]);
        assert_eq!(queue.give_up(number), 2);
        assert_eq!(
            lines.iter_mut().map(|line| line.try_recv().unwrap()).collect::<Vec<_>>(),
            [Written::No, Written::Perhaps, Written::No]
        );
        assert!(matches!(finished.try_recv(), Err(oneshot::error::TryRecvError::Empty)), "the outcome is still owed");
        assert_eq!(queue.take(usize::MAX), b"outcome\nattempt\n");
        assert_eq!(queue.finish(|_| Written::Yes), (2, 0));
        assert_eq!(others[0].try_recv(), Ok(Written::Yes));
        assert!(matches!(finished.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }

    #[test]
    fn what_is_being_written_cannot_be_withdrawn() {
        let mut queue = Queue::default();
        let (number, mut lines, _) = add(&mut queue, &[false, false]);
        assert_eq!(queue.take(1), b"attempt\n", "at least one");
        assert_eq!(queue.give_up(number), 1);
        assert_eq!((lines[0].try_recv(), lines[1].try_recv()), (Ok(Written::Perhaps), Ok(Written::No)));
        assert_eq!(queue.finish(|end| if end == 8 { Written::No } else { Written::Yes }), (1, 1));
    }

    #[test]
    fn a_full_queue_refuses_lines_that_need_not_stand() {
        let mut queue = Queue::default();
        let (_, _kept, _) = add(&mut queue, &[false; CAPACITY]);
        let (_, mut lines, _) = add(&mut queue, &[false, true]);
        assert_eq!(lines[0].try_recv(), Ok(Written::No));
        assert!(lines[1].try_recv().is_err(), "it waits");
    }
}
