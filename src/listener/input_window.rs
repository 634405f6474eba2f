//! Limits the input of a connection that actix-http may hold before a handler consumes it.

/// The maximum number of request heads. Few clients send a request before they have read the previous reply, and the others
/// must not occupy a worker for long.
///
/// actix-http has a limit of 16 queued requests, but checks it only before it decodes its buffer. A buffer of tiny requests
/// becomes thousands of queued requests.
const MAX_HEADS: usize = 4;

/// The maximum number of bytes, which is also the maximum length of a head. The end of one window can still be unread while
/// the next one fills, so a connection holds at most twice as many.
const MAX_BYTES: usize = 32 * 1024;

/// The maximum number of bytes without a request. actix-http reads and discards the body of a refused request so that the
/// client can read the reply.
const MAX_DISCARDED_BYTES: usize = 1024 * 1024;

/// Counts the heads and bytes that were passed to actix-http since the window was opened.
///
/// Every empty line counts as the end of a head. Empty lines in a body make the window close early, which does no harm.
#[derive(Debug, Default)]
pub(super) struct InputWindow {
    heads: usize,
    bytes: usize,
    /// Bytes since the last empty line.
    unfinished: usize,
    /// Bytes in earlier windows since the last request.
    discarded: usize,
    /// Whether the current line has no characters so far, except CR.
    line_is_empty: bool,
}

impl InputWindow {
    /// Counts as much of `input` as fits, and returns how many bytes that is.
    pub(super) fn admit(&mut self, input: &[u8]) -> usize {
        let input = &input[..input.len().min(MAX_BYTES.saturating_sub(self.bytes))];
        let (mut line_start, mut last_head, mut admitted) = (0, None, input.len());
        for newline in memchr::memchr_iter(b'\n', input) {
            let is_empty = self.is_empty_so_far(line_start, &input[line_start..newline]);
            line_start = newline + 1;
            self.line_is_empty = true;
            if is_empty {
                self.heads += 1;
                last_head = Some(line_start);
                if self.heads >= MAX_HEADS {
                    admitted = line_start;
                    break;
                }
            }
        }
        self.line_is_empty = self.is_empty_so_far(line_start, &input[line_start..admitted]);
        self.unfinished = last_head.map_or(self.unfinished + admitted, |end| admitted - end);
        self.bytes += admitted;
        admitted
    }

    /// Whether no more input fits.
    pub(super) fn is_full(&self) -> bool {
        self.heads >= MAX_HEADS || self.bytes >= MAX_BYTES
    }

    /// Whether a head is longer than the window. Valid after `reopen_for_rest_of_head`.
    pub(super) fn has_long_head(&self) -> bool {
        self.unfinished >= MAX_BYTES
    }

    /// Whether too much input arrived without a request.
    pub(super) fn has_discarded_too_much(&self) -> bool {
        self.discarded >= MAX_DISCARDED_BYTES
    }

    /// Reopens the window, because all input has been consumed.
    pub(super) fn reopen(&mut self) {
        self.discarded = 0;
        self.reopen_with(0);
    }

    /// Reopens the window, but keeps counting the head that has begun.
    pub(super) fn reopen_for_rest_of_head(&mut self) {
        self.discarded += self.bytes - self.unfinished.min(self.bytes);
        self.reopen_with(self.unfinished);
    }

    fn reopen_with(&mut self, unfinished: usize) {
        (self.heads, self.bytes, self.unfinished) = (0, unfinished, unfinished);
    }

    /// Whether the current line is empty so far. `part` is its part that begins at `offset` of the input.
    fn is_empty_so_far(&self, offset: usize, part: &[u8]) -> bool {
        (offset > 0 || self.line_is_empty) && part.iter().all(|byte| *byte == b'\r')
    }
}

#[cfg(test)]
mod tests {
    use super::{InputWindow, MAX_BYTES, MAX_HEADS};

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: g\r\n\r\n";

    #[test]
    fn four_heads_fill_the_window_in_pieces_of_any_size() {
        for end_of_line in ["\r\n", "\n"] {
            let head = format!("GET / HTTP/1.1{end_of_line}Host: g{end_of_line}{end_of_line}");
            let input = head.repeat(MAX_HEADS + 4);
            for piece in [1, 2, 3, 7, head.len(), input.len()] {
                let mut window = InputWindow::default();
                let admitted: usize = input.as_bytes().chunks(piece).map(|piece| window.admit(piece)).sum();
                assert!(window.is_full());
                assert!(
                    admitted >= MAX_HEADS * head.len() && piece != input.len() || admitted == MAX_HEADS * head.len()
                );
            }
        }
    }

    #[test]
    fn a_reopened_window_admits_the_same_amount_again() {
        let mut window = InputWindow::default();
        for _ in 0..3 {
            assert_eq!(window.admit(&HEAD.repeat(100)), MAX_HEADS * HEAD.len());
            window.reopen();
            assert!(!window.is_full());
        }
    }

    #[test]
    fn bytes_fill_the_window_too() {
        let mut window = InputWindow::default();
        assert_eq!(window.admit(&vec![b'x'; MAX_BYTES + 1]), MAX_BYTES);
        assert_eq!((window.is_full(), window.admit(b"x")), (true, 0));
    }

    #[test]
    fn the_unfinished_head_still_counts_after_reopening() {
        let mut window = InputWindow::default();
        let (rest, long) = (&HEAD[..5], vec![b'x'; MAX_BYTES - HEAD.len() - 5]);
        window.admit(HEAD);
        window.admit(rest);
        window.reopen_for_rest_of_head();
        window.admit(&long);
        assert!(!window.is_full());
        window.admit(HEAD.repeat(2).get(..HEAD.len()).unwrap());
        assert!(window.is_full(), "a head of that length");
    }

    #[test]
    fn only_empty_lines_end_a_head_also_across_pieces() {
        let mut window = InputWindow::default();
        for piece in [&b"a\r"[..], b"\nb\r\n", b"\r", b"\n", b"c\n", b"\n"] {
            window.admit(piece);
        }
        assert_eq!(window.heads, 2);
        window.admit(&b"one: line\r\n".repeat(100));
        assert_eq!(window.heads, 2);
    }
}
