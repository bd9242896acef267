//! A file as rows: CSV in any delimiter and usual encoding, or a workbook.
//!
//! Sketch: a file of 256 MiB is held once, as text. Of its rows only those of a batch are held; 100,000 rows
//! of 8 columns take some 30 MB.

use super::FieldInfo;
use super::mapping::{ColumnRef, Mapping};
use calamine::{Data, Reader as _};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

/// Characters tried as delimiter; of equals the last wins.
const DELIMITERS: [u8; 4] = *b"|\t;,";
/// Columns of a file, at most.
const COLUMNS_MAX: usize = 1_000;
/// A workbook unpacks to many times its size.
const WORKBOOK_BYTES_MAX: usize = 32 << 20;

/// How much of a file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLimits {
    /// Largest file.
    pub bytes_max: usize,
    /// Most rows.
    pub rows_max: u64,
}

impl Default for TableLimits {
    /// 256 MiB and 2 million rows.
    fn default() -> TableLimits {
        TableLimits { bytes_max: 256 << 20, rows_max: 2_000_000 }
    }
}

/// Why a file cannot be read as rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// Nothing in it.
    #[error("the file is empty; export it again")]
    Empty,
    /// Too large.
    #[error("the file has {n_bytes} bytes; the limit is {bytes_max}. Cut it and import the parts in turn")]
    TooLarge {
        /// Its size.
        n_bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Too many rows.
    #[error(
        "the file has more than {rows_max} rows, which is the limit. Cut it and import the parts in turn"
    )]
    TooManyRows {
        /// The limit.
        rows_max: u64,
    },
    /// Too many columns.
    #[error("the file has {n_columns} columns; the limit is {COLUMNS_MAX}. Check the delimiter")]
    TooManyColumns {
        /// How many.
        n_columns: usize,
    },
    /// A workbook that cannot be read.
    #[error("the workbook cannot be read. Save it as XLSX or CSV without a password")]
    Workbook,
    /// The sheet is missing.
    #[error("the workbook has no sheet `{wanted}`; it has {found}")]
    NoSheet {
        /// The sheet asked for.
        wanted: String,
        /// The sheets there are.
        found: String,
    },
    /// A column that the mapping or the importer needs.
    #[error("{field} should come from column `{column}`, which is missing. The file has {found}")]
    NoColumn {
        /// The field.
        field: String,
        /// The column.
        column: String,
        /// The columns there are.
        found: String,
    },
    /// The mapping names a field that the importer does not know.
    #[error("`{field}` is not a field of this import; its fields are {known}")]
    UnknownField {
        /// The field named.
        field: String,
        /// The fields there are.
        known: String,
    },
}

/// An opened file.
#[derive(Debug)]
pub struct Table {
    cells: Cells,
    header: Vec<String>,
    fields: Arc<Fields>,
    rows_max: u64,
}

#[derive(Debug)]
enum Cells {
    Text { text: String, start: usize, delimiter: u8, has_header: bool },
    Sheet { rows: Vec<Vec<String>>, first_line: u64 },
}

/// Where a field is taken from.
#[derive(Debug, Default)]
struct Fields {
    places: BTreeMap<&'static str, Place>,
}

#[derive(Debug)]
struct Place {
    column: Option<usize>,
    constant: String,
    words: BTreeMap<String, String>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    cells: Vec<String>,
    fields: Arc<Fields>,
}

impl Row {
    /// The value of a field, trimmed; empty when the file has none. Words are translated as the mapping
    /// says.
    #[must_use]
    pub fn get(&self, field: &str) -> &str {
        let Some(place) = self.fields.places.get(field) else { return "" };
        let cell = place.column.and_then(|idx| self.cells.get(idx)).map_or("", |cell| cell.trim());
        let cell = if cell.is_empty() { place.constant.as_str() } else { cell };
        place.words.get(cell).map_or(cell, String::as_str)
    }

    /// The cells as they stand in the file.
    #[must_use]
    pub fn cells(&self) -> &[String] {
        &self.cells
    }
}

impl Table {
    /// Opens a file and finds the columns of the fields.
    ///
    /// # Errors
    /// [`BadFile`] telling what to mend.
    pub fn open(
        bytes: Vec<u8>,
        mapping: &Mapping,
        fields: &[FieldInfo],
        limits: TableLimits,
    ) -> Result<Table, BadFile> {
        if bytes.len() > limits.bytes_max {
            return Err(BadFile::TooLarge { n_bytes: bytes.len(), bytes_max: limits.bytes_max });
        }
        let (cells, header) = match is_workbook(&bytes) {
            true => open_workbook(&bytes, mapping)?,
            false => open_text(bytes, mapping)?,
        };
        if header.len() > COLUMNS_MAX {
            return Err(BadFile::TooManyColumns { n_columns: header.len() });
        }
        let fields = Arc::new(Fields::of(mapping, fields, &header)?);
        Ok(Table { cells, header, fields, rows_max: limits.rows_max })
    }

    /// The names of the columns; their numbers when the file has no header.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The rows in order, blank ones left out; an error ends them.
    pub fn rows(&self) -> Box<dyn Iterator<Item = Result<Row, BadFile>> + Send + '_> {
        let rows: Box<dyn Iterator<Item = Row> + Send + '_> = match &self.cells {
            Cells::Text { text, start, delimiter, has_header } => {
                let rest = text.get(*start..).unwrap_or_default();
                let reader = reader(rest, *delimiter, *has_header);
                let start = *start as u64;
                let fields = Arc::clone(&self.fields);
                let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
                let n_columns = self.header.len();
                let ends_in_list =
                    self.header.last().is_some_and(|last| last.to_lowercase().ends_with("codes"));
                let cells_of = move |record: &csv::StringRecord| {
                    let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
                    // A list of codes in the last column may be written without quotes; its tail belongs
                    // to it.
                    if ends_in_list && cells.len() > n_columns {
                        let tail = cells.split_off(n_columns.saturating_sub(1));
                        cells.push(tail.join(" ").trim().to_owned());
                    }
                    cells
                };
                // The reader fails on nothing: the text is UTF-8 and rows may differ in length.
                Box::new(reader.into_records().map_while(Result::ok).map(move |record| Row {
                    line: lines.line_of(start + record.position().map_or(0, csv::Position::byte)),
                    cells: cells_of(&record),
                    fields: Arc::clone(&fields),
                }))
            }
            Cells::Sheet { rows, first_line } => {
                Box::new(rows.iter().zip(*first_line..).map(|(cells, line)| Row {
                    line,
                    cells: cells.clone(),
                    fields: Arc::clone(&self.fields),
                }))
            }
        };
        let rows_max = self.rows_max;
        let filled = rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
        Box::new((1..).zip(filled).map_while(move |(n, row): (u64, Row)| match n {
            _ if n <= rows_max => Some(Ok(row)),
            _ if n == rows_max + 1 => Some(Err(BadFile::TooManyRows { rows_max })),
            _ => None,
        }))
    }
}

impl Fields {
    fn of(mapping: &Mapping, fields: &[FieldInfo], header: &[String]) -> Result<Fields, BadFile> {
        let named = mapping.columns.keys().chain(mapping.constants.keys()).chain(mapping.values.keys());
        for field in named {
            if !fields.iter().any(|known| known.name == field) {
                let known = fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
                return Err(BadFile::UnknownField { field: field.clone(), known });
            }
        }
        let mut places = BTreeMap::new();
        for field in fields {
            let wanted = mapping.columns.get(field.name);
            let column = match wanted {
                Some(ColumnRef::Number(number)) => usize::try_from(*number)
                    .ok()
                    .and_then(|number| number.checked_sub(1))
                    .filter(|&idx| idx < header.len()),
                Some(ColumnRef::Name(name)) => find_column(header, name),
                None if mapping.header => find_column(header, field.name),
                None => None,
            };
            let constant = mapping.constants.get(field.name).cloned().unwrap_or_default();
            let is_needed = field.is_required && constant.is_empty();
            if column.is_none() && (wanted.is_some() || is_needed) {
                return Err(BadFile::NoColumn {
                    field: field.name.to_owned(),
                    column: wanted.map_or(field.name.to_owned(), ToString::to_string),
                    found: header.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", "),
                });
            }
            let words = mapping.values.get(field.name).cloned().unwrap_or_default();
            places.insert(field.name, Place { column, constant, words });
        }
        Ok(Fields { places })
    }
}

/// Counts lines up to a record. The reader's own count stands before the line ends that come ahead of one.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_of(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(&next) = self.text.get(self.at) {
            if self.at >= start && !matches!(next, b'\r' | b'\n') {
                break;
            }
            self.at += 1;
            let ends_line = match next {
                b'\n' => true,
                b'\r' => self.text.get(self.at) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends_line);
        }
        self.line
    }
}

/// By name; spaces, hyphens and the case of letters make no difference.
fn find_column(header: &[String], name: &str) -> Option<usize> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(name);
    header.iter().position(|column| plain(column) == wanted)
}

fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0")
}

fn open_text(bytes: Vec<u8>, mapping: &Mapping) -> Result<(Cells, Vec<String>), BadFile> {
    let text = decode(bytes);
    let mut start = 0;
    for _ in 0..mapping.skip_lines {
        let rest = text.get(start..).unwrap_or_default();
        start += rest.find('\n').map_or(rest.len(), |end| end + 1);
    }
    let rest = text.get(start..).unwrap_or_default();
    let first = rest.lines().find(|line| !line.trim().is_empty()).ok_or(BadFile::Empty)?;
    let chosen = mapping.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok());
    let delimiter = chosen.unwrap_or_else(|| delimiter_of(first));
    let mut rows = reader(rest, delimiter, mapping.header);
    let header = match mapping.header {
        true => rows.headers().cloned().unwrap_or_default(),
        false => rows.records().next().and_then(Result::ok).unwrap_or_default(),
    };
    let header = names(header.iter(), mapping.header);
    Ok((Cells::Text { text, start, delimiter, has_header: mapping.header }, header))
}

fn names<'c>(cells: impl Iterator<Item = &'c str>, has_header: bool) -> Vec<String> {
    let name = |(n, cell): (usize, &str)| if has_header { cell.trim().to_owned() } else { n.to_string() };
    (1..).zip(cells).map(name).collect()
}

fn reader(text: &str, delimiter: u8, has_header: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(has_header)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The candidate found most often outside quotes.
fn delimiter_of(line: &str) -> u8 {
    let count = |candidate: u8| {
        let outside = line.split('"').step_by(2);
        outside.map(|part| part.bytes().filter(|&byte| byte == candidate).count()).sum::<usize>()
    };
    DELIMITERS.into_iter().max_by_key(|&candidate| count(candidate)).unwrap_or(b',')
}

/// UTF-8 with or without a byte-order mark, UTF-16 with one, otherwise ISO 8859-1, which loses nothing.
fn decode(mut bytes: Vec<u8>) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>().copied().map(unit));
        let letters = char::decode_utf16(units);
        letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, ..] => drop(bytes.drain(..3)),
        _ => {}
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

fn open_workbook(bytes: &[u8], mapping: &Mapping) -> Result<(Cells, Vec<String>), BadFile> {
    if bytes.len() > WORKBOOK_BYTES_MAX {
        return Err(BadFile::TooLarge { n_bytes: bytes.len(), bytes_max: WORKBOOK_BYTES_MAX });
    }
    let mut workbook =
        calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|_| BadFile::Workbook)?;
    let sheets = workbook.sheet_names();
    let sheet = match &mapping.sheet {
        None => sheets.first().cloned().ok_or(BadFile::Empty)?,
        Some(wanted) if sheets.contains(wanted) => wanted.clone(),
        Some(wanted) => {
            return Err(BadFile::NoSheet { wanted: wanted.clone(), found: sheets.join(", ") });
        }
    };
    let range = workbook.worksheet_range(&sheet).map_err(|_| BadFile::Workbook)?;
    let top = u64::from(range.start().map_or(0, |(row, _)| row)) + 1;
    let n_skipped = mapping.skip_lines.saturating_sub(top - 1);
    let mut rows = range
        .rows()
        .skip(usize::try_from(n_skipped).unwrap_or(usize::MAX))
        .map(|row| row.iter().map(text_of).collect::<Vec<String>>());
    let mut first_line = top + n_skipped;
    let mut rows: Vec<Vec<String>> = rows.by_ref().collect();
    let header = names(rows.first().ok_or(BadFile::Empty)?.iter().map(String::as_str), mapping.header);
    if mapping.header {
        rows.remove(0);
        first_line += 1;
    }
    Ok((Cells::Sheet { rows, first_line }, header))
}

/// A cell as text: dates in ISO 8601, whole numbers without a point.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(is) => is.to_string(),
        Data::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second) {
                (0, 0, 0) => date,
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            }
        }
    }
}
