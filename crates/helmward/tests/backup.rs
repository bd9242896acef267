//! A backup taken while senders send: restored elsewhere it is whole, holds every message acknowledged
//! before it began, and its census is the one its own messages tell. On both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

mod common;

use common::load::{Load, Server, adt, send_again};
use common::{Install, store};

const N_SENDERS: usize = 6;

/// Patients who come, move and go, each sender in a bed of its own of each unit, and the bed's cleaning.
fn story(sender: usize, n: usize) -> (String, String) {
    let (id, patient, step) = (format!("B{sender}-{n}"), n / 6, n % 6);
    let (event, place) = match step {
        0 => ("A01", "5W"),
        1 => ("A02", "3N"),
        2 => ("A20", "5W"),
        3 => ("A08", "3N"),
        4 => ("A03", "3N"),
        _ => ("A20", "3N"),
    };
    // A patient a quarter of an hour, from October on.
    let minute = patient * 15 + step * 2;
    let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
    let at = format!("202610{day:02}{hour:02}{minute:02}00-0400");
    let bed = format!("{place}^{sender}^A^RGH");
    let rest = if event == "A20" {
        vec![format!("NPU|{bed}|{}", if patient % 2 == 0 { "H" } else { "U" })]
    } else {
        let who = format!("{sender}-{patient}");
        let place = format!("PV1|1|I|{bed}|||||||MED|||||||||V{who}^^^RGH");
        vec![format!("PID|1||P{who}^^^RGH^MR||Sample^{who}||19600101|F"), place]
    };
    let message = adt(&id, event, &at, &rest);
    (id, message)
}

/// What a manager reads: days, who is inside, beds, and figures.
fn picture(install: &Install) -> Vec<String> {
    let asked: [&[&str]; 6] = [
        &["census", "--date", "2026-10-01", "--json"],
        &["census", "--date", "2026-10-02", "--json"],
        &["census", "--at", "2026-10-01T08:03:00Z", "--json"],
        &["census", "--at", "2026-10-31T00:00:00Z", "--json"],
        &["export", "beds", "--format", "json"],
        &["export", "census", "--period", "2026-10", "--format", "json"],
    ];
    asked.iter().map(|words| install.run(words).ok().out).collect()
}

/// The messages kept, by the audit, which must hold.
fn n_kept(install: &Install) -> usize {
    let audit = install.run(&["audit", "verify", "--json"]).ok().json();
    let streams = audit["streams"].as_array().unwrap();
    let messages = streams.iter().find(|stream| stream["stream"] == "message").unwrap();
    usize::try_from(messages["n_rows"].as_u64().unwrap()).unwrap()
}

#[test]
fn a_backup_taken_under_load_restores_to_an_equal_state() {
    for engine in testkit::engines() {
        let install = Install::on(engine).with_sites();
        let server = Server::start(&install);
        let load = Load::start(server.mllp, N_SENDERS, story);
        load.wait_for(300);
        let before = load.acknowledged();
        let file = install.folder.path().join("whole.backup");
        install.run(&["backup", file.to_str().unwrap()]).ok();
        let n_meanwhile = load.acknowledged().len() - before.len();
        assert!(n_meanwhile > 0, "{engine:?}: nothing was sent while the backup was taken");
        let all = load.end();
        server.end();

        let restored = Install::nowhere_yet(engine);
        restored.run(&["restore", file.to_str().unwrap()]).ok();
        let n_restored = n_kept(&restored);
        assert!((before.len()..=all.len()).contains(&n_restored), "{engine:?}: {n_restored}");
        let told = picture(&restored);

        // Its own messages tell the same, when all that was made of them is forgotten. In a copy: what is
        // forgotten is missing from the seals.
        let copy = Install::nowhere_yet(engine);
        copy.run(&["restore", file.to_str().unwrap()]).ok();
        assert_eq!(store::rebuild(&copy), u64::try_from(n_restored).unwrap(), "{engine:?}");
        assert_eq!(picture(&copy), told, "{engine:?}");

        // Sent again, what was acknowledged before is there already.
        let server = Server::start(&restored);
        send_again(server.mllp, &before);
        assert_eq!(n_kept(&restored), n_restored, "{engine:?}");
        assert_eq!(picture(&restored), told, "{engine:?}");

        // With the rest it is the original.
        send_again(server.mllp, &all);
        server.end();
        assert_eq!(n_kept(&restored), all.len(), "{engine:?}");
        assert_eq!(picture(&restored), picture(&install), "{engine:?}");
    }
}
