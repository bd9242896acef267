//! Small tables that people hand in: any delimiter, any column order, a byte-order mark or none.
//!
//! Reads text into rows by column name and says what is wrong in a way that can be mended. Holds no
//! meaning of its own; the features' `rules.rs` give the columns theirs.

use std::collections::HashMap;

/// Rows read at most; a larger file is cut by the person who has it.
const ROWS_MAX: usize = 100_000;

/// One fault of one row, in words that let it be mended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reject {
    /// Line in the file, from 1.
    pub line: u64,
    /// The column, or empty when the whole row is meant.
    pub column: String,
    /// What stood there.
    pub value: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub next: String,
}

impl Reject {
    /// A fault of a column.
    pub(crate) fn new(
        line: u64,
        column: &str,
        value: &str,
        expected: impl Into<String>,
        next: impl Into<String>,
    ) -> Reject {
        let value = value.chars().take(80).collect();
        Reject { line, column: column.to_owned(), value, expected: expected.into(), next: next.into() }
    }
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if !self.column.is_empty() {
            write!(f, "{} `{}`: ", self.column, self.value)?;
        }
        write!(f, "{}. {}.", self.expected, self.next)
    }
}

/// A row by column name.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) line: u64,
    cells: HashMap<String, String>,
}

impl Row {
    /// The trimmed cell, empty when the column is missing.
    pub(crate) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// Reads a table. A header without the `needed` columns refuses the file with one fault.
pub(crate) fn read_table(text: &str, needed: &[&str]) -> Result<(Vec<Row>, Vec<Reject>), Reject> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(first))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(column_name).collect(),
        Err(_) => Vec::new(),
    };
    if let Some(missing) = needed.iter().find(|needed| !header.iter().any(|name| name == *needed)) {
        let expected = format!("the first line names the columns, among them {}", needed.join(", "));
        return Err(Reject::new(1, missing, "", expected, format!("Add the column {missing}")));
    }
    Ok(read_rows(&mut reader, &header))
}

fn read_rows(reader: &mut csv::Reader<&[u8]>, header: &[String]) -> (Vec<Row>, Vec<Reject>) {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                rejects.push(Reject::new(line, "", "", "the row cannot be read", "Check its quotes"));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == ROWS_MAX {
            let expected = format!("a file has at most {ROWS_MAX} rows");
            rejects.push(Reject::new(line, "", "", expected, "Cut the file and import its parts in turn"));
            break;
        }
        let mut cells: HashMap<String, String> =
            header.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        // A list in the last column may be written without quotes; its tail belongs to it.
        let extra: Vec<&str> = record.iter().skip(header.len()).filter(|cell| !cell.is_empty()).collect();
        if let (Some(last), false) = (header.last(), extra.is_empty()) {
            if last.ends_with("codes") {
                let list = cells.entry(last.clone()).or_default();
                list.push(' ');
                list.push_str(&extra.join(" "));
            } else {
                let expected = format!("a row has {} values, this one has {}", header.len(), record.len());
                let next = "Put a value that holds the delimiter in double quotes";
                rejects.push(Reject::new(line, "", "", expected, next));
                continue;
            }
        }
        rows.push(Row { line, cells });
    }
    (rows, rejects)
}

fn column_name(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The delimiter a header line uses: the candidate found most often.
fn delimiter_of(header: &str) -> u8 {
    let count = |candidate: u8| header.bytes().filter(|&byte| byte == candidate).count();
    // The last of equals wins, so the comma stands last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|&candidate| count(candidate)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_delimiter_order_and_mark_reads_alike() {
        for text in ["\u{feff}b,a\n1,2\n", "b;a\r\n1;2\r\n", "B\tA\n1\t2", "b|a\n\n1|2\n"] {
            let (rows, rejects) = read_table(text, &["a", "b"]).unwrap();
            let cells: Vec<_> = rows.iter().map(|row| (row.cell("a"), row.cell("b"))).collect();
            assert_eq!((cells, rejects), (vec![("2", "1")], vec![]), "{text:?}");
        }
    }

    #[test]
    fn a_missing_column_refuses_the_file_by_name() {
        let reject = read_table("a,c\n1,2\n", &["a", "b"]).unwrap_err();
        assert_eq!((reject.line, reject.column.as_str()), (1, "b"));
    }

    #[test]
    fn too_many_values_are_a_fault_unless_the_last_column_is_a_list() {
        let (rows, rejects) = read_table("a,hl7_codes\n1,X,Y\n", &["a"]).unwrap();
        assert_eq!((rows[0].cell("hl7_codes"), rejects.len()), ("X Y", 0));
        let (rows, rejects) = read_table("a,b\n1,X,Y\n", &["a"]).unwrap();
        assert_eq!((rows.len(), rejects[0].line), (0, 2));
    }
}
