//! A server under load: senders over MLLP, and what was acknowledged to them.

use super::{Install, command};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub mllp: SocketAddr,
}

impl Server {
    pub fn start(install: &Install) -> Server {
        let words = ["serve", "--listen", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--log", "error"];
        let mut command = command(&words);
        install.name_to(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mllp = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("HL7 v2 over MLLP is taken at ").map(str::to_owned))
            .expect("the server says where it listens");
        Server { child, mllp: mllp.parse().unwrap() }
    }

    /// Asks it to end, as a service manager does.
    pub fn end(mut self) {
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

/// The n-th message of a sender: its control id and its text.
pub type Story = fn(usize, usize) -> (String, String);

/// What every sender shares.
struct Shared {
    /// Where the server is now; it moves with every restart.
    mllp: Mutex<SocketAddr>,
    acknowledged: Mutex<BTreeMap<String, String>>,
    is_over: AtomicBool,
}

/// Senders at work.
pub struct Load {
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn start(mllp: SocketAddr, n_senders: usize, story: Story) -> Load {
        let shared = Arc::new(Shared {
            mllp: Mutex::new(mllp),
            acknowledged: Mutex::new(BTreeMap::new()),
            is_over: AtomicBool::new(false),
        });
        let senders = (0..n_senders).map(|sender| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || send(&shared, sender, story))
        });
        Load { senders: senders.collect(), shared }
    }

    /// The server is elsewhere now.
    pub fn move_to(&self, mllp: SocketAddr) {
        *self.shared.mllp.lock().unwrap() = mllp;
    }

    /// The messages acknowledged so far, by control id.
    pub fn acknowledged(&self) -> BTreeMap<String, String> {
        self.shared.acknowledged.lock().unwrap().clone()
    }

    /// Waits until so many are acknowledged.
    pub fn wait_for(&self, n: usize) {
        let asked = Instant::now();
        while self.shared.acknowledged.lock().unwrap().len() < n {
            assert!(asked.elapsed() < Duration::from_secs(60), "the server takes messages too slowly");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops the senders; everything acknowledged to them.
    pub fn end(self) -> BTreeMap<String, String> {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for sender in self.senders {
            sender.join().unwrap();
        }
        std::mem::take(&mut self.shared.acknowledged.lock().unwrap())
    }
}

/// Sends one message after another; one without an answer is sent again, as every feed does.
fn send(shared: &Shared, sender: usize, story: Story) {
    let mut line: Option<TcpStream> = None;
    for n in 0.. {
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
        let (id, message) = story(sender, n);
        while try_send(shared, &mut line, &message, &id).is_err() {
            line = None;
            std::thread::sleep(Duration::from_millis(5));
        }
        shared.acknowledged.lock().unwrap().insert(id, message);
    }
}

/// Sends these messages, one after another.
pub fn send_again(mllp: SocketAddr, messages: &BTreeMap<String, String>) {
    let mut line = connect(mllp).unwrap();
    for (id, message) in messages {
        exchange(&mut line, message, id).unwrap();
    }
}

fn try_send(shared: &Shared, line: &mut Option<TcpStream>, message: &str, id: &str) -> std::io::Result<()> {
    if line.is_none() {
        *line = Some(connect(*shared.mllp.lock().unwrap())?);
    }
    exchange(line.as_mut().unwrap(), message, id)
}

fn connect(mllp: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(mllp)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends a message and waits for its acknowledgment.
fn exchange(stream: &mut TcpStream, message: &str, id: &str) -> std::io::Result<()> {
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

/// A message of the ADT feed of Riverside General.
pub fn adt(id: &str, event: &str, at: &str, rest: &[String]) -> String {
    let head = [
        format!(r"MSH|^~\&|ADT|RGH|HELMWARD|LAKESIDE|{at}||ADT^{event}|{id}|P|2.5.1"),
        format!("EVN|{event}|{at}"),
    ];
    head.iter().chain(rest).map(|segment| format!("{segment}\r")).collect()
}
