//! A table as a file: CSV, XLSX or JSON, the same rows as the page.

use crate::fault::Fault;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

/// One value of an exported table: ISO dates, unrounded numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words, dates and instants.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A measured number.
    Real(f64),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Cell {
        Cell::Int(value)
    }
}

impl From<Option<i64>> for Cell {
    fn from(value: Option<i64>) -> Cell {
        value.map_or(Cell::Empty, Cell::Int)
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Cell {
        value.map_or(Cell::Empty, Cell::Real)
    }
}

impl Cell {
    fn text(&self) -> String {
        match self {
            // A cell that a spreadsheet would take for a formula is kept as text.
            Cell::Text(text) if text.starts_with(['=', '+', '@', '\t', '\r']) => format!("'{text}"),
            Cell::Text(text) => text.clone(),
            Cell::Int(value) => value.to_string(),
            Cell::Real(value) => value.to_string(),
            Cell::Empty => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => json!(text),
            Cell::Int(value) => json!(value),
            Cell::Real(value) => json!(value),
            Cell::Empty => Value::Null,
        }
    }
}

/// How to write a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated, UTF-8.
    Csv,
    /// A workbook of one sheet.
    Xlsx,
    /// An array of objects.
    Json,
}

impl ExportFormat {
    /// The format of `?format=`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<ExportFormat> {
        match name {
            "csv" => Some(ExportFormat::Csv),
            "xlsx" => Some(ExportFormat::Xlsx),
            "json" => Some(ExportFormat::Json),
            _ => None,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Xlsx => "xlsx",
            ExportFormat::Json => "json",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Csv => "text/csv; charset=utf-8",
            ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ExportFormat::Json => "application/json",
        }
    }
}

/// A table to be written.
#[derive(Debug, Clone)]
pub struct Export {
    /// File name without its ending.
    pub name: String,
    /// Column names.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

impl Export {
    /// A table with these columns and no rows yet.
    #[must_use]
    pub fn new(name: impl Into<String>, columns: &[&str]) -> Export {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Export { name: name.into(), columns, rows: Vec::new() }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// [`Fault::Ours`] when the table cannot be written, for example past a workbook's limits.
    pub fn write(&self, format: ExportFormat) -> Result<Vec<u8>, Fault> {
        match format {
            ExportFormat::Csv => self.csv(),
            ExportFormat::Xlsx => self.xlsx(),
            ExportFormat::Json => Ok(self.json().to_string().into_bytes()),
        }
    }

    /// The file as a download.
    ///
    /// # Errors
    /// As [`Export::write`].
    pub fn respond(&self, format: ExportFormat) -> Result<Response, Fault> {
        let bytes = self.write(format)?;
        let name: String = self
            .name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
            .collect();
        let disposition = format!("attachment; filename=\"{name}.{}\"", format.extension());
        let headers = [
            (header::CONTENT_TYPE, format.media_type().to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ];
        Ok((StatusCode::OK, headers, bytes).into_response())
    }

    fn csv(&self) -> Result<Vec<u8>, Fault> {
        let failed = |error: csv::Error| Fault::Ours(format!("the table could not be written: {error}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).map_err(failed)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::text)).map_err(failed)?;
        }
        writer.into_inner().map_err(|error| Fault::Ours(error.to_string()))
    }

    fn xlsx(&self) -> Result<Vec<u8>, Fault> {
        let failed = |error: rust_xlsxwriter::XlsxError| {
            Fault::Ours(format!("the workbook could not be written: {error}"))
        };
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let bold = rust_xlsxwriter::Format::new().set_bold();
        let sheet = workbook.add_worksheet();
        for (column, name) in (0u16..).zip(&self.columns) {
            sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
        }
        for (row, cells) in (1u32..).zip(&self.rows) {
            for (column, cell) in (0u16..).zip(cells) {
                match cell {
                    Cell::Text(text) => sheet.write_string(row, column, text).map(|_| ()),
                    Cell::Int(value) => sheet.write_number(row, column, int_to_real(*value)).map(|_| ()),
                    Cell::Real(value) => sheet.write_number(row, column, *value).map(|_| ()),
                    Cell::Empty => Ok(()),
                }
                .map_err(failed)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        sheet.autofit();
        workbook.save_to_buffer().map_err(failed)
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let pairs = self.columns.iter().zip(row).map(|(name, cell)| (name.clone(), cell.json()));
            Value::Object(pairs.collect())
        });
        Value::Array(rows.collect())
    }
}

/// Spreadsheets hold numbers as doubles, exact to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a workbook has no other number; counts stay far below 2^53")]
fn int_to_real(value: i64) -> f64 {
    value as f64
}
