//! The comparison harness that prints one table.
