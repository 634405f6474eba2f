//! The Markdown documents of the repository: their blocks of code, links and anchors.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A document.
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block of code.
pub(crate) struct Block<'a> {
    /// The word behind the fence, such as `json`.
    pub(crate) language: &'a str,
    pub(crate) text: String,
    /// The number of the fence's line, from 1.
    pub(crate) line: usize,
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document that readers of the repository see.
pub(crate) fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    let mut directories = vec![root().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() && !matches!(name, "target" | ".git") {
                directories.push(path);
            } else if Path::new(name).extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(Document::read).collect()
}

impl Document {
    /// The document with this path below the repository's root.
    pub(crate) fn named(name: &str) -> Self {
        Self::read(root().join(name))
    }

    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).expect("a readable document");
        Self { path, text }
    }

    /// The path below the repository's root.
    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(root()).expect("below the root").display().to_string()
    }

    pub(crate) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            // A block in a list is indented.
            let (indent, fence) = line.split_at(line.len() - line.trim_start().len());
            if let Some(language) = fence.strip_prefix("```") {
                let content = lines.by_ref().map(|(_, line)| line.strip_prefix(indent).unwrap_or(line));
                let content = content.take_while(|line| !line.starts_with("```"));
                let text = content.map(|line| line.to_owned() + "\n").collect();
                blocks.push(Block { language, text, line: number + 1 });
            }
        }
        blocks
    }

    /// The lines outside blocks of code, with their numbers.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut is_code = false;
        self.text.lines().enumerate().filter_map(move |(number, line)| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            (!is_code && !is_fence).then_some((number + 1, line))
        })
    }

    /// The code within the text, with the numbers of its lines.
    pub(crate) fn inline_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.prose().flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |code| (number, code)))
    }

    /// The targets of all links and images, with the numbers of their lines.
    pub(crate) fn links(&self) -> Vec<(usize, String)> {
        let targets = self.prose().flat_map(|(number, line)| {
            let starts = line.split("](").skip(1);
            starts.filter_map(move |rest| Some((number, rest.split_once(')')?.0.to_owned())))
        });
        targets.collect()
    }

    /// The anchors of the headings, as GitHub makes them.
    pub(crate) fn anchors(&self) -> HashSet<String> {
        let mut anchors = HashSet::new();
        for (_, line) in self.prose() {
            let heading = line.trim_start_matches('#');
            if heading.len() < line.len() && heading.starts_with(' ') {
                let anchor = anchor(heading.trim());
                let repeated = (1..).map(|count| format!("{anchor}-{count}"));
                let mut candidates = std::iter::once(anchor.clone()).chain(repeated);
                let free = candidates.find(|candidate| !anchors.contains(candidate));
                anchors.extend(free);
            }
        }
        anchors
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
