//! A vendor page in Markdown, the sample programs on it, and textual edits of a program.

use std::path::Path;

/// Headings in the Markdown are plain lines. Each program starts after its heading and ends before the next one.
/// A page may also list the headings once before the first program.
const HEADINGS: [&str; 4] = ["Java", "Node Js", "PHP", "Error Code"];

/// The text of a vendor page.
pub(super) struct Page(String);

impl Page {
    /// Reads a page. The error says which file could not be read, and why.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        std::fs::read_to_string(path).map(Self).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Returns the sample program below a heading: the lines from its last occurrence to the next heading.
    pub(super) fn program(&self, heading: &str) -> SampleProgram {
        let lines: Vec<_> = self.0.lines().map(str::trim_end).collect();
        let start = lines.iter().rposition(|line| *line == heading).expect("the page has the heading") + 1;
        let length = lines[start..].iter().position(|line| HEADINGS.contains(line)).expect("another heading follows");
        SampleProgram(lines[start..start + length].join("\n"))
    }
}

/// The source of a sample program.
pub(super) struct SampleProgram(String);

impl SampleProgram {
    /// Replaces `old`, which must occur exactly once.
    pub(super) fn replace(self, old: &str, new: &str) -> Self {
        let count = self.0.matches(old).count();
        assert_eq!(count, 1, "occurrences of {old} in the sample program:\n{}", self.0);
        Self(self.0.replace(old, new))
    }

    /// Puts the program into `frame` in place of the marker.
    pub(super) fn framed(self, frame: &str, marker: &str) -> Self {
        Self(frame.to_owned()).replace(marker, &self.0)
    }

    pub(super) fn into_source(self) -> String {
        self.0
    }
}
