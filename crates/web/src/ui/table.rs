//! The data table: sticky head in a sized box, sort links, paging by the server, figures as files.

use maud::{Markup, Render, html};

use super::basic::Empty;
use crate::{Icon, format};

/// One column.
#[derive(Clone, Debug, Default)]
pub struct Column {
    label: String,
    is_number: bool,
    is_wide: bool,
    priority: u8,
    sort: Option<(String, Option<bool>)>,
}

impl Column {
    /// Words, aligned left.
    pub fn text(label: impl Into<String>) -> Column {
        Column { label: label.into(), ..Column::default() }
    }

    /// Numbers, aligned right; the unit belongs in the label.
    pub fn number(label: impl Into<String>) -> Column {
        Column { label: label.into(), is_number: true, ..Column::default() }
    }

    /// Long words that may wrap.
    pub fn wide(mut self) -> Column {
        self.is_wide = true;
        self
    }

    /// Left out on phones.
    pub fn not_on_phones(mut self) -> Column {
        self.priority = 2;
        self
    }

    /// Left out under 1180 px.
    pub fn only_wide_screens(mut self) -> Column {
        self.priority = 3;
        self
    }

    /// Makes the header a link that sorts; `ascending` is set when this column is the current order.
    pub fn sort(mut self, href: impl Into<String>, ascending: Option<bool>) -> Column {
        self.sort = Some((href.into(), ascending));
        self
    }

    fn class(&self) -> Option<String> {
        let classes = [
            self.is_number.then_some("num"),
            self.is_wide.then_some("wrap"),
            (self.priority == 2).then_some("p2"),
            (self.priority == 3).then_some("p3"),
        ];
        let classes: Vec<&str> = classes.into_iter().flatten().collect();
        (!classes.is_empty()).then(|| classes.join(" "))
    }
}

/// Content of a cell. Text is escaped.
#[derive(Clone, Debug)]
pub struct Cell(Markup);

impl Cell {
    /// Anything already rendered: a chip, a bar, several links.
    pub fn of(content: impl Render) -> Cell {
        Cell(content.render())
    }

    /// A link, such as the name of the record.
    pub fn link(words: impl Render, href: impl AsRef<str>) -> Cell {
        Cell(html! { a href=(href.as_ref()) { (words) } })
    }

    /// Secondary words.
    pub fn dim(words: impl Render) -> Cell {
        Cell(html! { span.dim { (words) } })
    }

    /// A number of performance: blue when better, orange when worse.
    pub fn judged(words: impl Render, is_better: Option<bool>) -> Cell {
        Cell(match is_better {
            Some(true) => html! { span.pos { (words) } },
            Some(false) => html! { span.neg { (words) } },
            None => words.render(),
        })
    }

    /// Nothing.
    pub fn none() -> Cell {
        Cell(Markup::default())
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell(text.render())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell(text.render())
    }
}

impl From<Markup> for Cell {
    fn from(markup: Markup) -> Cell {
        Cell(markup)
    }
}

impl From<i64> for Cell {
    fn from(n: i64) -> Cell {
        Cell(format::count(n).render())
    }
}

/// What a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowKind {
    /// A record.
    #[default]
    Plain,
    /// A heading or subtotal inside the table.
    Sub,
    /// A record under the one above.
    Child,
}

/// One row, its cells in the order of the columns.
#[derive(Clone, Debug, Default)]
pub struct Row {
    cells: Vec<Cell>,
    kind: RowKind,
    id: Option<String>,
    select: Option<(String, String)>,
}

impl Row {
    /// A row of cells; a `&str`, `String`, `i64` or `Markup` is a cell.
    pub fn new(cells: impl IntoIterator<Item = Cell>) -> Row {
        Row { cells: cells.into_iter().collect(), ..Row::default() }
    }

    /// Adds a cell.
    pub fn cell(mut self, cell: impl Into<Cell>) -> Row {
        self.cells.push(cell.into());
        self
    }

    /// Makes it a subtotal or a child.
    pub fn kind(mut self, kind: RowKind) -> Row {
        self.kind = kind;
        self
    }

    /// Id, for anchors and live refresh.
    pub fn id(mut self, id: impl Into<String>) -> Row {
        self.id = Some(id.into());
        self
    }

    /// Lets the row be checked: posted value, and the name read to those who do not see the row.
    pub fn selectable(mut self, value: impl Into<String>, name: impl Into<String>) -> Row {
        self.select = Some((value.into(), name.into()));
        self
    }
}

/// Which rows are shown, of how many.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// Number of the first row shown, from 1.
    pub first: u64,
    /// Number of the last row shown.
    pub last: u64,
    /// All rows that match.
    pub total: u64,
    /// Address of the page before.
    pub previous_href: Option<String>,
    /// Address of the page after.
    pub next_href: Option<String>,
}

impl Paging {
    /// `Rows 1-50 of 1,284`.
    pub fn text(&self) -> String {
        let written = |n: u64| format::count(i64::try_from(n).unwrap_or(i64::MAX));
        match self.total {
            0 => "No rows".to_owned(),
            1 => "1 row".to_owned(),
            _ => format!("Rows {}-{} of {}", written(self.first), written(self.last), written(self.total)),
        }
    }
}

/// What may be done with checked rows. Ids are posted as `id`; `all=1` stands for all that match.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    /// Where the rows are posted.
    pub action: String,
    /// Token of the form.
    pub csrf: String,
    /// Value posted as `do`, and its words.
    pub buttons: Vec<(String, String)>,
    /// How many match the filter beyond this page.
    pub n_matching: Option<u64>,
    /// The filter itself, posted with `all`.
    pub filter: Vec<(String, String)>,
}

/// A table of records.
#[derive(Clone, Debug, Default)]
pub struct Table {
    id: String,
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    total: Option<Row>,
    paging: Option<Paging>,
    csv_href: Option<String>,
    xlsx_href: Option<String>,
    empty: Option<Empty>,
    bulk: Option<Bulk>,
    is_plain: bool,
}

impl Table {
    /// A table with an id that is unique on its page and a caption that is read to those who do not see it.
    pub fn new(id: impl Into<String>, caption: impl Into<String>) -> Table {
        Table { id: id.into(), caption: caption.into(), ..Table::default() }
    }

    /// Adds a column; the first names the record.
    pub fn column(mut self, column: Column) -> Table {
        self.columns.push(column);
        self
    }

    /// Adds a row.
    pub fn row(mut self, row: Row) -> Table {
        self.rows.push(row);
        self
    }

    /// Adds rows.
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Table {
        self.rows.extend(rows);
        self
    }

    /// Totals at the foot.
    pub fn total(mut self, row: Row) -> Table {
        self.total = Some(row);
        self
    }

    /// Says which rows are shown.
    pub fn paging(mut self, paging: Paging) -> Table {
        self.paging = Some(paging);
        self
    }

    /// Offers the figures as files.
    pub fn downloads(mut self, csv_href: impl Into<String>, xlsx_href: impl Into<String>) -> Table {
        self.csv_href = Some(csv_href.into());
        self.xlsx_href = Some(xlsx_href.into());
        self
    }

    /// What stands here when there are no rows.
    pub fn empty(mut self, empty: Empty) -> Table {
        self.empty = Some(empty);
        self
    }

    /// Lets rows be checked and acted on together.
    pub fn bulk(mut self, bulk: Bulk) -> Table {
        self.bulk = Some(bulk);
        self
    }

    /// A short table in a panel: no visible header line.
    pub fn plain(mut self) -> Table {
        self.is_plain = true;
        self
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn head(&self) -> Markup {
        html! {
            thead.vh[self.is_plain] {
                tr {
                    @if self.bulk.is_some() {
                        th.ck scope="col" { input type="checkbox" data-all aria-label="Select all rows on this page"; }
                    }
                    @for column in &self.columns { (header_cell(column)) }
                }
            }
        }
    }

    fn body_row(&self, row: &Row) -> Markup {
        let class = match row.kind {
            RowKind::Plain => None,
            RowKind::Sub => Some("sub"),
            RowKind::Child => Some("kid"),
        };
        html! {
            tr class=[class] id=[row.id.as_deref()] {
                @if self.bulk.is_some() {
                    td.ck {
                        @if let Some((value, name)) = &row.select {
                            input type="checkbox" name="id" value=(value) aria-label={ "Select " (name) };
                        }
                    }
                }
                (self.cells(row))
            }
        }
    }

    fn cells(&self, row: &Row) -> Markup {
        html! {
            @for (idx, (column, cell)) in self.columns.iter().zip(&row.cells).enumerate() {
                @if idx == 0 {
                    th.nm scope="row" { (cell.0) }
                } @else {
                    td class=[column.class()] { (cell.0) }
                }
            }
        }
    }

    fn grid(&self) -> Markup {
        html! {
            div.tw tabindex="0" role="region" aria-label=(self.caption) {
                table.t.sel[self.bulk.is_some()] id=(self.id) data-list {
                    caption.vh { (self.caption) }
                    (self.head())
                    tbody { @for row in &self.rows { (self.body_row(row)) } }
                    @if let Some(total) = &self.total {
                        tfoot { tr.tot { @if self.bulk.is_some() { td {} } (self.cells(total)) } }
                    }
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        html! {
            @if self.paging.is_some() || self.csv_href.is_some() {
                div.tf {
                    @if let Some(paging) = &self.paging { (pager(paging)) }
                    @if let Some(href) = &self.csv_href {
                        span.dl {
                            (Icon::Download) "Figures as "
                            a href=(href) download { "CSV" }
                            @if let Some(href) = &self.xlsx_href { " " a href=(href) download { "XLSX" } }
                        }
                    }
                }
            }
        }
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        if self.is_empty() {
            return match &self.empty {
                Some(empty) => empty.render(),
                None => Empty::new("No rows", "There is nothing to list here yet.").render(),
            };
        }
        match &self.bulk {
            None => html! { (self.grid()) (self.foot()) },
            Some(bulk) => html! {
                form.bulk method="post" action=(bulk.action) data-bulk {
                    input type="hidden" name="csrf" value=(bulk.csrf);
                    @for (name, value) in &bulk.filter { input type="hidden" name=(name) value=(value); }
                    (bulk_bar(bulk))
                    (self.grid())
                }
                (self.foot())
            },
        }
    }
}

fn header_cell(column: &Column) -> Markup {
    let order = match &column.sort {
        Some((_, Some(true))) => Some("ascending"),
        Some((_, Some(false))) => Some("descending"),
        _ => None,
    };
    html! {
        // A column of buttons has no heading; a heading cell without words would be read out as one.
        @if column.label.is_empty() { td class=[column.class()] {} } @else {
        th scope="col" class=[column.class()] aria-sort=[order] {
            @if let Some((href, _)) = &column.sort { a href=(href) { (column.label) } } @else { (column.label) }
        }
        }
    }
}

fn pager(paging: &Paging) -> Markup {
    html! {
        span.rows { (paging.text()) }
        @if paging.previous_href.is_some() || paging.next_href.is_some() {
            nav.pg aria-label="Pages" {
                @if let Some(href) = &paging.previous_href { a.btn.sm href=(href) rel="prev" { (Icon::Left) "Previous" } }
                @if let Some(href) = &paging.next_href { a.btn.sm href=(href) rel="next" { "Next" (Icon::Right) } }
            }
        }
    }
}

fn bulk_bar(bulk: &Bulk) -> Markup {
    html! {
        div.bb data-bulk-bar {
            span data-bulk-count role="status" { "With the checked rows" }
            @for (value, words) in &bulk.buttons { button.btn.sm name="do" value=(value) { (words) } }
            @if let Some(n) = bulk.n_matching {
                label { input type="checkbox" name="all" value="1"; "Select all " (format::count(i64::try_from(n).unwrap_or(i64::MAX))) " matching" }
            }
            button.btn.sm.quiet type="reset" data-bulk-clear { "Clear" }
        }
    }
}
