//! A server killed without warning, again and again, while eight senders send: whatever was acknowledged is
//! there afterward, applied once, and the chains hold. On both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

mod common;

use common::Install;
use common::load::{Load, Server, adt};
use std::time::Duration;

const N_SENDERS: usize = 8;
const N_KILLS: usize = 5;

fn admission(sender: usize, n: usize) -> (String, String) {
    let id = format!("K{sender}-{n}");
    let rest = [
        format!("PID|1||P{id}^^^RGH^MR||Sample^{id}||19600101|F"),
        format!("PV1|1|I|5W^^^RGH|||||||MED|||||||||V{id}^^^RGH"),
    ];
    let message = adt(&id, "A01", "20261001100000-0400", &rest);
    (id, message)
}

/// Pseudo-random milliseconds; the seed is in every failure's text.
fn pause(seed: &mut u64) -> Duration {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    Duration::from_millis(50 + (*seed >> 33) % 600)
}

#[test]
fn whatever_was_acknowledged_survives_a_kill() {
    for engine in testkit::engines() {
        let install = Install::on(engine).with_sites();
        let first_seed = u64::from(std::process::id());
        let mut seed = first_seed;
        let mut server = Server::start(&install);
        let load = Load::start(server.mllp, N_SENDERS, admission);
        for _ in 0..N_KILLS {
            std::thread::sleep(pause(&mut seed));
            // SIGKILL: no word of warning, no time to finish anything.
            drop(server);
            server = Server::start(&install);
            load.move_to(server.mllp);
        }
        std::thread::sleep(pause(&mut seed));
        let n_sent = load.end().len();
        server.end();

        let of = format!("{engine:?}, seed {first_seed}");
        assert!(n_sent > N_SENDERS * N_KILLS, "{of}: only {n_sent} messages were sent");
        let census = install.run(&["census", "--date", "2026-10-01", "--json"]).ok().json();
        assert_eq!(census["admissions"], n_sent, "{of}");
        assert_eq!(census["midnight_census"], n_sent, "{of}");
        let audit = install.run(&["audit", "verify", "--json"]).ok().json();
        let messages =
            audit["streams"].as_array().unwrap().iter().find(|stream| stream["stream"] == "message");
        assert_eq!(messages.unwrap()["n_rows"], n_sent, "{of}");
    }
}
