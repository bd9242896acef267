//! Checks, tests, benchmarks and packaging for the workspace.
fn main() {}
