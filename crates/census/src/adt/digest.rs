//! What is believed of a stay, as bytes: equal beliefs give equal bytes, others do not.

use super::model::{Fault, Place, Span, Stay};
use crate::tally::rules::Leg;

/// A stay and its legs, each part under its length.
pub(crate) fn bytes_of(stay: &Stay, legs: &[Leg]) -> Vec<u8> {
    // Taken apart by name, so that a field to come is not forgotten.
    let Stay {
        key,
        visit,
        facility,
        patient,
        state,
        spans,
        class,
        service,
        disposition,
        leaves,
        expected_in,
        expected_out,
        pending,
        pending_since,
        faults,
    } = stay;
    let mut bytes = Bytes(Vec::with_capacity(1_024));
    for text in [key, visit, patient, class, service, disposition] {
        bytes.text(text);
    }
    bytes.id(facility.bits());
    bytes.text(state.word());
    bytes.place(pending);
    for instant in [expected_in, expected_out, pending_since] {
        bytes.number(i64::from(instant.is_some()));
        bytes.number(instant.unwrap_or_default());
    }
    bytes.count(leaves.len());
    for (out, back) in leaves {
        bytes.number(*out);
        bytes.number(*back);
    }
    bytes.count(spans.len());
    for Span { facility, place, class, from, to, began, ended } in spans {
        bytes.id(facility.bits());
        bytes.place(place);
        for text in [class, began.word(), ended.word()] {
            bytes.text(text);
        }
        bytes.number(*from);
        bytes.number(*to);
    }
    bytes.count(faults.len());
    for Fault { code, sentence, message, against, at } in faults {
        bytes.text(code);
        bytes.text(sentence);
        for number in [message, against, at] {
            bytes.number(*number);
        }
    }
    bytes.count(legs.len());
    for Leg { unit, bed, class, began, ended, from, to } in legs {
        bytes.id(unit.bits());
        for text in [bed, class, began.word(), ended.word()] {
            bytes.text(text);
        }
        bytes.number(*from);
        bytes.number(*to);
    }
    bytes.0
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn count(&mut self, n: usize) {
        self.0.extend_from_slice(&(n as u64).to_be_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    fn id(&mut self, bits: u128) {
        self.0.extend_from_slice(&bits.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn place(&mut self, Place { unit, bed }: &Place) {
        self.text(unit);
        self.text(bed);
    }
}
