//! The table, and what the machine was doing meanwhile.

/// One line.
struct Line {
    work: String,
    ours: String,
    other: String,
    ratio: String,
}

/// What was measured so far.
pub(crate) struct Table {
    lines: Vec<Line>,
    notes: Vec<String>,
    load_before: String,
}

impl Table {
    pub(crate) fn new() -> Table {
        Table { lines: Vec::new(), notes: Vec::new(), load_before: load() }
    }

    /// A row with nothing to compare to.
    pub(crate) fn row(&mut self, work: impl Into<String>, ours: impl Into<String>) {
        self.push(Line { work: work.into(), ours: ours.into(), other: String::new(), ratio: String::new() });
    }

    /// A row beside a peer or a limit: `ours / other`.
    pub(crate) fn beside(&mut self, work: impl Into<String>, ours: f64, unit: &str, what: &str, other: f64) {
        let ratio = if other > 0.0 { format!("{:.2}", ours / other) } else { String::new() };
        let other = format!("{what} {}", number(other));
        self.push(Line { work: work.into(), ours: format!("{} {unit}", number(ours)), other, ratio });
    }

    pub(crate) fn note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    fn push(&mut self, line: Line) {
        println!("{}: {}  {}  {}", line.work, line.ours, line.other, line.ratio);
        self.lines.push(line);
    }

    pub(crate) fn print(&self) {
        println!("\n| work | ours | peer or limit | ratio |\n|---|---|---|---|");
        for line in &self.lines {
            println!("| {} | {} | {} | {} |", line.work, line.ours, line.other, line.ratio);
        }
        let n_cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        println!("\n{n_cores} cores; load average before {}, after {}", self.load_before, load());
        self.notes.iter().for_each(|note| println!("{note}"));
    }
}

/// A number as people read it.
pub(crate) fn number(value: f64) -> String {
    let whole = format!("{value:.0}");
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let mut out = String::new();
    for (idx, digit) in whole.chars().enumerate() {
        let left = whole.len() - idx;
        if idx > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
