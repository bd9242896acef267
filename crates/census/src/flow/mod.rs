//! The flow board: who waits for a bed, what every bed does, who leaves and what for they wait.
//!
//! [`store::load`] reads the present in eight statements whatever the number of beds; [`rules::board`]
//! makes the board of it. The wall and the beds page show the same board. Cost: about 2 ms for 300 beds.

pub mod leaving;
pub mod page;
pub mod rules;
pub mod store;

pub use rules::{Board, Guest, UnitBoard};
pub use store::load;
