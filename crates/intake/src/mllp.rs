//! The MLLP listener: HL7 v2 over TCP, one task for each connection.
//!
//! A sender may send many messages before it reads an acknowledgment; acknowledgments come in the order of
//! the messages, each after its message is durable. When a message cannot be stored the connection is
//! closed without an answer, because every sender sends an unanswered message again.

use crate::inbox::{Incoming, Outcome};
use crate::receiver::{Answer, Receiver};
use base::Id;
use hl7v2::mllp::{Decoder, Event, encode};
use hl7v2::{Ack, AckCode, Condition, ack_unreadable, read_header};
use identity::Site;
use std::sync::Arc;
use std::time::Duration;
use store::Db;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Frames beyond this size need one of a few places, so that 256 connections cannot fill the memory.
const SMALL_FRAME_BYTES_MAX: usize = 1 << 20;
/// How many large frames may be underway at once.
const LARGE_FRAMES_MAX: usize = 16;
/// Messages of one connection that wait for their acknowledgment.
const PIPELINE_MAX: usize = 1_024;
/// As much of a header as is kept for the acknowledgment.
const HEADER_BYTES_MAX: usize = 4 << 10;

/// How long a sender may take to agree on a secret.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How long a finished connection waits for the other side to close.
const LINGER: Duration = Duration::from_millis(500);

/// How much a listener takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MllpLimits {
    /// Longest message.
    pub frame_bytes_max: usize,
    /// Most connections at once; further ones are closed.
    pub connections_max: usize,
    /// A connection without any byte for this long is closed.
    pub idle_max: Duration,
    /// The site of messages that name none themselves.
    pub default_site: Option<Id<Site>>,
}

impl Default for MllpLimits {
    /// 16 MiB, 256 connections, one hour.
    fn default() -> MllpLimits {
        MllpLimits {
            frame_bytes_max: 16 << 20,
            connections_max: 256,
            idle_max: Duration::from_secs(3_600),
            default_site: None,
        }
    }
}

/// Listens until `shutdown` turns true or its sender is dropped; then no more is read, what was read is
/// stored and acknowledged, and the function returns. With `tls` every connection begins with a handshake.
pub async fn listen_mllp(
    receiver: Receiver,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    limits: MllpLimits,
    shutdown: watch::Receiver<bool>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let large = Arc::new(Semaphore::new(LARGE_FRAMES_MAX));
    let mut connections = JoinSet::new();
    let mut ending = shutdown.clone();
    loop {
        let accepted = tokio::select! {
            () = ended(&mut ending) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if connections.len() < limits.connections_max => {
                let connection = Connection {
                    receiver: receiver.clone(),
                    limits,
                    large: Arc::clone(&large),
                    shutdown: shutdown.clone(),
                };
                connections.spawn(connection.serve(stream, tls.clone()));
            }
            Ok(_) => {
                tracing::warn!(limit = limits.connections_max, "too many MLLP connections; one is closed")
            }
            Err(error) => {
                tracing::warn!(%error, "an MLLP connection could not be accepted");
                // Out of file handles, most likely; some may be free again soon.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the program.
    let _ = shutdown.wait_for(|is_ending| *is_ending).await;
}

struct Connection {
    receiver: Receiver,
    limits: MllpLimits,
    large: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

/// A message that waits for its acknowledgment.
enum Pending {
    Message { header: Vec<u8>, answer: Answer },
    TooLarge { frame_bytes_max: usize },
}

impl Connection {
    async fn serve(self, mut stream: TcpStream, tls: Option<TlsAcceptor>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "an MLLP connection is gone");
            return;
        }
        let Some(tls) = tls else {
            let (from, to) = stream.split();
            self.talk(from, to).await;
            return close(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
            Ok(Ok(mut stream)) => {
                let (from, to) = tokio::io::split(&mut stream);
                self.talk(from, to).await;
                close(stream).await;
            }
            Ok(Err(error)) => tracing::warn!(%error, "an MLLP sender without the right TLS was turned away"),
            Err(_) => tracing::warn!("an MLLP sender did not begin TLS and was turned away"),
        }
    }

    async fn talk(self, from: impl AsyncRead + Unpin, to: impl AsyncWrite + Unpin) {
        let db = self.receiver.db().clone();
        let (pending, queue) = mpsc::channel(PIPELINE_MAX);
        let mut writing = std::pin::pin!(write_answers(to, queue, &db));
        let read = tokio::select! {
            // Nobody reads our answers, or a message could not be stored: stop.
            () = &mut writing => return,
            read = self.read_messages(from, pending) => read,
        };
        if let Err(error) = read {
            tracing::debug!(%error, "an MLLP connection ended");
        }
        writing.await;
    }

    /// Reads until the sender, the idle limit or the shutdown ends it.
    async fn read_messages(
        mut self,
        mut from: impl AsyncRead + Unpin,
        pending: mpsc::Sender<Pending>,
    ) -> std::io::Result<()> {
        let mut decoder = Decoder::new(self.limits.frame_bytes_max);
        let mut buffer = vec![0; 32 << 10];
        let mut place = None;
        loop {
            let n_bytes = tokio::select! {
                () = ended(&mut self.shutdown) => return Ok(()),
                read = tokio::time::timeout(self.limits.idle_max, from.read(&mut buffer)) => match read {
                    Ok(n_bytes) => n_bytes?,
                    Err(_) => return Ok(()),
                },
            };
            if n_bytes == 0 {
                if decoder.pending() > 0 {
                    tracing::warn!(n_bytes = decoder.pending(), "an MLLP connection ended within a message");
                }
                return Ok(());
            }
            decoder.push(buffer.get(..n_bytes).unwrap_or_default());
            while let Some(next) = self.next(&mut decoder).await {
                let Ok(next) = next else { return Ok(()) };
                if pending.send(next).await.is_err() {
                    return Ok(());
                }
            }
            self.make_room(&decoder, &mut place).await;
        }
    }

    /// Hands in the next frame; `None` when more must arrive first, an error when the receiver has ended.
    async fn next(&self, decoder: &mut Decoder) -> Option<Result<Pending, Arc<store::StoreError>>> {
        loop {
            let incoming = match decoder.pull()? {
                Event::Frame(bytes) => Incoming {
                    bytes: bytes.to_vec(),
                    source: "mllp".to_owned(),
                    default_site: self.limits.default_site,
                },
                Event::TooLarge { frame_bytes_max } => {
                    tracing::warn!(frame_bytes_max, "an MLLP message beyond the limit was rejected");
                    return Some(Ok(Pending::TooLarge { frame_bytes_max }));
                }
                Event::Cut { n_bytes } => {
                    tracing::warn!(n_bytes, "an MLLP message was cut off by the next one");
                    continue;
                }
            };
            let header = header_of(&incoming.bytes);
            let answer = self.receiver.hand_in(incoming).await;
            return Some(answer.map(|answer| Pending::Message { header, answer }));
        }
    }

    /// Takes or gives back the place of a large frame.
    async fn make_room(&self, decoder: &Decoder, place: &mut Option<OwnedSemaphorePermit>) {
        if decoder.pending() <= SMALL_FRAME_BYTES_MAX {
            *place = None;
        } else if place.is_none() {
            *place = Arc::clone(&self.large).acquire_owned().await.ok();
        }
    }
}

/// Says the end and reads what nobody wants until the other side closes: closed with bytes unread, the
/// connection would be reset, and answers on their way be lost.
async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let rest = async {
        let _ = stream.shutdown().await;
        let mut buffer = vec![0; 32 << 10];
        while stream.read(&mut buffer).await.is_ok_and(|n_bytes| n_bytes > 0) {}
    };
    let _ = tokio::time::timeout(LINGER, rest).await;
}

/// The header line, or the beginning of what is no message.
fn header_of(bytes: &[u8]) -> Vec<u8> {
    let from = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let rest = bytes.get(from..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
    rest.get(..end.min(HEADER_BYTES_MAX)).unwrap_or_default().to_vec()
}

/// Writes the acknowledgments in order; several at once when they are ready.
async fn write_answers(mut to: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Pending>, db: &Db) {
    let mut out = Vec::new();
    let mut n_answers: u64 = 0;
    loop {
        let next = match queue.try_recv() {
            Ok(next) => next,
            Err(_) => {
                if flush(&mut to, &mut out).await.is_err() {
                    return;
                }
                match queue.recv().await {
                    Some(next) => next,
                    None => return,
                }
            }
        };
        n_answers += 1;
        let at = db.now();
        let control_id = format!("{}{n_answers:04}", at.as_microsecond());
        let ack = match next {
            Pending::TooLarge { frame_bytes_max } => {
                let text = format!("The message has more than {frame_bytes_max} bytes, which is the limit.");
                ack_unreadable(b"", &text, at, &control_id)
            }
            Pending::Message { header, mut answer } => {
                let outcome = match answer.try_recv() {
                    Ok(outcome) => Ok(outcome),
                    Err(oneshot::error::TryRecvError::Closed) => return,
                    Err(oneshot::error::TryRecvError::Empty) => {
                        if flush(&mut to, &mut out).await.is_err() {
                            return;
                        }
                        answer.await
                    }
                };
                // Not stored: no answer at all, and the sender will send it again.
                let Ok(Ok(outcome)) = outcome else { return };
                acknowledge(&header, &outcome, at, &control_id)
            }
        };
        encode(&ack, &mut out);
    }
}

async fn flush(to: &mut (impl AsyncWrite + Unpin), out: &mut Vec<u8>) -> std::io::Result<()> {
    if !out.is_empty() {
        to.write_all(out).await?;
        to.flush().await?;
        out.clear();
    }
    Ok(())
}

/// AA once it is kept and nothing stands against it, AE when it is kept and cannot be applied, AR when it is no
/// message.
fn acknowledge(header: &[u8], outcome: &Outcome, at: jiff::Timestamp, control_id: &str) -> Vec<u8> {
    let (code, text, condition) = match outcome {
        Outcome::Applied | Outcome::Duplicate | Outcome::Ignored { .. } => {
            (AckCode::Aa, "", Condition::Internal)
        }
        Outcome::Conflict { reason } => (AckCode::Ae, reason.as_str(), Condition::DuplicateKey),
        Outcome::Refused { reason, .. } => (AckCode::Ae, reason.as_str(), Condition::Internal),
        Outcome::Unreadable { reason } => return ack_unreadable(header, reason, at, control_id),
    };
    match read_header(header) {
        Ok(message) => Ack { code, text, condition, location: None, at, control_id }.write(&message),
        Err(_) => ack_unreadable(header, text, at, control_id),
    }
}
