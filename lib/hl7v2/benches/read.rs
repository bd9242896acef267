//! How fast a 900-byte A01 is read, in MB/s and messages/s on one core.
//!
//! Goal: 450 MB/s and 500,000 messages/s with the fields that intake looks at.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

const A01: &str = concat!(
    "MSH|^~\\&|WARDVIEW|RIVERSIDE|HELMWARD|LAKESIDE|20261031214507-0500||ADT^A01^ADT_A01|RV0000184467|P|2.5.1|||AL|NE|USA|8859/1\r",
    "EVN|A01|20261031214507-0500|||U4411^Okafor^Ines^^^^RN|20261031213800-0500|RIVERSIDE\r",
    "PID|1||884213^^^RIV^MR~77-10-4432^^^LAKE^PI||Quillfeather^Marisol^T^^Ms||19540317|F||2106-3^White^HL70005|18 Tern Lane^^Port Ansel^OR^97031^USA^H||^PRN^PH^^1^555^0100123|^WPN^PH^^1^555^0100456|en^English^ISO639|W^Widowed^HL70002|CHR|9001772^^^RIV^AN|||||||||||N\r",
    "PD1|||Ansel Family Practice^^10044|7711^Brandvold^Tor^^^Dr\r",
    "NK1|1|Quillfeather^Bruno|SON^Son^HL70063|22 Tern Lane^^Port Ansel^OR^97031^USA|^PRN^PH^^1^555^0100789\r",
    "PV1|1|I|4W^412^B^RIVERSIDE^^BED|U|||7711^Brandvold^Tor^^^Dr|3302^Achterberg^Liv^^^Dr||MED|||R|7|||7711^Brandvold^Tor^^^Dr|IN|V55102-1^^^RIV^VN|MCR||||||||||||||||||||RIVERSIDE||A|||20261031213800-0500\r",
    "DG1|1||J18.9^Pneumonia, unspecified organism^I10|||A\r",
    "IN1|1|MCR-A^Medicare Part A|00001|Medicare\r",
);

/// What intake touches on every message.
const TOUCHED: [(&str, usize); 7] =
    [("PID", 3), ("PV1", 2), ("PV1", 3), ("PV1", 19), ("PV1", 44), ("EVN", 2), ("MSH", 10)];

fn main() {
    let bytes = A01.as_bytes();
    measure("index only", bytes, |bytes| hl7v2::read(bytes).map_or(0, |message| message.issues().len()));
    measure("index and 7 fields", bytes, |bytes| {
        let Ok(message) = hl7v2::read(bytes) else { return 0 };
        TOUCHED.iter().map(|&(segment, field)| message.field(segment, field).text().len()).sum()
    });
    let file = A01.repeat(2_000);
    measure_file(file.as_bytes());
}

fn measure(what: &str, bytes: &[u8], work: impl Fn(&[u8]) -> usize) {
    let mut best = Duration::MAX;
    let n_rounds = 100_000_u32;
    for _ in 0..8 {
        let start = Instant::now();
        for _ in 0..n_rounds {
            black_box(work(black_box(bytes)));
        }
        best = best.min(start.elapsed());
    }
    report(what, bytes.len() as f64, best / n_rounds);
}

fn measure_file(bytes: &[u8]) {
    let mut best = Duration::MAX;
    let mut n_messages = 0_u32;
    for _ in 0..20 {
        let start = Instant::now();
        n_messages = 0;
        for item in hl7v2::files::messages(black_box(bytes)) {
            n_messages += 1;
            black_box(item.position);
        }
        best = best.min(start.elapsed());
    }
    report("file of 2,000 messages", bytes.len() as f64 / f64::from(n_messages), best / n_messages);
}

fn report(what: &str, n_bytes: f64, each: Duration) {
    let seconds = each.as_secs_f64().max(1e-9);
    let line = format!(
        "{what:<24} {n_bytes:>5.0} bytes {:>7.0} ns {:>8.0} MB/s {:>10.0} messages/s",
        seconds * 1e9,
        n_bytes / seconds / 1e6,
        1.0 / seconds
    );
    let _ = writeln!(std::io::stdout(), "{line}");
}
