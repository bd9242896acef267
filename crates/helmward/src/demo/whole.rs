//! Messages of the past, a stay at a time.
//!
//! Taken in as they were sent, the past would put hundreds of patients into today's beds until their
//! discharge is reached. So the messages of a visit are held until it has ended and its late words are in,
//! and come out together: whatever is taken in up to a moment, everyone in it has left.

use jiff::{SignedDuration, Timestamp};
use sample::Sent;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How long after the end of a visit a late message about it may still come.
const LATE: SignedDuration = SignedDuration::from_hours(48);
/// A swap of beds speaks of two visits; it waits until both have ended.
const SWAP: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Puts an iterator of messages in the order of the visits' ends. Holds the visits that have not ended.
pub(super) struct Wholes<I> {
    messages: I,
    held: HashMap<Vec<u8>, Vec<Sent>>,
    /// When each ended visit is let go.
    due: BTreeMap<(Timestamp, Vec<u8>), ()>,
    ready: VecDeque<Sent>,
    n_held: usize,
}

impl<I: Iterator<Item = Sent>> Wholes<I> {
    pub(super) fn new(messages: I) -> Wholes<I> {
        Wholes { messages, held: HashMap::new(), due: BTreeMap::new(), ready: VecDeque::new(), n_held: 0 }
    }

    fn hold(&mut self, sent: Sent) {
        let Some(visit) = field(&sent.bytes, b"\rPV1|", 19).filter(|visit| !visit.is_empty()) else {
            self.ready.push_back(sent);
            return;
        };
        let mut key = visit.to_vec();
        let event = event(&sent.bytes);
        let end = match event {
            b"A17" => {
                key = field(&sent.bytes, b"MSH|", 9).unwrap_or_default().to_vec();
                sent.at.saturating_add(SWAP).ok()
            }
            b"A03" | b"A11" | b"A38" => sent.at.saturating_add(LATE).ok(),
            _ => None,
        };
        if let Some(end) = end {
            self.due.insert((end, key.clone()), ());
        }
        self.n_held += 1;
        self.held.entry(key).or_default().push(sent);
    }

    fn let_go(&mut self, until: Option<Timestamp>) {
        while let Some(((at, _), ())) = self.due.first_key_value() {
            if until.is_some_and(|until| *at > until) {
                return;
            }
            let Some(((_, visit), ())) = self.due.pop_first() else { return };
            let messages = self.held.remove(&visit).unwrap_or_default();
            self.n_held -= messages.len();
            self.ready.extend(messages);
        }
        if until.is_none() {
            let mut rest: Vec<Sent> = self.held.drain().flat_map(|(_, messages)| messages).collect();
            rest.sort_by(|a, b| (a.at, &a.bytes).cmp(&(b.at, &b.bytes)));
            self.n_held = 0;
            self.ready.extend(rest);
        }
    }
}

impl<I: Iterator<Item = Sent>> Iterator for Wholes<I> {
    type Item = Sent;

    fn next(&mut self) -> Option<Sent> {
        loop {
            if let Some(sent) = self.ready.pop_front() {
                return Some(sent);
            }
            match self.messages.next() {
                Some(sent) => {
                    let at = sent.at;
                    self.hold(sent);
                    self.let_go(Some(at));
                }
                None if self.n_held == 0 => return None,
                None => self.let_go(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let own = self.n_held + self.ready.len();
        let (least, most) = self.messages.size_hint();
        (least + own, most.map(|most| most + own))
    }
}

/// Field `number` of the first segment that starts with `mark` (its name and a bar).
fn field<'b>(bytes: &'b [u8], mark: &[u8], number: usize) -> Option<&'b [u8]> {
    let start = bytes.windows(mark.len()).position(|window| window == mark)? + mark.len();
    let rest = bytes.get(start..)?;
    let line = rest.split(|byte| *byte == b'\r').next()?;
    line.split(|byte| *byte == b'|').nth(number - 1)
}

fn event(bytes: &[u8]) -> &[u8] {
    // MSH-1 is the bar itself, so MSH-9 is the eighth piece after the name.
    let kind = field(bytes, b"MSH|", 8).unwrap_or_default();
    kind.split(|byte| *byte == b'^').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(minute: i64, event: &str, visit: &str) -> Sent {
        let text = format!(
            "MSH|^~\\&|A|B|C|D|2026||ADT^{event}|N{minute}|P|2.5\rEVN|{event}\rPV1|1|I{}|{visit}|\r",
            "|".repeat(16)
        );
        Sent { at: Timestamp::from_second(minute * 60).unwrap(), bytes: text.into_bytes() }
    }

    #[test]
    fn a_visit_comes_out_whole_after_its_end() {
        let day = 24 * 60;
        let messages = vec![
            sent(0, "A01", "V1"),
            sent(5, "A01", "V2"),
            sent(10, "A03", "V2"),
            sent(20, "A02", "V1"),
            sent(day, "A08", "V2"),
            sent(4 * day, "A01", "V3"),
            sent(5 * day, "A03", "V1"),
        ];
        let order: Vec<(i64, String)> = Wholes::new(messages.into_iter())
            .map(|sent| {
                let visit = field(&sent.bytes, b"\rPV1|", 19).unwrap_or_default();
                (sent.at.as_second() / 60, String::from_utf8_lossy(visit).into_owned())
            })
            .collect();
        let visits: Vec<&str> = order.iter().map(|(_, visit)| visit.as_str()).collect();
        assert_eq!(visits, ["V2", "V2", "V2", "V1", "V1", "V1", "V3"]);
        assert_eq!(order.len(), 7);
    }
}
