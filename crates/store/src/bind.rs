//! Typed values into statements and out of rows, the same for both engines.

use crate::error::StoreError;
use base::{Id, SitePath};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, Row as _};

/// One value for a `$n`. Nulls are typed, because PostgreSQL refuses an untyped one in places.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BOOLEAN.
    Bool(Option<bool>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
    /// BYTEA.
    Bytes(Option<Vec<u8>>),
}

impl Bind {
    pub(crate) fn add_postgres(self, to: &mut PgArguments) -> Result<(), StoreError> {
        let added = match self {
            Bind::Int(value) => to.add(value),
            Bind::Text(value) => to.add(value),
            Bind::Bool(value) => to.add(value),
            Bind::Real(value) => to.add(value),
            Bind::Bytes(value) => to.add(value),
        };
        added.map_err(StoreError::Engine)
    }
}

macro_rules! bind_from {
    ($($type:ty, $value:ident => $bind:expr;)*) => {$(
        impl From<$type> for Bind {
            fn from($value: $type) -> Bind { $bind }
        }
    )*};
}

bind_from! {
    i64, v => Bind::Int(Some(v));
    Option<i64>, v => Bind::Int(v);
    i32, v => Bind::Int(Some(i64::from(v)));
    u32, v => Bind::Int(Some(i64::from(v)));
    Timestamp, v => Bind::Int(Some(v.as_microsecond()));
    Option<Timestamp>, v => Bind::Int(v.map(Timestamp::as_microsecond));
    &str, v => Bind::Text(Some(v.to_owned()));
    String, v => Bind::Text(Some(v));
    &String, v => Bind::Text(Some(v.clone()));
    Option<&str>, v => Bind::Text(v.map(str::to_owned));
    Option<String>, v => Bind::Text(v);
    Date, v => Bind::Text(Some(v.to_string()));
    Option<Date>, v => Bind::Text(v.map(|date| date.to_string()));
    &SitePath, v => Bind::Text(Some(v.as_str().to_owned()));
    bool, v => Bind::Bool(Some(v));
    Option<bool>, v => Bind::Bool(v);
    f64, v => Bind::Real(Some(v));
    Option<f64>, v => Bind::Real(v);
    Vec<u8>, v => Bind::Bytes(Some(v));
    &[u8], v => Bind::Bytes(Some(v.to_vec()));
    Option<Vec<u8>>, v => Bind::Bytes(v);
}

impl<Kind> From<Id<Kind>> for Bind {
    fn from(id: Id<Kind>) -> Bind {
        Bind::Text(Some(id.to_string()))
    }
}

impl<Kind> From<Option<Id<Kind>>> for Bind {
    fn from(id: Option<Id<Kind>>) -> Bind {
        Bind::Text(id.map(|id| id.to_string()))
    }
}

pub(crate) enum Raw<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(PgRow),
}

/// The columns of one row, read in the order the statement selects them.
pub struct Columns<'r> {
    pub(crate) raw: Raw<'r>,
    pub(crate) next: usize,
    pub(crate) context: &'r str,
}

macro_rules! engine_get {
    ($self:ident, $type:ty) => {{
        let idx = $self.next;
        $self.next += 1;
        let got: Result<$type, String> = match &$self.raw {
            Raw::Sqlite(row) => row.get(idx).map_err(|error| error.to_string()),
            Raw::Postgres(row) => row.try_get(idx).map_err(|error| error.to_string()),
        };
        got.map_err(|reason| $self.wrong(idx, reason))
    }};
}

impl Columns<'_> {
    /// The next column, as the type asked for.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the stored value is not of that type.
    pub fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        T::take(self)
    }

    fn wrong(&self, column: usize, reason: impl Into<String>) -> StoreError {
        let context = self.context.split_whitespace().collect::<Vec<_>>().join(" ");
        StoreError::Inconsistent {
            context: context.chars().take(120).collect(),
            column,
            reason: reason.into(),
        }
    }

    fn parse<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, StoreError> {
        let text: String = self.take()?;
        text.parse().map_err(|_| self.wrong(self.next.saturating_sub(1), format!("not {what}")))
    }
}

/// A value made from one or more columns.
pub trait Column: Sized {
    /// Reads it from the next column.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the stored value does not fit.
    fn take(columns: &mut Columns<'_>) -> Result<Self, StoreError>;
}

macro_rules! column_native {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn take(columns: &mut Columns<'_>) -> Result<$type, StoreError> {
                engine_get!(columns, $type)
            }
        }
    )*};
}

column_native!(
    i64,
    Option<i64>,
    String,
    Option<String>,
    bool,
    Option<bool>,
    f64,
    Option<f64>,
    Vec<u8>,
    Option<Vec<u8>>
);

impl Column for u32 {
    fn take(columns: &mut Columns<'_>) -> Result<u32, StoreError> {
        let value: i64 = columns.take()?;
        u32::try_from(value).map_err(|_| columns.wrong(columns.next.saturating_sub(1), "not a count"))
    }
}

impl Column for Timestamp {
    fn take(columns: &mut Columns<'_>) -> Result<Timestamp, StoreError> {
        let micros: i64 = columns.take()?;
        Timestamp::from_microsecond(micros)
            .map_err(|_| columns.wrong(columns.next.saturating_sub(1), "not an instant"))
    }
}

impl Column for Option<Timestamp> {
    fn take(columns: &mut Columns<'_>) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = columns.take()?;
        match micros.map(Timestamp::from_microsecond).transpose() {
            Ok(at) => Ok(at),
            Err(_) => Err(columns.wrong(columns.next.saturating_sub(1), "not an instant")),
        }
    }
}

impl Column for Date {
    fn take(columns: &mut Columns<'_>) -> Result<Date, StoreError> {
        columns.parse("a civil date")
    }
}

impl Column for Option<Date> {
    fn take(columns: &mut Columns<'_>) -> Result<Option<Date>, StoreError> {
        let text: Option<String> = columns.take()?;
        match text.map(|text| text.parse()).transpose() {
            Ok(date) => Ok(date),
            Err(_) => Err(columns.wrong(columns.next.saturating_sub(1), "not a civil date")),
        }
    }
}

impl Column for SitePath {
    fn take(columns: &mut Columns<'_>) -> Result<SitePath, StoreError> {
        columns.parse("a site path")
    }
}

impl<Kind> Column for Id<Kind> {
    fn take(columns: &mut Columns<'_>) -> Result<Id<Kind>, StoreError> {
        columns.parse("an id")
    }
}

impl<Kind> Column for Option<Id<Kind>> {
    fn take(columns: &mut Columns<'_>) -> Result<Option<Id<Kind>>, StoreError> {
        let text: Option<String> = columns.take()?;
        match text.map(|text| text.parse()).transpose() {
            Ok(id) => Ok(id),
            Err(_) => Err(columns.wrong(columns.next.saturating_sub(1), "not an id")),
        }
    }
}

/// A value made from a row.
pub trait FromRow: Sized {
    /// Reads the columns in the order the statement names them.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when a stored value does not fit.
    fn from_row(columns: &mut Columns<'_>) -> Result<Self, StoreError>;
}

macro_rules! row_of_columns {
    ($($name:ident),+) => {
        impl<$($name: Column),+> FromRow for ($($name,)+) {
            fn from_row(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
                Ok(($($name::take(columns)?,)+))
            }
        }
    };
}

row_of_columns!(A);
row_of_columns!(A, B);
row_of_columns!(A, B, C);
row_of_columns!(A, B, C, D);
row_of_columns!(A, B, C, D, E);
row_of_columns!(A, B, C, D, E, F);
row_of_columns!(A, B, C, D, E, F, G);
row_of_columns!(A, B, C, D, E, F, G, H);
