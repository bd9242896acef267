//! Steps, each with a line of its own: what it was, how long it took, how it went.

use anyhow::Result;
use std::time::Instant;

/// What passed and what failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) n_passed: u64,
    pub(crate) n_failed: u64,
}

impl Count {
    /// One check.
    pub(crate) fn one(is_ok: bool) -> Count {
        Count { n_passed: u64::from(is_ok), n_failed: u64::from(!is_ok) }
    }

    fn add(&mut self, other: Count) {
        self.n_passed += other.n_passed;
        self.n_failed += other.n_failed;
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.n_passed, self.n_failed)
    }
}

/// The steps of one run.
#[derive(Debug)]
pub(crate) struct Steps {
    total: Count,
    wanted: Vec<String>,
    left_out: Vec<&'static str>,
    begun: Instant,
}

impl Steps {
    /// All steps, or those whose names are given.
    pub(crate) fn new(wanted: &[String]) -> Steps {
        Steps {
            total: Count::default(),
            wanted: wanted.to_vec(),
            left_out: Vec::new(),
            begun: Instant::now(),
        }
    }

    /// Runs a step. One that cannot run has failed.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) {
        if !self.wanted.is_empty() && !self.wanted.iter().any(|wanted| wanted == name) {
            self.left_out.push(name);
            return;
        }
        println!("== {name}");
        let begun = Instant::now();
        let count = work().unwrap_or_else(|error| {
            println!("{name} could not run: {error:#}");
            Count::one(false)
        });
        println!("== {name}: {count}, {:.0} s", begun.elapsed().as_secs_f64());
        self.total.add(count);
    }

    /// The last lines; whether everything passed.
    pub(crate) fn finish(self) -> bool {
        if !self.left_out.is_empty() {
            println!("left out as asked: {}", self.left_out.join(", "));
        }
        println!("all steps took {:.0} s", self.begun.elapsed().as_secs_f64());
        println!("{}", self.total);
        self.total.n_failed == 0 && self.total.n_passed > 0
    }
}

/// The sum of all `test result:` lines of `cargo test`.
pub(crate) fn of_cargo(text: &str) -> Count {
    let mut count = Count::default();
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        count.add(of_summary(line));
    }
    count
}

/// What a line like `12 passed, 1 failed` says; punctuation and order do not matter.
pub(crate) fn of_summary(line: &str) -> Count {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |word: &str| {
        let is_it = |text: &&str| text.trim_matches([',', ';', '.']) == word;
        let at = words.iter().position(is_it)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    Count { n_passed: number("passed").unwrap_or(0), n_failed: number("failed").unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_test_programs_are_added_up() {
        let text = "\nrunning 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             test result: FAILED. 4 passed; 2 failed; 0 ignored\n";
        assert_eq!(of_cargo(text), Count { n_passed: 7, n_failed: 2 });
    }

    #[test]
    fn a_summary_may_stand_anywhere_in_a_line() {
        assert_eq!(of_summary("browser: 12 passed, 1 failed"), Count { n_passed: 12, n_failed: 1 });
        assert_eq!(of_summary("nothing here"), Count::default());
    }
}
