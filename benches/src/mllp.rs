//! Receive, store, apply, acknowledge: senders that wait for each acknowledgment before the next message.

use crate::Plan;
use crate::disk::Limit;
use crate::house::{House, messages};
use crate::http::Client;
use crate::table::{Table, number};
use anyhow::{Context as _, Result, bail};
use hl7v2::mllp::{Decoder, Event, encode};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

const N_SENDERS: usize = 32;

pub(crate) fn run(plan: &Plan, postgres: Option<&str>, limit: &Limit, table: &mut Table) -> Result<()> {
    let engine = if postgres.is_some() { "PostgreSQL" } else { "SQLite FULL" };
    let house = House::make(plan, if postgres.is_some() { "mllp-pg" } else { "mllp" }, postgres)?;
    let served = house.serve()?;
    let n_alone = (plan.n_sent / 20).max(200);
    let all = messages(n_alone + plan.n_sent)?;
    let (alone, together) = all.split_at_checked(n_alone).context("more messages than the sample has")?;
    let rate = send(served.mllp, alone, 1)?;
    table.beside(format!("MLLP, {engine}, 1 sender"), rate, "messages/s", "a flush a message", limit.single);
    // In ten parts, so that the first and the last show what ten times the rows cost.
    let part = (together.len() / 10).max(1);
    let mut rates = Vec::new();
    let (begun, cpu_before) = (Instant::now(), served.cpu_seconds());
    for chunk in together.chunks(part) {
        rates.push(send(served.mllp, chunk, N_SENDERS)?);
    }
    // A page waits until all that was acknowledged is applied.
    Client::new(served.http)?.get("/sign-in")?;
    let rate = together.len() as f64 / begun.elapsed().as_secs_f64();
    let cpu = (served.cpu_seconds() - cpu_before) * 1e6 / together.len() as f64;
    let work = format!("MLLP, {engine}, {N_SENDERS} senders, {} messages", number(together.len() as f64));
    table.beside(work, rate, "messages/s", "32 a flush", limit.grouped);
    table.row(format!("processor time of the server for one, {engine}"), format!("{} us", number(cpu)));
    let kept =
        together.iter().take(plan.n_sent / 4).map(|message| without_census(message)).collect::<Vec<_>>();
    let rate = send(served.mllp, &kept, N_SENDERS)?;
    let work = format!("the same, {engine}, messages that are kept and change no census");
    let bare = send(answer_all()?, &kept, N_SENDERS)?;
    table.beside(work, rate, "messages/s", "answered and forgotten", bare);
    let first = rates.first().copied().unwrap_or(0.0);
    let last = rates.get(9).or(rates.last()).copied().unwrap_or(0.0);
    table.beside(format!("the same, {engine}, at 10 times the rows"), last, "messages/s", "at 1 time", first);
    table.row(format!("memory after that, {engine}"), format!("{} MB", number(served.memory_mb())));
    Ok(())
}

/// The message as one of results from another sender, which the census has no use for.
fn without_census(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(message);
    let mut fields: Vec<&str> = text.split('|').collect();
    // MSH-3 and MSH-9; MSH-1 is the separator itself.
    for (idx, value) in [(2, "RESULTS"), (8, "ORU^R01")] {
        if let Some(field) = fields.get_mut(idx) {
            *field = value;
        }
    }
    fields.join("|").into_bytes()
}

/// A listener that reads a message and answers, and does nothing else: what the senders and the network of
/// this machine leave.
fn answer_all() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().take(N_SENDERS).flatten() {
            std::thread::spawn(move || answer_each(stream));
        }
    });
    Ok(address)
}

fn answer_each(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut decoder = Decoder::new(1 << 20);
    let mut buffer = vec![0; 32 << 10];
    let mut answer = Vec::new();
    encode(b"MSH|^~\\&|B|B|A|A|20261001000000||ACK|1|P|2.5\rMSA|AA|1\r", &mut answer);
    loop {
        let n_bytes = stream.read(&mut buffer)?;
        if n_bytes == 0 {
            return Ok(());
        }
        decoder.push(buffer.get(..n_bytes).unwrap_or_default());
        while let Some(Event::Frame(_)) = decoder.pull() {
            stream.write_all(&answer)?;
        }
    }
}

/// Messages a second when dealt to so many senders.
fn send(to: SocketAddr, messages: &[Vec<u8>], n_senders: usize) -> Result<f64> {
    let begun = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let senders: Vec<_> = (0..n_senders)
            .map(|number| {
                let own = messages.iter().skip(number).step_by(n_senders);
                scope.spawn(move || one_by_one(to, own))
            })
            .collect();
        for sender in senders {
            match sender.join() {
                Ok(outcome) => outcome?,
                Err(_) => bail!("a sender broke"),
            }
        }
        Ok(())
    })?;
    Ok(messages.len() as f64 / begun.elapsed().as_secs_f64())
}

fn one_by_one<'m>(to: SocketAddr, messages: impl Iterator<Item = &'m Vec<u8>>) -> Result<()> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    let mut decoder = Decoder::new(1 << 20);
    let mut buffer = vec![0; 8 << 10];
    for message in messages {
        let mut frame = Vec::with_capacity(message.len() + 3);
        encode(message, &mut frame);
        stream.write_all(&frame)?;
        while !matches!(decoder.pull(), Some(Event::Frame(_))) {
            let n_bytes = stream.read(&mut buffer)?;
            if n_bytes == 0 {
                bail!("the product closed the connection");
            }
            decoder.push(buffer.get(..n_bytes).unwrap_or_default());
        }
    }
    Ok(())
}
