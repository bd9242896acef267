//! A server killed without warning, again and again, while eight senders send: whatever was acknowledged is
//! there afterward, applied once, and the chains hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

mod common;

use common::{Install, command};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const N_SENDERS: usize = 8;
const N_KILLS: usize = 5;

/// A running server; killed when dropped.
struct Server {
    child: Child,
    mllp: SocketAddr,
}

impl Server {
    fn start(install: &Install) -> Server {
        let words = ["serve", "--listen", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--log", "error", "--dir"];
        let mut command = command(&words);
        let mut child = command.arg(&install.dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mllp = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("HL7 v2 over MLLP is taken at ").map(str::to_owned))
            .expect("the server says where it listens");
        Server { child, mllp: mllp.parse().unwrap() }
    }

    /// Asks it to end, as a service manager does.
    fn end(mut self) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "the server does not end when asked");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What every sender shares.
struct Shared {
    /// Where the server is now; it moves with every restart.
    mllp: Mutex<SocketAddr>,
    acknowledged: Mutex<BTreeSet<String>>,
    is_over: AtomicBool,
}

/// Sends admissions one after another; one without an answer is sent again, as every feed does.
fn send(shared: &Shared, sender: usize) {
    let mut line: Option<TcpStream> = None;
    for n in 0.. {
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
        let id = format!("K{sender}-{n}");
        let message = admission(&id);
        while try_send(shared, &mut line, &message, &id).is_err() {
            line = None;
            std::thread::sleep(Duration::from_millis(5));
        }
        shared.acknowledged.lock().unwrap().insert(id);
    }
}

fn try_send(shared: &Shared, line: &mut Option<TcpStream>, message: &str, id: &str) -> std::io::Result<()> {
    if line.is_none() {
        let stream = TcpStream::connect(*shared.mllp.lock().unwrap())?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.set_nodelay(true)?;
        *line = Some(stream);
    }
    let stream = line.as_mut().unwrap();
    stream.write_all(format!("\x0b{message}\x1c\r").as_bytes())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while answer.last() != Some(&0x1c) {
        stream.read_exact(&mut byte)?;
        answer.push(byte[0]);
    }
    stream.read_exact(&mut byte)?;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains(&format!("MSA|AA|{id}")), "{answer}");
    Ok(())
}

fn admission(id: &str) -> String {
    let at = "20261001100000-0400";
    [
        format!(r"MSH|^~\&|ADT|RGH|HELMWARD|LAKESIDE|{at}||ADT^A01|{id}|P|2.5.1"),
        format!("EVN|A01|{at}"),
        format!("PID|1||P{id}^^^RGH^MR||Sample^{id}||19600101|F"),
        format!("PV1|1|I|5W^^^RGH|||||||MED|||||||||V{id}^^^RGH"),
    ]
    .map(|segment| segment + "\r")
    .concat()
}

/// Pseudo-random milliseconds; the seed is in every failure's text.
fn pause(seed: &mut u64) -> Duration {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    Duration::from_millis(50 + (*seed >> 33) % 600)
}

#[test]
fn whatever_was_acknowledged_survives_a_kill() {
    let install = Install::new().with_sites();
    let first_seed = u64::from(std::process::id());
    let mut seed = first_seed;
    let mut server = Server::start(&install);
    let shared = Arc::new(Shared {
        mllp: Mutex::new(server.mllp),
        acknowledged: Mutex::new(BTreeSet::new()),
        is_over: AtomicBool::new(false),
    });
    let senders: Vec<_> = (0..N_SENDERS)
        .map(|sender| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || send(&shared, sender))
        })
        .collect();
    for _ in 0..N_KILLS {
        std::thread::sleep(pause(&mut seed));
        // SIGKILL: no word of warning, no time to finish anything.
        drop(server);
        server = Server::start(&install);
        *shared.mllp.lock().unwrap() = server.mllp;
    }
    std::thread::sleep(pause(&mut seed));
    shared.is_over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().unwrap();
    }
    server.end();

    let n_sent = shared.acknowledged.lock().unwrap().len();
    assert!(n_sent > N_SENDERS * N_KILLS, "only {n_sent} messages were sent");
    let census = install.run(&["census", "--date", "2026-10-01", "--json"]).ok().json();
    assert_eq!(census["admissions"], n_sent, "seed {first_seed}");
    assert_eq!(census["midnight_census"], n_sent, "seed {first_seed}");
    let audit = install.run(&["audit", "verify", "--json"]).ok().json();
    let messages = audit["streams"].as_array().unwrap().iter().find(|stream| stream["stream"] == "message");
    assert_eq!(messages.unwrap()["n_rows"], n_sent, "seed {first_seed}");
}
