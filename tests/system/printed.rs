//! Reads the lines that a running program prints.

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// The standard output of a running program.
pub(crate) struct Printed {
    lines: Lines<BufReader<ChildStdout>>,
}

impl Printed {
    /// Takes the standard output of `program`, which must be piped.
    pub(crate) fn by(program: &mut Child) -> Self {
        Self { lines: BufReader::new(program.stdout.take().expect("standard output is piped")).lines() }
    }

    /// Waits for a line with this label and returns the rest of the line. Use it with a deadline.
    pub(crate) async fn after(&mut self, label: &str) -> String {
        while let Some(line) = self.lines.next_line().await.expect("a line of text") {
            if let Some((_, value)) = line.split_once(label) {
                return value.trim().to_owned();
            }
        }
        panic!("the program ended without printing {label:?}")
    }

    /// Waits for a line that starts with this text and returns the unread lines before it. Use it with a deadline.
    pub(crate) async fn before(&mut self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.expect("a line of text") {
            if line.starts_with(start) {
                return lines;
            }
            lines.push(line);
        }
        panic!("the program ended without printing {start:?}")
    }

    /// Drops all further output. Unread output would fill the pipe and block the program.
    pub(crate) fn ignore_the_rest(mut self) {
        tokio::spawn(async move { while let Ok(Some(_)) = self.lines.next_line().await {} });
    }
}
