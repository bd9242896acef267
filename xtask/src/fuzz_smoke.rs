//! A short run of each fuzz target on the stable toolchain: seeds, and mutations of them.
//!
//! Not a search for new faults, which `fuzz/` is for, but proof with every test run that the targets hold
//! and that nothing near a real message breaks a parser.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[path = "../../fuzz/bodies/hl7v2_mllp.rs"]
mod hl7v2_mllp;
#[path = "../../fuzz/bodies/hl7v2_read.rs"]
mod hl7v2_read;
#[path = "../../fuzz/bodies/roster_read.rs"]
mod roster_read;

/// What mutations are made with: the marks the grammars turn on, and limits of numbers.
const WORDS: [&[u8]; 28] = [
    b"MSH|^~\\&|",
    b"\r",
    b"\n",
    b"\r\n",
    b"|",
    b"^",
    b"~",
    b"\\",
    b"&",
    b"\"\"",
    b"\\X0A\\",
    b"\\.br\\",
    b"\x0b",
    b"\x1c\r",
    b"\xef\xbb\xbf",
    b"FHS|^~\\&|",
    b"BTS|1",
    b"20261101013000-0500",
    b"\xff",
    b"99999999999999999999",
    b"-1",
    b",",
    b"NaN",
    b"1e999",
    b"SECTION_COVER\n",
    b"NURSES = 9\n",
    b"\"people\":[],",
    b"(0,255)",
];

/// Numbers from a seed, the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next() % 256).unwrap()
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let now: jiff::Timestamp = "2026-11-12T13:47:00Z".parse().unwrap();
    let plan = sample::Plan { seed: 7, now, days: 2, size: sample::Size::Network };
    let messages = sample::messages(&plan, jiff::Timestamp::MIN, now);
    let mut seeds: Vec<Vec<u8>> = messages.step_by(97).take(40).map(|sent| sent.bytes).collect();
    let two: Vec<u8> = seeds.iter().take(2).flat_map(|seed| [seed.as_slice(), b"\r\n"].concat()).collect();
    seeds.push([b"FHS|^~\\&|A\rBHS|^~\\&|A\r".as_slice(), &two, b"BTS|2\rFTS|1\r"].concat());
    seeds.push(
        [b"\x0b".as_slice(), seeds[0].as_slice(), b"\x1c\r\x0b", seeds[1].as_slice(), b"\x1c\r"].concat(),
    );
    seeds.push(
        b"MSH|^~\\&#|A|B|C|D|20261101013000-0500||ADT^A01|1|P|2.7\rPID|1||\"\"|\\X41\\\\.br\\\\Z9\\~a&b^c#\r"
            .to_vec(),
    );
    seeds.extend([
        b"".to_vec(),
        b"MSH".to_vec(),
        b"MSH|".to_vec(),
        b"MSHAAAAAA".to_vec(),
        b"\r\r\r".to_vec(),
    ]);
    seeds
}

/// One small problem in each format a roster is asked for in.
fn rosters() -> Vec<Vec<u8>> {
    let scenario = "SCENARIO = n002w1\nWEEKS = 1\nSKILLS = 2\nLead\nNurse\n\nSHIFT_TYPES = 2\nEarly (2,5)\n\
        Night (3,4)\n\nFORBIDDEN_SHIFT_TYPES_SUCCESSIONS\nEarly 0\nNight 1 Early\n\nCONTRACTS = 1\n\
        Full (4,5) (3,5) (2,3) 1 1\n\nNURSES = 2\nAnn Full 2 Lead Nurse\nBo Full 1 Nurse\n";
    let history = "HISTORY\n0 n002w1\n\nNURSE_HISTORY\nAnn 3 1 Night 1 4 0\nBo 0 0 None 0 0 1\n";
    let week = "WEEK_DATA\nn002w1\n\nREQUIREMENTS\n\
        Early Nurse (1,2) (0,0) (0,0) (0,0) (0,0) (0,0) (0,0)\n\n\
        SHIFT_OFF_REQUESTS = 2\nAnn Any Tue\nBo Night Sun\n";
    vec![
        roster::testing::curtois_like(5, 14, 4, 2).into_bytes(),
        include_bytes!("../../lib/roster/examples/ward.json").to_vec(),
        [scenario, history, week].join(roster_read::NEXT_FILE).into_bytes(),
    ]
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random, seeds: &[Vec<u8>]) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] = random.byte(),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
            3 => bytes.truncate(at),
            4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                bytes.splice(at..at, other[from..(from + 60).min(other.len())].iter().copied());
            }
        }
    }
}

fn smoke(n_tries: u64, seeds: &[Vec<u8>], body: impl Fn(&[u8], &mut Random)) {
    for seed in seeds {
        body(seed, &mut Random(1));
    }
    for number in 1..=n_tries {
        let mut random = Random(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut bytes = seeds[random.below(seeds.len())].clone();
        mutate(&mut bytes, &mut random, seeds);
        let outcome = catch_unwind(AssertUnwindSafe(|| body(&bytes, &mut random)));
        if outcome.is_err() {
            let mut shown = String::new();
            bytes.escape_ascii().for_each(|mark| write!(shown, "{}", char::from(mark)).unwrap());
            panic!("try {number} broke with these bytes: {shown}");
        }
    }
}

#[test]
fn reading_holds_for_seeds_and_their_mutations() {
    smoke(6_000, &seeds(), |bytes, _| hl7v2_read::run(bytes));
}

#[test]
fn framing_holds_for_seeds_and_their_mutations() {
    smoke(6_000, &seeds(), |bytes, random| hl7v2_mllp::run(bytes, random.byte(), random.byte()));
}

#[test]
fn rostering_problems_hold_for_seeds_and_their_mutations() {
    for (format, seed) in (0..).zip(rosters()) {
        smoke(1_500, &[seed], |bytes, _| roster_read::run(bytes, format));
    }
}

#[test]
fn every_fuzz_target_has_its_short_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    let here = include_str!("fuzz_smoke.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let body = name.trim_end_matches(".rs");
        assert!(
            here.contains(&format!("{body}::run(")),
            "add a short run of `{body}` to xtask/src/fuzz_smoke.rs"
        );
    }
}
