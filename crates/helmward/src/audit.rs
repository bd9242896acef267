//! Recomputing every chain, and comparing stored messages with their digests.

use crate::place::Place;
use crate::{End, cli, print};
use anyhow::Result;
use serde::Serialize;
use store::Db;
use store::seal::{self, Broken, Stream, Verdict};

pub(crate) async fn run(ask: cli::Audit) -> Result<End> {
    let cli::Audit::Verify(from) = ask;
    let db = Place::of(&from.at)?.open().await?;
    let report = verify(&db).await?;
    if from.json {
        print::json(&report)?;
    } else {
        for verdict in &report.streams {
            match &verdict.broken {
                None => print::line(format!("{}: {} rows, unbroken", verdict.stream, verdict.n_rows))?,
                Some(broken) => print::line(format!("{}: BROKEN: {broken}", verdict.stream))?,
            }
        }
        if report.is_whole {
            print::line("Nothing was changed, removed or added behind the program's back.")?;
        } else {
            eprintln!(
                "helmward: the record was tampered with or damaged; keep this database as it is, and restore \
                 the last backup whose `audit verify` holds into a new folder to compare"
            );
        }
    }
    Ok(if report.is_whole { End::Done } else { End::No })
}

/// What a check found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Whether every stream holds.
    pub(crate) is_whole: bool,
    /// Each stream.
    pub(crate) streams: Vec<Verdict>,
}

/// Every sealed stream of every crate.
pub(crate) fn streams() -> Vec<&'static Stream> {
    let mut streams = vec![&seal::HISTORY, &identity::access_log::ACCESS_LOG, &intake::STREAM];
    streams.extend(census::streams());
    streams
}

/// Walks every stream, then every stored body.
pub(crate) async fn verify(db: &Db) -> Result<Report> {
    let mut verdicts = Vec::new();
    for stream in streams() {
        // A snapshot for each, so that a long walk does not hold up the log of a busy server.
        verdicts.push(seal::verify(&mut db.read().await?, stream).await?);
    }
    let bodies = intake::verify_bodies(db).await?;
    let stream = "message_body".to_owned();
    let broken = bodies.broken_seq.map(|seq| Broken { stream: stream.clone(), seq, fault: "changed" });
    verdicts.push(Verdict { stream, n_rows: bodies.n_rows, broken });
    let is_whole = verdicts.iter().all(|verdict| verdict.broken.is_none());
    Ok(Report { is_whole, streams: verdicts })
}
