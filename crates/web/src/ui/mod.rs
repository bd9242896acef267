//! The components. Each is a value that implements [`maud::Render`], so a template writes `(panel)`.

mod basic;
mod beds;
mod filter;
mod form;
mod kpi;
mod list;
mod table;
mod work;

pub use basic::{
    Button, Dialog, Empty, Panel, Status, board, breadcrumbs, chip, columns, description_list, key_list,
    notice, segments, stack, tabs,
};
pub use beds::{BedState, BedTile, bed_tiles, staffing, unit_bar};
pub use filter::FilterBar;
pub use form::{Choice, Errors, Field, FieldError, Form};
pub use kpi::{Assurance, Kpi, SpcPair, Variation, kpi_strip};
pub use list::{Agenda, AgendaLine, Need, NeedList};
pub use table::{Bulk, Cell, Column, Paging, Row, RowKind, Table};
pub use work::{Conflict, ImportCounts, JobPanel, JobState, MapColumn, import_counts, map_columns, steps};
