//! Drawings: SVG made by the server, the same on screen, in print and in a report.
//!
//! Every drawing carries a title and a description, stands above the table of its figures, draws all
//! its limits, and labels values where they are instead of in a legend.
//! Positions are SVG geometry and looks are classes, so nothing needs inline style.

mod bars;
mod frame;
mod line;
mod multiples;
mod spark;
mod spc;

pub use bars::{Bar, BarChart, BarKind, gap_bar};
pub use frame::Size;
pub use line::{Interval, Limit, LineChart, Series, SeriesKind};
pub use multiples::{SmallChart, small_multiples};
pub use spark::{Meaning, Spark};
pub use spc::{Phase, SpcChart, SpcPoint};

pub(crate) use frame::{line_path, px};
