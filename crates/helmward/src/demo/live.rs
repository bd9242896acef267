//! What happens in the sample from now on, sent as it happens over MLLP to the demo's own port.

use super::{fill, make};
use anyhow::{Context as _, Result, bail};
use hl7v2::mllp::{Decoder, Event, encode};
use jiff::{SignedDuration, Timestamp};
use sample::{Plan, Sent};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use store::{Db, find_setting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The setting with the moment up to which everything was sent.
const SENT_UNTIL: &str = "demo.sent_until";
/// How far ahead messages are written.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// The longest stretch written at once after a pause of the demo.
const STRETCH_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Messages sent before their acknowledgments are read.
const PIPELINE: usize = 256;
/// How often the position is saved; a restart sends at most this much twice, which changes nothing.
const SAVE_EVERY: Duration = Duration::from_secs(30);

/// Sends until `shutdown` turns true.
pub(super) async fn run(db: Db, plan: Plan, to: SocketAddr, mut shutdown: watch::Receiver<bool>) {
    let mut sender = Sender { db, plan, to, until: plan.now, line: None, saved: Instant::now() };
    let ended = async {
        // An error means that the other end is gone, and with it the program.
        let _ = shutdown.wait_for(|is_ending| *is_ending).await;
    };
    tokio::select! {
        () = ended => {}
        () = sender.go_on() => {}
    }
    if let Err(error) = sender.save().await {
        tracing::warn!(%error, "the position of the sample's stream was not saved");
    }
}

struct Sender {
    db: Db,
    plan: Plan,
    to: SocketAddr,
    /// Everything before was sent and acknowledged.
    until: Timestamp,
    line: Option<(TcpStream, Decoder)>,
    saved: Instant,
}

impl Sender {
    /// Sends for good; what goes wrong is tried again.
    async fn go_on(&mut self) {
        loop {
            if let Err(error) = self.try_go_on().await {
                tracing::warn!(error = format!("{error:#}"), "the sample's stream paused");
                self.line = None;
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    }

    async fn try_go_on(&mut self) -> Result<()> {
        // The census reads best when the recent past is in before the present begins.
        while !fill::position(&self.db).await?.is_recent_done {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let saved = find_setting::<i64>(&mut self.db.read().await?, None, SENT_UNTIL).await?;
        if let Some(saved) = saved {
            self.until = self.until.max(Timestamp::from_second(saved)?);
        }
        loop {
            let (plan, from) = (self.plan, self.until);
            let until = from.checked_add(STRETCH_MAX)?.min(self.db.now().checked_add(AHEAD)?);
            let write = move || sample::messages(&plan, from, until).collect::<Vec<Sent>>();
            let messages = tokio::task::spawn_blocking(write).await?;
            self.send_all(&messages).await?;
            self.wait_for(until).await?;
            self.until = until;
            self.save().await?;
        }
    }

    async fn send_all(&mut self, messages: &[Sent]) -> Result<()> {
        let mut left = messages;
        while let Some(first) = left.first() {
            self.wait_for(first.at).await?;
            let now = self.db.now();
            let n_due = left.iter().take(PIPELINE).take_while(|sent| sent.at <= now).count().max(1);
            let (due, later) = left.split_at_checked(n_due).unwrap_or((left, &[]));
            self.send(due).await?;
            // Others of the same second may follow, and are known when they come again.
            self.until = due.last().map_or(self.until, |last| last.at);
            left = later;
            if self.saved.elapsed() >= SAVE_EVERY {
                self.save().await?;
            }
        }
        Ok(())
    }

    async fn wait_for(&self, at: Timestamp) -> Result<()> {
        loop {
            let left = at.duration_since(self.db.now());
            if left <= SignedDuration::ZERO {
                return Ok(());
            }
            // In short steps: the machine may sleep meanwhile.
            let step = Duration::try_from(left)?.min(Duration::from_secs(10));
            tokio::time::sleep(step).await;
        }
    }

    /// Sends messages and waits for all their acknowledgments.
    async fn send(&mut self, messages: &[Sent]) -> Result<()> {
        if self.line.is_none() {
            let stream = TcpStream::connect(self.to).await.context("the demo's own feed does not answer")?;
            stream.set_nodelay(true)?;
            self.line = Some((stream, Decoder::new(1 << 20)));
        }
        let Some((stream, decoder)) = &mut self.line else { return Ok(()) };
        let mut out = Vec::new();
        messages.iter().for_each(|sent| encode(&sent.bytes, &mut out));
        stream.write_all(&out).await?;
        let mut n_left = messages.len();
        let mut buffer = vec![0; 16 << 10];
        while n_left > 0 {
            let n_bytes = stream.read(&mut buffer).await?;
            if n_bytes == 0 {
                bail!("the feed closed the connection with {n_left} messages unanswered");
            }
            decoder.push(buffer.get(..n_bytes).unwrap_or_default());
            while let Some(event) = decoder.pull() {
                n_left -= usize::from(matches!(event, Event::Frame(_)) && n_left > 0);
            }
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<()> {
        self.saved = Instant::now();
        make::put(&self.db, SENT_UNTIL, self.until.as_second()).await?;
        Ok(())
    }
}
