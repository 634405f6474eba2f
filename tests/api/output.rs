//! Reads a process's output on a thread that a test can slow down, pause or stop.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// How the reader of a pipe behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    #[default]
    Normal,
    /// Reads at most 100 kB per second.
    Slow,
    Paused,
    /// Closes the pipe.
    Closed,
}

/// The reader of a pipe.
#[derive(Clone, Default)]
pub(crate) struct Reader(Arc<(Mutex<Reading>, Condvar)>);

impl Reader {
    /// Changes the behaviour. The reader may still read the line that it is waiting for.
    pub(crate) fn set(&self, reading: Reading) {
        *self.0.0.lock().unwrap() = reading;
        self.0.1.notify_all();
    }

    /// Waits after a line of `length` bytes as the behaviour requires. Returns whether to read on.
    fn wait_and_continue(&self, length: usize) -> bool {
        let (reading, changed) = &*self.0;
        let paused = |reading: &mut Reading| *reading == Reading::Paused;
        let reading = *changed.wait_while(reading.lock().unwrap(), paused).unwrap();
        if reading == Reading::Slow {
            thread::sleep(Duration::from_micros(10) * u32::try_from(length).unwrap());
        }
        reading != Reading::Closed
    }
}

/// The output that has been read.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) lines: Vec<String>,
    pub(crate) ended: bool,
}

/// Starts a thread that reads the lines of a pipe.
pub(crate) fn follow(pipe: impl Read + Send + 'static, reader: Reader) -> watch::Receiver<Output> {
    let (sender, receiver) = watch::channel(Output::default());
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let length = line.len();
            sender.send_modify(|output| output.lines.push(line));
            if !reader.wait_and_continue(length) {
                break;
            }
        }
        sender.send_modify(|output| output.ended = true);
    });
    receiver
}
