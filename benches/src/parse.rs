//! Reading HL7 v2: ours and a peer's, the same messages, one core.

use crate::table::Table;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What intake touches on every message.
const TOUCHED: [(&str, usize); 7] =
    [("PID", 3), ("PV1", 2), ("PV1", 3), ("PV1", 19), ("PV1", 44), ("EVN", 2), ("MSH", 10)];
/// How long each reader is measured.
const TIME: Duration = Duration::from_secs(2);

pub(crate) fn run(table: &mut Table) -> Result<()> {
    let now: Timestamp = "2026-11-12T13:47:00Z".parse()?;
    let plan = sample::Plan { seed: 1, now, days: 10, size: sample::Size::Network };
    let messages: Vec<Vec<u8>> =
        sample::messages(&plan, Timestamp::MIN, now).take(2_000).map(|sent| sent.bytes).collect();
    let texts: Vec<String> =
        messages.iter().map(|bytes| String::from_utf8(bytes.clone())).collect::<Result<_, _>>()?;
    let n_bytes: usize = messages.iter().map(Vec::len).sum();
    let mean = n_bytes as f64 / messages.len() as f64;
    hl7_parser::parse_message(texts.first().context("a message")?)
        .map_err(|error| anyhow::anyhow!("the peer does not read the sample: {error}"))?;

    let ours = per_second(&messages, |bytes| {
        let Ok(message) = hl7v2::read(bytes) else { return 0 };
        TOUCHED.iter().map(|&(segment, field)| message.field(segment, field).text().len()).sum()
    });
    let peer = per_second(&texts, |text| {
        let Ok(message) = hl7_parser::parse_message(text) else { return 0 };
        let touch = |&(segment, field): &(&str, usize)| {
            message
                .segment(segment)
                .and_then(|found| found.field(field))
                .map_or(0, |field| field.raw_value().len())
        };
        TOUCHED.iter().map(touch).sum()
    });
    table.beside(
        format!("HL7 read and touch 7 fields, {mean:.0} bytes"),
        ours,
        "messages/s",
        "hl7-parser 0.3",
        peer,
    );
    table.beside("the same, in MB/s", ours * mean / 1e6, "MB/s", "hl7-parser 0.3", peer * mean / 1e6);
    Ok(())
}

fn per_second<T>(inputs: &[T], work: impl Fn(&T) -> usize) -> f64 {
    let begun = Instant::now();
    let mut n = 0_u64;
    while begun.elapsed() < TIME {
        for input in inputs {
            black_box(work(black_box(input)));
            n += 1;
        }
    }
    n as f64 / begun.elapsed().as_secs_f64()
}
