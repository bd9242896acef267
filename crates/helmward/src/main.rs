//! The Helmward executable.
fn main() {}
