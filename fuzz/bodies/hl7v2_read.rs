//! Reads any bytes as a file of messages, asks each message everything, and
//! checks that writing it again keeps its values and that it can be answered.

use hl7v2::files::{self, Content};
use hl7v2::{AckCode, Builder, Dtm, Message, Separators};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One try.
pub(crate) fn run(bytes: &[u8]) {
    for item in files::messages(bytes) {
        match item.content {
            Content::Message(message) => exercise(&message),
            Content::Refused { bytes, why } => {
                assert!(!why.to_string().is_empty());
                let answer = hl7v2::ack_unreadable(bytes, "No", Timestamp::UNIX_EPOCH, "1");
                assert!(hl7v2::read(&answer).is_ok());
            }
            Content::Batch(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
    if let Ok(message) = hl7v2::read(bytes) {
        exercise(&message);
    }
}

fn exercise(message: &Message<'_>) {
    let all = values(message);
    for text in &all {
        if let Ok(dtm) = Dtm::parse(text) {
            let _ = dtm.instant(&TimeZone::UTC);
            assert_eq!(Dtm::parse(&dtm.to_string()), Ok(dtm));
        }
    }
    for issue in message.issues() {
        assert!(!issue.to_string().is_empty());
    }
    let answer = hl7v2::ack(message, AckCode::Ae, "No | bed", Timestamp::UNIX_EPOCH, "1");
    let answer = hl7v2::read(&answer).expect("an answer is a message");
    assert_eq!(answer.field("MSA", 2).raw(), message.field("MSH", 10).raw());

    if message.all("MSH").count() == 1 {
        let mut builder = Builder::new(Separators::default());
        for segment in message.segments() {
            builder.copy(&segment);
        }
        let again = builder.finish().expect("a message read can be written");
        assert_eq!(values(&hl7v2::read(&again).expect("what is written can be read")), all);
    }
}

/// All values that are not empty, apart from the header's character set.
fn values(message: &Message<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    for segment in message.segments() {
        let is_header = segment.name() == "MSH";
        for (idx, field) in segment.fields().enumerate() {
            if is_header && (idx < 2 || idx == 17) {
                continue;
            }
            for repetition in field.repetitions() {
                for component in repetition.components() {
                    texts.extend(component.subcomponents().map(|part| part.text().into_owned()));
                }
            }
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}
