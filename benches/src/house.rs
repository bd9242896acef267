//! Installations: made through the command line, served by a process of their own.

use crate::Plan;
use crate::http::Client;
use crate::table::{Table, number};
use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use std::io::{BufWriter, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where messages that name no site belong.
const SITE: &str = "lakeside.riverside";

/// A folder with an installation.
pub(crate) struct House {
    program: PathBuf,
    pub(crate) dir: PathBuf,
    database: Vec<String>,
}

impl House {
    /// Makes one with the sample's sites.
    pub(crate) fn make(plan: &Plan, name: &str, postgres: Option<&str>) -> Result<House> {
        let dir = plan.folder.join(name);
        let database =
            postgres.map_or_else(Vec::new, |url| vec!["--database-url".to_owned(), url.to_owned()]);
        let house = House { program: plan.program.clone(), dir, database };
        house.run(&[
            "init",
            "--name",
            "Lakeside Health",
            "--admin",
            "bench@example.org",
            "--path",
            "lakeside",
        ])?;
        let sites = plan.folder.join("sites.csv");
        std::fs::write(&sites, sample::sites_csv(&sample_plan(1)?))?;
        house.run(&["import", "sites", &sites.display().to_string()])?;
        Ok(house)
    }

    /// Runs a verb to its end; what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--dir").arg(&self.dir).args(&self.database);
        command.env("HELMWARD_ADMIN_PASSWORD", "a long word for the bench").stdin(Stdio::null());
        let output = command.output()?;
        // 1 says that the answer is no: some messages were refused, as they should be.
        if !matches!(output.status.code(), Some(0 | 1)) {
            bail!("helmward {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Serves it.
    pub(crate) fn serve(&self) -> Result<Served> {
        let (http, mllp) = (free_address()?, free_address()?);
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--dir").arg(&self.dir).args(&self.database);
        command.args(["--listen", &http.to_string(), "--mllp", &mllp.to_string(), "--mllp-site", SITE]);
        Served::start(command, http, mllp)
    }
}

/// A serving process; it ends with this value.
pub(crate) struct Served {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) mllp: SocketAddr,
    /// From the start of the process to the first page.
    pub(crate) start: Duration,
}

impl Served {
    pub(crate) fn start(mut command: Command, http: SocketAddr, mllp: SocketAddr) -> Result<Served> {
        let begun = Instant::now();
        command.env("HELMWARD_LOG", "error").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        let mut served = Served { child, http, mllp, start: Duration::ZERO };
        while !Served::answers(http) {
            if served.child.try_wait()?.is_some() || begun.elapsed() > Duration::from_secs(120) {
                bail!("the product does not answer on {http}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        served.start = begun.elapsed();
        Ok(served)
    }

    /// Whether the sign-in page comes; a port may be taken before there is anyone to answer.
    fn answers(http: SocketAddr) -> bool {
        Client::new(http).and_then(|mut client| client.get("/sign-in")).is_ok_and(|reply| reply.status < 400)
    }

    /// Processor time used so far, in seconds. The kernel counts it in hundredths.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // After the name, which may hold anything: the state is field 3, user and system time 14 and 15.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    /// Memory in use, in MB.
    pub(crate) fn memory_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib =
            line.and_then(|line| line.split_whitespace().nth(1)).and_then(|text| text.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Asked first, so that the last commit and the port are in order.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

pub(crate) fn sample_plan(days: u32) -> Result<sample::Plan> {
    // In the past, so that nothing is to come.
    let now = Timestamp::now().checked_sub(SignedDuration::from_hours(1))?;
    let now = Timestamp::from_second(now.as_second())?;
    Ok(sample::Plan { seed: 2026, now, days, size: sample::Size::Network })
}

/// The sample's first `n` messages.
pub(crate) fn messages(n: usize) -> Result<Vec<Vec<u8>>> {
    // About 850 a day.
    let days = u32::try_from(n / 700 + 3)?.min(3_660);
    let plan = sample_plan(days)?;
    Ok(sample::messages(&plan, Timestamp::MIN, plan.now).take(n).map(|sent| sent.bytes).collect())
}

/// Takes in a large file, and works everything out anew from the stored facts.
pub(crate) fn rebuild(plan: &Plan, table: &mut Table) -> Result<()> {
    let house = House::make(plan, "rebuild", None)?;
    let file = plan.folder.join("messages.hl7");
    let n = write_messages(&file, plan.n_rebuilt)?;
    let begun = Instant::now();
    let file = file.display().to_string();
    house.run(&["import", "hl7", &file, "--site", SITE, "--json"])?;
    let rate = n as f64 / begun.elapsed().as_secs_f64();
    table.row(
        format!("import {} messages from a file", number(n as f64)),
        format!("{} messages/s", number(rate)),
    );
    let begun = Instant::now();
    house.run(&["rebuild", "--json"])?;
    let seconds = begun.elapsed().as_secs_f64();
    let work = format!("census rebuilt from {} stored messages", number(n as f64));
    table.row(work, format!("{seconds:.1} s, {} messages/s", number(n as f64 / seconds)));
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().yesterday()?.to_string();
    let begun = Instant::now();
    house.run(&["census", "--site", "lakeside", "--date", &day, "--json"])?;
    table.row(
        "one census by command, the process included",
        format!("{} ms", number(begun.elapsed().as_secs_f64() * 1e3)),
    );
    Ok(())
}

fn write_messages(path: &Path, n: usize) -> Result<usize> {
    let mut file = BufWriter::new(std::fs::File::create(path).context("the file of messages")?);
    let plan = sample_plan(u32::try_from(n / 700 + 3)?.min(3_660))?;
    let mut n_written = 0;
    for sent in sample::messages(&plan, Timestamp::MIN, plan.now).take(n) {
        file.write_all(&sent.bytes)?;
        file.write_all(b"\n")?;
        n_written += 1;
    }
    file.flush()?;
    Ok(n_written)
}
