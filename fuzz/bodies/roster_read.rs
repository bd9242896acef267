//! Reads any bytes as a rostering problem in each format and, where one comes out, checks that both judges
//! of the engine say the same of its empty roster.

use roster::evaluate::Evaluator;
use roster::read::{curtois, helmward, inrc2};
use roster::{Problem, check};

/// What stands between the texts of one competition instance in a try.
pub(crate) const NEXT_FILE: &str = "\n=====\n";
/// Cells beyond which judging is left to the tests of speed.
const CELLS_MAX: usize = 4_000;

/// One try.
pub(crate) fn run(bytes: &[u8], format: u8) {
    let text = String::from_utf8_lossy(bytes);
    let read = match format % 3 {
        0 => curtois::read(&text),
        1 => helmward::read(&text),
        _ => {
            let mut files = text.split(NEXT_FILE);
            let (scenario, history) = (files.next().unwrap_or(""), files.next().unwrap_or(""));
            inrc2::read(&inrc2::Texts { scenario, history, weeks: files.collect() })
        }
    };
    match read {
        Ok(problem) => judge(&problem),
        Err(unreadable) => assert!(!unreadable.to_string().is_empty()),
    }
}

fn judge(problem: &Problem) {
    if problem.n_people() * problem.n_days() * problem.n_codes() > CELLS_MAX * 8 {
        return;
    }
    let empty = problem.empty_roster();
    let score = Evaluator::new(problem).score(&empty);
    assert_eq!(score, check::check(problem, &empty).score);
}
