//! Pages at 50 users, each of whom reads for a second before the next page.

use crate::Plan;
use crate::house::{Served, free_address};
use crate::http::Client;
use crate::table::{Table, number};
use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const N_USERS: usize = 50;
/// What a person looks at a page for, on average.
const READING: Duration = Duration::from_secs(1);
/// People of the sample who may see all these pages, and their password.
const PEOPLE: [&str; 3] =
    ["elena.castellano@example.org", "marcus.adler@example.org", "priya.raman@example.org"];
const PASSWORD: &str = "helmward-demo";

pub(crate) fn run(plan: &Plan, days: u32, table: &mut Table) -> Result<()> {
    let dir = plan.folder.join(format!("demo-{days}"));
    let start = || -> Result<Served> {
        let (http, mllp) = (free_address()?, free_address()?);
        let mut command = Command::new(&plan.program);
        command.args(["demo", "--size", "network", "--days", &days.to_string(), "--dir"]).arg(&dir);
        command.args(["--listen", &http.to_string(), "--mllp", &mllp.to_string()]);
        Served::start(command, http, mllp)
    };
    let served = start()?;
    table.row(format!("first start, {days} days: sign-in answers"), seconds(served.start));
    let begun = Instant::now();
    let n_messages = wait_until_full(&served)?;
    let name = format!("{days} days, {} messages", number(n_messages));
    table.row(format!("sample filled in, {name}"), seconds(begun.elapsed()));
    drop(served);
    let served = start()?;
    table.row(format!("second start, {name}"), seconds(served.start));
    let yesterday = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().yesterday()?;
    let pages = [
        ("Today", "/at/lakeside.riverside/today".to_owned()),
        ("Flow board", "/at/lakeside.riverside/census/flow".to_owned()),
        ("Day", format!("/at/lakeside.riverside/census/day/{yesterday}")),
        ("Register", "/at/lakeside.riverside/census/records".to_owned()),
        ("Figure as JSON", format!("/api/v1/figures/occupancy?site=lakeside.riverside&period={yesterday}")),
    ];
    let mut clients = sign_in_all(&served)?;
    for (what, path) in &pages {
        let times = ask_together(&mut clients, path, Duration::from_secs(plan.seconds))?;
        let at = |share: f64| times.get(index(times.len(), share)).copied().unwrap_or_default();
        let (half, most) = (at(0.5), at(0.95));
        table.row(
            format!("{what}, {N_USERS} users, {name}"),
            format!("p50 {} ms, p95 {} ms, {} asked", millis(half), millis(most), number(times.len() as f64)),
        );
    }
    table.row(format!("memory, {name}"), format!("{} MB", number(served.memory_mb())));
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn millis(time: Duration) -> String {
    number(time.as_secs_f64() * 1e3)
}

/// The position of a share in a sorted list.
fn index(n: usize, share: f64) -> usize {
    (0..n).rev().find(|&idx| idx as f64 <= share * n as f64).unwrap_or(0)
}

/// Waits for the job that fills the sample in; how many messages there are then.
fn wait_until_full(served: &Served) -> Result<f64> {
    let begun = Instant::now();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    loop {
        let reply = Client::new(served.http)?.get("/metrics")?;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        if value(&text, "helmward_jobs{state=\"done\"}") > 0.0 {
            return Ok(value(&text, "helmward_messages_received_total"));
        }
        if begun.elapsed() > Duration::from_secs(3_600) {
            bail!("the sample is not filled in after an hour");
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

fn sign_in_all(served: &Served) -> Result<Vec<Client>> {
    (0..N_USERS)
        .map(|number| {
            let mut client = Client::new(served.http)?;
            client.sign_in(PEOPLE.get(number % PEOPLE.len()).context("a person")?, PASSWORD)?;
            Ok(client)
        })
        .collect()
}

/// How long each answer took, shortest first.
fn ask_together(clients: &mut [Client], path: &str, time: Duration) -> Result<Vec<Duration>> {
    let times = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let users: Vec<_> = clients
            .iter_mut()
            .enumerate()
            .map(|(number, client)| {
                let times = &times;
                scope.spawn(move || -> Result<()> {
                    // They do not all begin at once.
                    let share = number as f64 / N_USERS as f64;
                    std::thread::sleep(READING.mul_f64(share));
                    while begun.elapsed() < time {
                        let asked = Instant::now();
                        let reply = client.get(path)?;
                        let took = asked.elapsed();
                        if reply.status != 200 {
                            bail!("{path} answers {}", reply.status);
                        }
                        if let Ok(mut times) = times.lock() {
                            times.push(took);
                        }
                        std::thread::sleep(READING.saturating_sub(took));
                    }
                    Ok(())
                })
            })
            .collect();
        for user in users {
            match user.join() {
                Ok(outcome) => outcome?,
                Err(_) => bail!("a user broke"),
            }
        }
        Ok(())
    })?;
    let mut times = times.into_inner().unwrap_or_default();
    times.sort_unstable();
    Ok(times)
}
