//! A sample program of a vendor page, and the changes without which it would not run here.

use std::path::Path;

/// The text of a sample program.
pub(crate) struct Sample {
    text: String,
}

impl Sample {
    /// The sample in `tests/system/samples/`, without the line at its head that names its page.
    pub(crate) fn read(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/samples").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (head, text) = text.split_once('\n').expect("a line at its head");
        assert!(head.starts_with("// The ") && head.contains("CENTAGATE's page"), "{file} starts with {head}");
        Self { text: text.to_owned() }
    }

    /// The sample with all that `frame` has around its `place`.
    pub(crate) fn framed(self, frame: &str, place: &str) -> Self {
        Self { text: frame.to_owned() }.replace(place, &self.text)
    }

    /// Puts `new` where `old` stands, which must be exactly one place.
    pub(crate) fn replace(mut self, old: &str, new: &str) -> Self {
        let places = self.text.matches(old).count();
        assert_eq!(places, 1, "{old} stands in {places} places of the sample:\n{}", self.text);
        self.text = self.text.replace(old, new);
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
