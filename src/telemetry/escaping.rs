//! Escapes hidden characters, so that text from callers cannot forge a log or audit line or change how it is displayed.

use std::{fmt, io};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Serializes `value` as one line of JSON, with a line feed at its end.
pub(crate) fn to_json_line(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    let mut line = Vec::with_capacity(512); // fits most lines
    append_json(&mut line, value);
    line.push(b'\n');
    line
}

/// Appends `value` as JSON. The JSON is truncated if `value` cannot be serialized, for example a map whose keys are lists.
pub(super) fn append_json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing to memory does not fail.
    let _ = value.serialize(&mut Serializer::with_formatter(line, EscapedJson));
}

/// Compact JSON whose [hidden](is_hidden) characters are escaped as `\uXXXX`.
struct EscapedJson;

impl Formatter for EscapedJson {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let (mut rest, mut units) = (fragment, [0; 2]);
        while let Some((before, hidden, after)) = split_at_hidden(rest) {
            writer.write_all(before.as_bytes())?;
            for unit in hidden.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after;
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Forwards text to a writer and escapes [hidden](is_hidden) characters as in Rust: `\u{XXXX}`.
pub(super) struct EscapingWriter<W>(pub(super) W);

impl<W: fmt::Write> fmt::Write for EscapingWriter<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((before, hidden, after)) = split_at_hidden(rest) {
            self.0.write_str(before)?;
            write!(self.0, "{}", hidden.escape_default())?;
            rest = after;
        }
        self.0.write_str(rest)
    }
}

/// Splits `text` at its first hidden character.
fn split_at_hidden(text: &str) -> Option<(&str, char, &str)> {
    // A fast check, because nearly all text is printable ASCII.
    if text.bytes().fold(true, |printable, byte| printable & matches!(byte, b' '..=b'~')) {
        return None;
    }
    let (at, hidden) = text.char_indices().find(|(_, character)| is_hidden(*character))?;
    Some((&text[..at], hidden, &text[at + hidden.len_utf8()..]))
}

/// Returns whether `character` is a control, a line or paragraph separator, a format character (such as a bidirectional
/// control) or invisible by default.
fn is_hidden(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{EscapingWriter, is_hidden, to_json_line};

    /// Separators, bidirectional controls and marks, zero-width characters, a byte order mark, tags, C0, DEL and C1.
    const HIDDEN: &str = "\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\
        \u{200e}\u{200f}\u{61c}\u{200b}\u{200d}\u{ad}\u{34f}\u{3164}\u{feff}\u{fe0f}\u{e0041}\n\r\t\u{1b}\0\u{7f}\u{85}\u{9b}";

    #[test]
    fn json_escapes_hidden_characters_and_keeps_the_value() {
        for character in HIDDEN.chars() {
            assert!(is_hidden(character), "{character:?}");
            let text = format!("before {character} after \" \\ ü 漢 😀");
            let line = String::from_utf8(to_json_line(&text)).unwrap();
            let json = line.strip_suffix('\n').unwrap();
            assert!(!json.contains(is_hidden) && json.contains(" after \\\" \\\\ ü 漢 😀\""), "{json}");
            assert_eq!(serde_json::from_str::<String>(json).unwrap(), text);
        }
        assert_eq!(to_json_line("\u{202e}\u{e0041}"), b"\"\\u202e\\udb40\\udc41\"\n");
    }

    #[test]
    fn plain_text_escapes_hidden_characters() {
        let mut line = String::new();
        write!(EscapingWriter(&mut line), "a{HIDDEN}z ü 漢 😀").unwrap();
        assert!(!line.contains(is_hidden) && line.starts_with("a\\u{2028}") && line.ends_with("z ü 漢 😀"), "{line}");
        assert!(line.contains("\\u{1b}"), "{line}");
    }

    #[test]
    fn other_text_is_unchanged() {
        for text in ["", "plain ~!", "Ærøskøbing", "漢字 😀", "é combined e\u{301}"] {
            assert_eq!(to_json_line(text), format!("\"{text}\"\n").as_bytes());
        }
    }
}
