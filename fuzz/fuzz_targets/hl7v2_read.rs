//! Hostile bytes as a file of messages; see the body.
#![no_main]

#[path = "../bodies/hl7v2_read.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::run(bytes));
