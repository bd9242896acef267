//! Hostile bytes as an MLLP stream; see the body.
#![no_main]

#[path = "../bodies/hl7v2_mllp.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|input: (Vec<u8>, u8, u8)| body::run(&input.0, input.1, input.2));
