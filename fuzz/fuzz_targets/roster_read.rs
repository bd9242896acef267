//! Hostile bytes as a rostering problem; see the body.
#![no_main]

#[path = "../bodies/roster_read.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|input: (Vec<u8>, u8)| body::run(&input.0, input.1));
