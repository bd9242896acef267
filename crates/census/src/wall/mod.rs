//! The wall: the flow board for a screen that everyone can see. No names, large figures, no navigation.

pub mod page;
