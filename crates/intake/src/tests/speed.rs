//! Not a timed test: `cargo test --release -p intake -- speed --nocapture` prints the cost of a message.

use super::{Fake, incoming, now, sites};
use crate::{Incoming, Meaning, receive};
use std::sync::Arc;
use std::time::Instant;

#[test]
fn the_cost_of_a_message_does_not_grow_with_those_stored() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let fake = Arc::try_unwrap(Fake::of(&sites)).ok().unwrap();
        let meaning: Arc<dyn Meaning> = Arc::new(Fake { writes: false, ..fake });
        let n_batches = if cfg!(debug_assertions) { 4 } else { 60 };
        let filler = format!("OBX|1|TX|||{}\r", "x".repeat(700));
        let mut took = Vec::new();
        for round in 0..n_batches {
            let batch: Vec<Incoming> =
                (0..512).map(|n| incoming(super::message(&format!("{round}-{n}"), &filler))).collect();
            let started = Instant::now();
            let outcomes = receive(&fixture.db, &meaning, batch).await.unwrap();
            took.push(started.elapsed().as_secs_f64() / 512.0 * 1e6);
            assert!(outcomes.iter().all(|outcome| *outcome == crate::Outcome::Applied));
        }
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let (first, last) = took.split_at(took.len() / 2);
        println!("{:?}: {:.1} us, then {:.1} us a message", fixture.db.engine(), mean(first), mean(last));
        let _ = now();
    });
}
