//! Numbers published or checked by others, on files that are not part of this repository.
//!
//! Set `HELMWARD_DATA` to the folder with `rostering/`, or put it at `../shared/data` beside the
//! repository; without it these tests pass without looking.

use roster::evaluate::Evaluator;
use roster::read::curtois;
use std::path::PathBuf;

fn data(path: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var_os("HELMWARD_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    std::fs::read_to_string(root.join("rostering").join(path)).ok()
}

#[test]
fn empty_rosters_of_the_shift_scheduling_benchmarks_cost_what_was_checked() {
    let checked = [7137, 10882, 15474, 18319, 28974, 30057, 31728, 48486, 41298, 69704, 81495, 101_241];
    for (n, soft) in (1..).zip(checked) {
        let Some(text) = data(&format!("curtois/Instance{n}.txt")) else { return };
        let problem = curtois::read(&text).unwrap();
        let score = Evaluator::new(&problem).score(&problem.empty_roster());
        assert_eq!((n, score.soft, score.cover), (n, soft, 0));
        assert!(score.hard > 0, "everybody has least minutes");
    }
}
