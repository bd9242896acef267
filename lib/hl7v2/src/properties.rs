//! Laws that hold for every message and for every heap of bytes.

use proptest::prelude::*;

use crate::mllp::{self, Decoder, Event};
use crate::{Builder, Dtm, Message, Separators, files, read};

/// Field, repetition, component, subcomponent.
type Fields = Vec<Vec<Vec<Vec<String>>>>;

fn separators() -> impl Strategy<Value = Separators> {
    let punctuation: Vec<u8> =
        (0_u8..128).filter(u8::is_ascii_punctuation).filter(|byte| *byte != b'"').collect();
    (Just(punctuation).prop_shuffle(), 4_usize..=5)
        .prop_map(|(bytes, n)| Separators::new(bytes[0], &bytes[1..=n]).unwrap())
}

fn fields() -> impl Strategy<Value = Fields> {
    let text = prop_oneof![
        3 => "[ -~]{0,8}",
        1 => "[|^~\\\\&#]{0,4}",
        1 => "[\\PC\r\n\t\u{0B}\u{1C}é漢]{0,6}",
        1 => Just("\"\"".to_owned()),
    ];
    let component = prop::collection::vec(text, 1..3);
    let repetition = prop::collection::vec(component, 1..4);
    let field = prop::collection::vec(repetition, 1..3);
    prop::collection::vec(field, 0..5)
}

/// Bytes that are likely to reach the deeper parts of a reader.
fn nearly_messages() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"MSH|^~\\&|".to_vec()),
        Just(b"MSH|^~\\&#|A|B|C|D|2026||ADT^A01|1|P|2.5||||||8859/1\r".to_vec()),
        Just(b"FHS|".to_vec()),
        Just(b"BHS|^~\\&\r".to_vec()),
        Just(b"BTS|1\r".to_vec()),
        Just(b"FTS|1\r".to_vec()),
        Just(b"PID|1|\r\n".to_vec()),
        Just(b"OBX|1|TX\n".to_vec()),
        Just(b"\x0B".to_vec()),
        Just(b"\x1C\r".to_vec()),
        Just(b"\\X4".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
        prop::collection::vec(prop::sample::select(b"|^~\\&\r\n \"AZ09".to_vec()), 0..12),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn write(segments: &[(String, Fields)], separators: Separators) -> Vec<u8> {
    let mut builder = Builder::new(separators);
    builder.segment("MSH").components(9, &["ADT", "A01"]).field(10, "1");
    for (name, fields) in segments {
        builder.segment(name);
        for (idx, field) in fields.iter().enumerate() {
            builder.compose(idx + 1, |value| {
                for (idx, repetition) in field.iter().enumerate() {
                    if idx > 0 {
                        value.repetition();
                    }
                    for (idx, component) in repetition.iter().enumerate() {
                        if idx > 0 {
                            value.component();
                        }
                        for (idx, text) in component.iter().enumerate() {
                            if idx > 0 {
                                value.subcomponent();
                            }
                            value.text(text);
                        }
                    }
                }
            });
        }
    }
    builder.finish().unwrap()
}

/// Every value of a message with its address, empty ones left out.
fn values(message: &Message<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (segment_idx, segment) in message.segments().enumerate() {
        let n_own = if segment.name() == "MSH" { 2 } else { 0 };
        for (field_idx, field) in segment.fields().enumerate().skip(n_own) {
            for (repetition_idx, repetition) in field.repetitions().enumerate() {
                for (component_idx, component) in repetition.components().enumerate() {
                    for (part_idx, part) in component.subcomponents().enumerate() {
                        let path = format!(
                            "{segment_idx} {} {field_idx} {repetition_idx} {component_idx} {part_idx}",
                            segment.name()
                        );
                        let text = if part.is_null() { "null".to_owned() } else { part.text().into_owned() };
                        // MSH-18 may be set anew by the writer.
                        let is_character_set = n_own == 2 && field_idx == 17;
                        if !text.is_empty() && !is_character_set {
                            found.push((path, text));
                        }
                    }
                }
            }
        }
    }
    found
}

/// Asks everything that can be asked; returns nothing, only must not panic.
fn exercise(message: &Message<'_>) {
    let _ = (message.control_id(), message.event(), message.message_type(), message.version());
    let _ = (message.charset(), message.sending_application(), message.sending_facility());
    for issue in message.issues() {
        let _ = issue.to_string();
    }
    for (_, text) in values(message) {
        let _ = Dtm::parse(&text).map(|dtm| dtm.instant(&jiff::tz::TimeZone::UTC));
    }
    let answer = crate::ack(message, crate::AckCode::Ar, "no", jiff::Timestamp::UNIX_EPOCH, "1");
    assert!(read(&answer).is_ok());
}

fn events(pieces: &[&[u8]], frame_bytes_max: usize) -> (Vec<String>, u64, usize) {
    let mut decoder = Decoder::new(frame_bytes_max);
    let mut seen = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.pull() {
            seen.push(match event {
                Event::Frame(content) => format!("{content:?}"),
                Event::TooLarge { .. } | Event::Cut { .. } => format!("{event:?}"),
            });
        }
    }
    (seen, decoder.n_skipped(), decoder.pending())
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(
        segments in prop::collection::vec(("[A-LN-Z][A-Z0-9]{2}", fields()), 0..5),
        separators in separators(),
    ) {
        let bytes = write(&segments, separators);
        let message = read(&bytes).unwrap();
        prop_assert_eq!(message.separators(), separators);
        let mut wanted = Vec::new();
        for (segment_idx, (name, fields)) in segments.iter().enumerate() {
            for (field_idx, field) in fields.iter().enumerate() {
                for (repetition_idx, repetition) in field.iter().enumerate() {
                    for (component_idx, component) in repetition.iter().enumerate() {
                        for (part_idx, text) in component.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                            let path = format!(
                                "{} {name} {field_idx} {repetition_idx} {component_idx} {part_idx}",
                                segment_idx + 1
                            );
                            wanted.push((path, text.clone()));
                        }
                    }
                }
            }
        }
        let got: Vec<_> = values(&message).into_iter().filter(|(path, _)| !path.contains(" MSH ")).collect();
        prop_assert_eq!(got, wanted);
    }

    #[test]
    fn a_message_read_and_written_again_keeps_its_values(bytes in nearly_messages(), separators in separators()) {
        if let Ok(message) = read(&bytes) {
            let mut builder = Builder::new(separators);
            let n_headers = message.all("MSH").count();
            for segment in message.segments() {
                builder.copy(&segment);
            }
            if n_headers == 1 {
                let again = builder.finish().unwrap();
                prop_assert_eq!(values(&read(&again).unwrap()), values(&message));
            } else {
                prop_assert!(builder.finish().is_err());
            }
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop_oneof![nearly_messages(), prop::collection::vec(any::<u8>(), 0..200)]) {
        if let Ok(message) = read(&bytes) {
            exercise(&message);
        }
        let _ = crate::ack_unreadable(&bytes, "no", jiff::Timestamp::UNIX_EPOCH, "1");
    }

    #[test]
    fn a_file_is_split_in_order_and_without_loss(bytes in nearly_messages()) {
        let mut at = 0;
        let mut n_items = 0;
        for item in files::messages(&bytes) {
            n_items += 1;
            let (held, is_part) = match &item.content {
                files::Content::Message(message) => (message.bytes(), true),
                files::Content::Refused { bytes, .. } => (*bytes, true),
                files::Content::Batch(_) => (&b""[..], false),
            };
            if is_part {
                prop_assert!(item.position >= at);
                let between = &bytes[at..item.position];
                let is_skipped = between.split(|byte| matches!(byte, b'\r' | b'\n')).all(|line| {
                    let line = &line[crate::message::skip_before(line)..];
                    line.is_empty() || [b"FHS", b"BHS", b"BTS", b"FTS"].iter().any(|name| line.starts_with(*name))
                });
                prop_assert!(is_skipped, "{:?}", between);
                prop_assert!(bytes[item.position..].starts_with(held));
                at = item.position + held.len();
            }
            let n_line_ends = bytes[..item.position.min(bytes.len())].len();
            prop_assert!(item.line <= n_line_ends + 1);
        }
        prop_assert!(n_items <= 2 * bytes.len() + 1);
    }

    #[test]
    fn frames_do_not_depend_on_how_the_stream_is_cut(
        bytes in prop::collection::vec(prop::sample::select(b"\x0B\x1C\r\nabc".to_vec()), 0..80),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        frame_bytes_max in 0_usize..12,
    ) {
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(events(&pieces, frame_bytes_max), events(&[&bytes], frame_bytes_max));
    }

    #[test]
    fn what_is_framed_comes_out_whole(messages in prop::collection::vec(prop::collection::vec(0x20_u8..=0xFF, 0..40), 0..6)) {
        let mut wire = Vec::new();
        for message in &messages {
            mllp::encode(message, &mut wire);
        }
        let wanted: Vec<String> = messages.iter().map(|message| format!("{message:?}")).collect();
        prop_assert_eq!(events(&[&wire], 40), (wanted, 0, 0));
    }

    #[test]
    fn a_time_is_written_back_as_it_was_read(text in "[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])([01][0-9][0-5][0-9]([0-5][0-9](\\.[0-9]{1,9})?)?)?([+-]0[1-9][0-5][0-9])?") {
        if let Ok(dtm) = Dtm::parse(&text) {
            prop_assert_eq!(dtm.to_string(), text);
        }
    }
}
