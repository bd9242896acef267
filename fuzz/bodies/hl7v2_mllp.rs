//! Decodes a stream in pieces and as a whole: both must give the same frames,
//! and memory must stay within the limit.

use hl7v2::mllp::{Decoder, Event, encode};

/// One try: the stream, the length of its pieces, the limit of a frame.
pub(crate) fn run(bytes: &[u8], piece: u8, limit: u8) {
    let limit = usize::from(limit);
    let piece = usize::from(piece).max(1);
    let whole = decode(bytes.chunks(bytes.len().max(1)), limit);
    assert_eq!(whole, decode(bytes.chunks(piece), limit));

    let clean: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, 0x0B | 0x1C)).collect();
    let mut wire = Vec::new();
    encode(&clean, &mut wire);
    let (events, n_skipped) = decode(wire.chunks(piece), clean.len());
    assert_eq!((events, n_skipped), (vec![Some(clean)], 0));
}

fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>, limit: usize) -> (Vec<Option<Vec<u8>>>, u64) {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.pull() {
            events.push(match event {
                Event::Frame(content) => Some(content.to_vec()),
                Event::TooLarge { .. } | Event::Cut { .. } => None,
            });
        }
        assert!(decoder.pending() <= limit);
    }
    (events, decoder.n_skipped())
}
