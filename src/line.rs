//! Text that stays on its line: characters that cannot be seen, or that change how a line is read, are escaped.

use std::{fmt, io};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// A JSON value as a line.
pub(crate) fn to_line(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut line = Vec::with_capacity(512); // enough for most
    write_json(&mut line, value);
    line.push(b'\n');
    line
}

/// Appends `value` as JSON. Values that cannot be serialized, such as maps with odd keys, end early.
pub(crate) fn write_json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing to memory does not fail.
    let _ = value.serialize(&mut Serializer::with_formatter(line, OneLine));
}

/// Compact JSON in which [hidden](is_hidden) characters are escaped.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let (mut rest, mut units) = (fragment, [0; 2]);
        while let Some((before, hidden, after)) = split(rest) {
            writer.write_all(before.as_bytes())?;
            for unit in hidden.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after;
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Passes text on with [hidden](is_hidden) characters escaped as in Rust.
pub(crate) struct Visible<W>(pub(crate) W);

impl<W: fmt::Write> fmt::Write for Visible<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((before, hidden, after)) = split(rest) {
            self.0.write_str(before)?;
            write!(self.0, "{}", hidden.escape_default())?;
            rest = after;
        }
        self.0.write_str(rest)
    }
}

/// The first hidden character of `text`, with what is before and after it.
fn split(text: &str) -> Option<(&str, char, &str)> {
    // Nearly every text is printable ASCII.
    if text.bytes().fold(true, |printable, byte| printable & matches!(byte, b' '..=b'~')) {
        return None;
    }
    let (at, hidden) = text.char_indices().find(|(_, character)| is_hidden(*character))?;
    Some((&text[..at], hidden, &text[at + hidden.len_utf8()..]))
}

/// Controls, line and paragraph separators, format characters (bidirectional controls among them) and whatever else is
/// not shown.
fn is_hidden(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{Visible, is_hidden, to_line};

    /// Separators, bidirectional controls, marks, invisible letters, a byte order mark, tags, C0, DEL and C1.
    const HIDDEN: &str = "\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\
        \u{200e}\u{200f}\u{61c}\u{200b}\u{200d}\u{ad}\u{34f}\u{3164}\u{feff}\u{fe0f}\u{e0041}\n\r\t\u{1b}\0\u{7f}\u{85}\u{9b}";

    #[test]
    fn json_escapes_what_is_hidden_and_means_the_same() {
        for character in HIDDEN.chars() {
            assert!(is_hidden(character), "{character:?}");
            let text = format!("before {character} after \" \\ ü 漢 😀");
            let line = String::from_utf8(to_line(&text)).unwrap();
            let json = line.strip_suffix('\n').unwrap();
            assert!(!json.contains(is_hidden) && json.contains(" after \\\" \\\\ ü 漢 😀\""), "{json}");
            assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
        }
        assert_eq!(to_line("\u{202e}\u{e0041}"), b"\"\\u202e\\udb40\\udc41\"\n");
    }

    #[test]
    fn text_for_people_escapes_what_is_hidden() {
        let mut line = String::new();
        write!(Visible(&mut line), "a{HIDDEN}z ü 漢 😀").unwrap();
        assert!(!line.contains(is_hidden) && line.starts_with("a\\u{2028}") && line.ends_with("z ü 漢 😀"), "{line}");
        assert!(line.contains("\\u{1b}"), "{line}");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["", "plain ~!", "Ærøskøbing", "漢字 😀", "é combined e\u{301}"] {
            assert_eq!(to_line(text), format!("\"{text}\"\n").as_bytes());
        }
    }
}
