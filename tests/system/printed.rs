//! What a running program prints, line by line.

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// The lines that a program has printed and nobody has read.
pub(crate) struct Printed {
    lines: Lines<BufReader<ChildStdout>>,
}

impl Printed {
    /// The standard output of `program`, which must be piped.
    pub(crate) fn by(program: &mut Child) -> Self {
        Self { lines: BufReader::new(program.stdout.take().expect("its output")).lines() }
    }

    /// Waits for a line with this label, and answers what follows it. Give it a deadline.
    pub(crate) async fn after(&mut self, label: &str) -> String {
        while let Some(line) = self.lines.next_line().await.expect("a line of text") {
            if let Some((_, value)) = line.split_once(label) {
                return value.trim().to_owned();
            }
        }
        panic!("the program ended without printing {label:?}")
    }

    /// Waits for a line that starts with this text, and returns the lines before it that nobody has read. Give it a deadline.
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

    /// Reads on to the end and forgets: what nobody reads would fill the pipe and stop the program.
    pub(crate) fn ignore_the_rest(mut self) {
        tokio::spawn(async move { while let Ok(Some(_)) = self.lines.next_line().await {} });
    }
}
