//! MLLP: how messages lie on a TCP connection. A frame is VT, the message, FS, CR.
//!
//! The message itself may not hold VT or FS, so FS always ends a frame (also
//! without the CR that some senders forget) and VT always starts one. Whatever
//! came before is then given up, and the stream is in step again.

use crate::message::{END, START};

/// Puts a message into a frame and appends it to `out`.
pub fn encode(message: &[u8], out: &mut Vec<u8>) {
    out.reserve(message.len().saturating_add(3));
    out.push(START);
    out.extend_from_slice(message);
    out.extend([END, b'\r']);
}

/// Cuts a stream of bytes into frames.
///
/// Push what arrived, then pull until `None`. Kept between pushes is at most one
/// unfinished frame, so memory stays below the frame limit plus one push.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Bytes of the buffer already dealt with.
    done: usize,
    /// Bytes after `done` known to hold neither VT nor FS.
    searched: usize,
    state: State,
    frame_bytes_max: usize,
    n_skipped: u64,
}

/// Memory kept by a decoder that waits for the next frame.
const IDLE_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    /// Just after FS: a CR, and a LF after it, belong to the frame that ended.
    Ended,
    Inside,
    /// In a frame that is too large, and reported.
    Overrun,
}

/// What the stream held next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole frame's content.
    Frame(&'a [u8]),
    /// A frame whose content goes beyond the limit; it is skipped.
    TooLarge {
        /// The limit.
        frame_bytes_max: usize,
    },
    /// A frame that another one interrupted; it is dropped.
    Cut {
        /// How much of it had come.
        n_bytes: usize,
    },
}

impl std::fmt::Debug for Event<'_> {
    /// Sizes only: the content must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Event::Frame(content) => write!(f, "Frame({} bytes)", content.len()),
            Event::TooLarge { frame_bytes_max } => write!(f, "TooLarge(limit {frame_bytes_max})"),
            Event::Cut { n_bytes } => write!(f, "Cut({n_bytes} bytes)"),
        }
    }
}

/// What the next piece of the buffer turned out to be, lengths counted from `done`.
enum Step {
    Frame { n_bytes: usize },
    TooLarge,
    Cut { n_bytes: usize },
    Again,
    NeedMore,
}

impl Decoder {
    /// A decoder that refuses frames with more content than this.
    pub fn new(frame_bytes_max: usize) -> Decoder {
        Decoder {
            buffer: Vec::new(),
            done: 0,
            searched: 0,
            state: State::Between,
            frame_bytes_max,
            n_skipped: 0,
        }
    }

    /// Adds what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.done > 0 {
            self.buffer.drain(..self.done.min(self.buffer.len()));
            self.done = 0;
            if self.buffer.is_empty() {
                // One huge message should not cost its size for the rest of the connection.
                self.buffer.shrink_to(IDLE_BYTES_MAX);
            }
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next thing the stream held; `None` when more must arrive first.
    pub fn pull(&mut self) -> Option<Event<'_>> {
        loop {
            let from = self.done;
            match self.step() {
                Step::Again => {}
                Step::NeedMore => return None,
                Step::TooLarge => {
                    return Some(Event::TooLarge { frame_bytes_max: self.frame_bytes_max });
                }
                Step::Cut { n_bytes } => return Some(Event::Cut { n_bytes }),
                Step::Frame { n_bytes } => {
                    let content = self.buffer.get(from..from + n_bytes).unwrap_or_default();
                    return Some(Event::Frame(content));
                }
            }
        }
    }

    /// Bytes of a frame that has begun and not ended; not zero at the end of a
    /// connection means that a message was cut off.
    pub fn pending(&self) -> usize {
        match self.state {
            State::Inside => self.rest().len(),
            State::Between | State::Ended | State::Overrun => 0,
        }
    }

    /// Bytes that stood outside any frame, since the start.
    pub fn n_skipped(&self) -> u64 {
        self.n_skipped
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.done..).unwrap_or_default()
    }

    fn step(&mut self) -> Step {
        match self.state {
            State::Between => self.skip_to_start(),
            State::Ended => self.skip_line_end(),
            State::Inside => self.look_for_end(),
            State::Overrun => self.skip_overrun(),
        }
    }

    fn skip_to_start(&mut self) -> Step {
        let rest = self.rest();
        let (n_garbage, step) = match memchr::memchr(START, rest) {
            Some(at) => (at, Step::Again),
            None => (rest.len(), Step::NeedMore),
        };
        self.n_skipped = self.n_skipped.saturating_add(u64::try_from(n_garbage).unwrap_or(u64::MAX));
        match step {
            Step::Again => self.go(n_garbage + 1, State::Inside),
            _ => self.go(n_garbage, State::Between),
        }
        step
    }

    fn skip_line_end(&mut self) -> Step {
        match self.rest() {
            [] => return Step::NeedMore,
            [b'\r', ..] => self.go(1, State::Ended),
            [b'\n', ..] => self.go(1, State::Between),
            _ => self.go(0, State::Between),
        }
        Step::Again
    }

    fn look_for_end(&mut self) -> Step {
        let limit = self.frame_bytes_max;
        let rest = self.rest();
        let unseen = rest.get(self.searched..).unwrap_or_default();
        let found = memchr::memchr2(START, END, unseen).map(|at| at + self.searched);
        match found {
            Some(n_bytes) if n_bytes <= limit => {
                let is_end = rest.get(n_bytes) == Some(&END);
                self.go(n_bytes + 1, if is_end { State::Ended } else { State::Inside });
                if is_end { Step::Frame { n_bytes } } else { Step::Cut { n_bytes } }
            }
            None if rest.len() <= limit => {
                self.searched = rest.len();
                Step::NeedMore
            }
            Some(_) | None => {
                self.go(0, State::Overrun);
                Step::TooLarge
            }
        }
    }

    fn skip_overrun(&mut self) -> Step {
        let rest = self.rest();
        match memchr::memchr2(START, END, rest) {
            Some(at) if rest.get(at) == Some(&END) => self.go(at + 1, State::Ended),
            Some(at) => self.go(at + 1, State::Inside),
            None => {
                self.go(rest.len(), State::Overrun);
                return Step::NeedMore;
            }
        }
        Step::Again
    }

    fn go(&mut self, n_bytes: usize, state: State) {
        self.done += n_bytes;
        self.searched = 0;
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes the pieces one by one; `<` and `>` stand for VT and FS, `_` for CR.
    fn decode(pieces: &[&str], frame_bytes_max: usize) -> String {
        let mut decoder = Decoder::new(frame_bytes_max);
        let mut seen = Vec::new();
        for piece in pieces {
            let bytes = piece.replace('<', "\x0B").replace('>', "\x1C").replace('_', "\r");
            decoder.push(bytes.as_bytes());
            while let Some(event) = decoder.pull() {
                seen.push(match event {
                    Event::Frame(content) => String::from_utf8(content.to_vec()).unwrap(),
                    Event::TooLarge { .. } => "too large".to_owned(),
                    Event::Cut { n_bytes } => format!("cut after {n_bytes}"),
                });
            }
        }
        format!("{}; skipped {}, pending {}", seen.join(", "), decoder.n_skipped(), decoder.pending())
    }

    #[test]
    fn frames_come_out_as_they_went_in() {
        let mut wire = Vec::new();
        encode(b"MSH|1", &mut wire);
        encode(b"", &mut wire);
        assert_eq!(wire, b"\x0BMSH|1\x1C\r\x0B\x1C\r");
        assert_eq!(decode(&["<MSH|1>_<>_"], 99), "MSH|1, ; skipped 0, pending 0");
    }

    #[test]
    fn a_frame_may_come_in_pieces() {
        assert_eq!(decode(&["<ab", "cd", ">", "_<e", "f>_"], 99), "abcd, ef; skipped 0, pending 0");
        assert_eq!(decode(&["<abc"], 99), "; skipped 0, pending 3");
    }

    #[test]
    fn a_frame_may_lack_its_carriage_return_or_add_a_line_feed() {
        assert_eq!(decode(&["<a><b>_\n<c>\n"], 99), "a, b, c; skipped 0, pending 0");
    }

    #[test]
    fn bytes_between_frames_are_counted_and_skipped() {
        assert_eq!(decode(&["xx<a>_yy", "z<b>_"], 99), "a, b; skipped 5, pending 0");
        assert_eq!(decode(&["GET / HTTP/1.1_\n"], 99), "; skipped 16, pending 0");
    }

    #[test]
    fn a_new_start_gives_up_the_frame_before_it() {
        assert_eq!(decode(&["<abc<d>_"], 99), "cut after 3, d; skipped 0, pending 0");
    }

    #[test]
    fn the_limit_holds_to_the_byte() {
        assert_eq!(decode(&["<abc>_"], 3), "abc; skipped 0, pending 0");
        assert_eq!(decode(&["<abcd>_<e>_"], 3), "too large, e; skipped 0, pending 0");
        assert_eq!(decode(&["<ab", "cd", "ef", "gh>_<i>_"], 3), "too large, i; skipped 0, pending 0");
        assert_eq!(decode(&["<abcdef<g>_"], 3), "too large, g; skipped 0, pending 0");
    }

    #[test]
    fn a_frame_without_end_holds_no_more_than_the_limit() {
        let mut decoder = Decoder::new(1_000);
        decoder.push(b"\x0B");
        for _ in 0..10_000 {
            decoder.push(&[b'x'; 100]);
            while decoder.pull().is_some() {}
            assert!(decoder.buffer.len() <= 1_100);
        }
    }
}
