use super::{Fake, incoming, message, sites, words};
use crate::{Meaning, MllpLimits, Receiver, listen_mllp};
use hl7v2::mllp::{Decoder, Event, encode};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

struct Listener {
    address: std::net::SocketAddr,
    receiver: Receiver,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn listen(fixture: &testkit::Fixture, limits: MllpLimits) -> Listener {
    let sites = sites(&fixture.db).await;
    let meaning: Arc<dyn Meaning> = Fake::of(&sites);
    let receiver = Receiver::start(fixture.db.clone(), meaning);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(listen_mllp(receiver.clone(), listener, None, limits, stopped));
    Listener { address, receiver, stop, task }
}

fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    messages.iter().for_each(|message| encode(message, &mut out));
    out
}

/// A sender and what it has read so far.
struct Sender {
    stream: TcpStream,
    decoder: Decoder,
}

impl Sender {
    async fn connect(listener: &Listener) -> Sender {
        let stream = TcpStream::connect(listener.address).await.unwrap();
        Sender { stream, decoder: Decoder::new(1 << 20) }
    }

    async fn send(&mut self, messages: &[Vec<u8>]) {
        self.stream.write_all(&framed(messages)).await.unwrap();
    }

    /// Reads `n` acknowledgments as `AA 17`, or those until the other side closes and `closed`.
    async fn answers(&mut self, n: usize) -> Vec<String> {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 4_096]);
        while all.len() < n {
            if let Some(event) = self.decoder.pull() {
                let Event::Frame(bytes) = event else { panic!("{event:?}") };
                let ack = hl7v2::read(bytes).unwrap();
                all.push(format!("{} {}", ack.get("MSA", 1, 1).text(), ack.get("MSA", 2, 1).text()));
                continue;
            }
            let n_bytes = self.stream.read(&mut buffer).await.unwrap();
            if n_bytes == 0 {
                all.push("closed".to_owned());
                break;
            }
            self.decoder.push(&buffer[..n_bytes]);
        }
        all
    }
}

#[test]
fn split_frames_garbage_and_pipelined_messages_are_answered_in_order() {
    testkit::on_both(async |fixture| {
        let listener = listen(&fixture, MllpLimits::default()).await;
        let mut sender = Sender::connect(&listener).await;
        let mut sent = b"garbage between frames".to_vec();
        sent.extend(framed(&[
            message("1", ""),
            message("2", "ZRF|1\r"),
            message("1", ""),
            message("1", "ZXX|other\r"),
            super::from("RG", "ORU^R01", "3", ""),
            b"PID|1||4711".to_vec(),
            message("4", "ZPO|1\r"),
            message("5", ""),
        ]));
        for piece in sent.chunks(97) {
            sender.stream.write_all(piece).await.unwrap();
            sender.stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        let got = sender.answers(8).await;
        assert_eq!(got, ["AA 1", "AE 2", "AA 1", "AE 1", "AA 3", "AR ", "AE 4", "AA 5"]);
        sender.send(&[message("6", "")]).await;
        assert_eq!(sender.answers(1).await, ["AA 6"]);
    });
}

#[test]
fn a_thousand_pipelined_messages_keep_their_order() {
    testkit::on_both(async |fixture| {
        let listener = listen(&fixture, MllpLimits::default()).await;
        let mut sender = Sender::connect(&listener).await;
        let messages: Vec<Vec<u8>> = (0..1_000).map(|n| message(&n.to_string(), "")).collect();
        sender.send(&messages).await;
        let wanted: Vec<String> = (0..1_000).map(|n| format!("AA {n}")).collect();
        assert_eq!(sender.answers(1_000).await, wanted);
    });
}

#[test]
fn a_message_beyond_the_limit_is_rejected_and_the_next_one_taken() {
    testkit::on_both(async |fixture| {
        let limits = MllpLimits { frame_bytes_max: 2_000, ..MllpLimits::default() };
        let listener = listen(&fixture, limits).await;
        let mut sender = Sender::connect(&listener).await;
        let large = message("1", &format!("OBX|1|TX|||{}\r", "x".repeat(5_000)));
        sender.send(&[large, message("2", "")]).await;
        assert_eq!(sender.answers(2).await, ["AR ", "AA 2"]);
    });
}

#[test]
fn connections_beyond_the_limit_are_closed() {
    testkit::on_both(async |fixture| {
        let limits = MllpLimits { connections_max: 1, ..MllpLimits::default() };
        let listener = listen(&fixture, limits).await;
        let mut first = Sender::connect(&listener).await;
        first.send(&[message("1", "")]).await;
        assert_eq!(first.answers(1).await, ["AA 1"]);
        let mut second = Sender::connect(&listener).await;
        assert_eq!(second.answers(1).await, ["closed"]);
        drop(first);
        // The place is free once the first connection has ended.
        loop {
            let mut third = TcpStream::connect(listener.address).await.unwrap();
            let _ = third.write_all(&framed(&[message("2", "")])).await;
            let mut buffer = [0; 64];
            if third.read(&mut buffer).await.is_ok_and(|n_bytes| n_bytes > 0) {
                break;
            }
        }
    });
}

#[test]
fn a_shutdown_finishes_what_was_received() {
    testkit::on_both(async |fixture| {
        let listener = listen(&fixture, MllpLimits::default()).await;
        let mut sender = Sender::connect(&listener).await;
        let messages: Vec<Vec<u8>> = (0..200).map(|n| message(&n.to_string(), "")).collect();
        sender.send(&messages).await;
        let first = sender.answers(1).await;
        listener.stop.send(true).unwrap();
        // Every message it read is answered before the connection ends.
        let mut got = sender.answers(1_000).await;
        got.splice(0..0, first);
        assert_eq!(got.pop().as_deref(), Some("closed"));
        let wanted: Vec<String> = (0..got.len()).map(|n| format!("AA {n}")).collect();
        assert_eq!(got, wanted);
        listener.task.await.unwrap();
        // And what was not answered was not stored.
        let next = got.len();
        if next < 200 {
            let outcome = listener.receiver.receive(incoming(&messages[next])).await.unwrap();
            assert_eq!(words(&[outcome]), ["applied"]);
        }
    });
}
