//! What a process prints, read by a thread that a test can slow down, pause or end.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// What the reader of a pipe does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    #[default]
    On,
    /// At most 100 kB a second.
    Slow,
    Paused,
    /// The pipe is closed.
    Off,
}

/// The reader of a pipe.
#[derive(Clone, Default)]
pub(crate) struct Reader(Arc<(Mutex<Reading>, Condvar)>);

impl Reader {
    /// Has it read on, pause, or close the pipe. A line that it is waiting for may still be read.
    pub(crate) fn set(&self, reading: Reading) {
        *self.0.0.lock().unwrap() = reading;
        self.0.1.notify_all();
    }

    /// Waits as long as it has to after a line of so many bytes; answers whether it reads on.
    fn reads_on(&self, length: usize) -> bool {
        let (reading, changed) = &*self.0;
        let paused = |reading: &mut Reading| *reading == Reading::Paused;
        let reading = *changed.wait_while(reading.lock().unwrap(), paused).unwrap();
        if reading == Reading::Slow {
            thread::sleep(Duration::from_micros(10) * u32::try_from(length).unwrap());
        }
        reading != Reading::Off
    }
}

/// What has been read.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) lines: Vec<String>,
    pub(crate) ended: bool,
}

/// Reads the lines of a pipe on a thread.
pub(crate) fn follow(pipe: impl Read + Send + 'static, reader: Reader) -> watch::Receiver<Output> {
    let (sender, receiver) = watch::channel(Output::default());
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let length = line.len();
            sender.send_modify(|output| output.lines.push(line));
            if !reader.reads_on(length) {
                break;
            }
        }
        sender.send_modify(|output| output.ended = true);
    });
    receiver
}
