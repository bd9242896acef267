//! `cargo xtask corpus DIR`: every importer over a folder of outside samples, a line a file.
//!
//! Each file meets an installation of its own, copied from one made at the start, so that files do not
//! disturb each other. It is either taken in or refused with a reason; both are fine. What is not: a panic,
//! more than ten seconds, a refusal without a reason, a chain that does not hold afterward, or a file that
//! was refused and changed the census all the same.
//!
//! Problems of rostering need no installation: each meets `helmward roster check`, and the numbers
//! published for them are compared by the tests of `lib/roster` that need these files.

use crate::browser::program;
use crate::shell::{cargo, root, scratch};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long an importer may take for one file.
const FILE_MAX: Duration = Duration::from_secs(10);
/// Where the samples are said to belong when they do not say it themselves.
const FACILITY: &str = "corpus.house";
/// The sites of the installation.
const SITES: &str = "path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
corpus,enterprise,Corpus,America/Chicago,USD,,,
corpus.house,facility,House,,,,,HOUSE
corpus.house.west,unit,West,,,20,18,WEST
";
/// One patient who is inside, so that a file that empties the census is seen.
const RESIDENT: &str = "MSH|^~\\&|TEST|HOUSE|HELMWARD|CORPUS|20261101080000-0600||ADT^A01^ADT_A01|RESIDENT-1|P|2.5.1\r\
EVN|A01|20261101080000-0600\rPID|1||R-1^^^HOUSE^MR||Resident^Only||19500101|F\rPV1|1|I|WEST^1^A^HOUSE|||||||||||||||||R-V1^^^HOUSE^VN|||||||||||||||||||||||||20261101080000-0600\r";

/// What became of a file.
enum Outcome {
    TakenIn(String),
    Refused(String),
    NotYet(&'static str),
    Part,
    About,
    Broken(String),
}

/// What a sample is, by its content first and its place second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hl7,
    Table,
    /// A rostering problem of Curtois and Qu.
    Roster,
    /// One of several files of a problem of the competition.
    Part,
    Later(&'static str),
    About,
}

/// `cargo xtask corpus DIR`.
pub(crate) fn command(arguments: &[String]) -> Result<bool> {
    let [folder] = arguments else { bail!("name the folder of samples: cargo xtask corpus DIR") };
    let folder = Path::new(folder).canonicalize().with_context(|| format!("{folder} cannot be read"))?;
    let scratch = scratch("corpus")?;
    let house = House::make(program()?, &scratch)?;
    let (mut n_in, mut n_refused, mut n_later, mut n_broken) = (0, 0, 0, 0);
    let begun = Instant::now();
    for path in files(&folder)? {
        let name = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        let outcome =
            house.try_file(&path, &name).unwrap_or_else(|error| Outcome::Broken(format!("{error:#}")));
        match outcome {
            Outcome::TakenIn(what) => {
                n_in += 1;
                println!("taken in  {name}: {what}");
            }
            Outcome::Refused(why) => {
                n_refused += 1;
                println!("refused   {name}: {why}");
            }
            Outcome::NotYet(format) => {
                n_later += 1;
                println!("not now   {name}: not for this version: {format}");
            }
            Outcome::Part => {
                println!("part      {name}: read with the other files of its problem, at the end")
            }
            Outcome::About => println!("notes     {name}: tells about the samples"),
            Outcome::Broken(how) => {
                n_broken += 1;
                println!("BROKEN    {name}: {how}");
            }
        }
    }
    std::fs::remove_dir_all(&scratch)?;
    println!(
        "{n_in} taken in, {n_refused} refused, {n_later} not for this version, {n_broken} broken, {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    Ok(n_broken == 0 && n_in > 0 && published(&folder)?)
}

/// The numbers that others published for rostering problems, where the folder has these.
fn published(folder: &Path) -> Result<bool> {
    if !folder.join("rostering").is_dir() {
        return Ok(true);
    }
    let mut tests = cargo();
    tests.args(["test", "--quiet", "-p", "roster", "--test", "published", "--", "--ignored"]);
    Ok(tests.env("HELMWARD_DATA", folder).status()?.success())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

fn kind(path: &Path, name: &str, bytes: &[u8]) -> Kind {
    let extension = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_below = |folder: &str| name.split('/').any(|part| part == folder);
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match extension {
        "md" | "xsd" => Kind::About,
        _ if is_below("hl7v2") || extension == "hl7" || head.starts_with(b"MSH") => Kind::Hl7,
        _ if is_below("x12") || head.starts_with(b"ISA") => Kind::Later("X12"),
        _ if is_below("fhir") => Kind::Later("FHIR"),
        _ if is_below("cql") => Kind::Later("CQL"),
        "txt" if is_below("rostering") && is_below("curtois") => Kind::Roster,
        _ if is_below("rostering") => Kind::Part,
        "json" => Kind::Later("JSON"),
        "csv" | "tsv" | "txt" => Kind::Table,
        _ => Kind::Later("this kind of file"),
    }
}

/// The installation every file meets a copy of.
struct House {
    program: PathBuf,
    made: PathBuf,
    used: PathBuf,
    before: String,
    mappings: Vec<PathBuf>,
}

/// How a run of the product ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
    took: Duration,
}

impl House {
    fn make(program: PathBuf, scratch: &Path) -> Result<House> {
        let mut mappings: Vec<PathBuf> = std::fs::read_dir(root().join("docs/guide/mappings"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        mappings.sort();
        let (made, used) = (scratch.join("made"), scratch.join("used"));
        let mut house = House { program, made, used, before: String::new(), mappings };
        let (sites, resident) = (scratch.join("sites.csv"), scratch.join("resident.hl7"));
        std::fs::write(&sites, SITES)?;
        std::fs::write(&resident, RESIDENT)?;
        let made = house.made.display().to_string();
        let (sites, resident) = (sites.display().to_string(), resident.display().to_string());
        house.must(&["init", "--dir", &made, "--name", "Corpus", "--admin", "corpus@example.org"])?;
        house.must(&["import", "sites", &sites, "--dir", &made])?;
        house.must(&["import", "hl7", &resident, "--dir", &made, "--site", FACILITY])?;
        house.before = house.census(&house.made.clone())?;
        if !house.before.contains("midnight_census\":1") {
            bail!("the installation for the samples should have one patient inside: {}", house.before);
        }
        Ok(house)
    }

    fn try_file(&self, path: &Path, name: &str) -> Result<Outcome> {
        let bytes = std::fs::read(path)?;
        match kind(path, name, &bytes) {
            Kind::About => Ok(Outcome::About),
            Kind::Part => Ok(Outcome::Part),
            Kind::Later(format) => Ok(Outcome::NotYet(format)),
            Kind::Hl7 => self.hl7(path, name),
            Kind::Table => self.table(path),
            Kind::Roster => self.roster(path),
        }
    }

    fn fresh(&self) -> Result<()> {
        let _ = std::fs::remove_dir_all(&self.used);
        std::fs::create_dir_all(&self.used)?;
        for entry in std::fs::read_dir(&self.made)? {
            let entry = entry?;
            if entry.path().is_file() {
                std::fs::copy(entry.path(), self.used.join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Judges the roster in which nobody works.
    fn roster(&self, path: &Path) -> Result<Outcome> {
        let empty = self.used.with_file_name("empty.csv");
        std::fs::write(&empty, "employee_id,day_index,shift_id\n")?;
        let (file, empty) = (path.display().to_string(), empty.display().to_string());
        let ran = self.run(&["roster", "check", "--format", "curtois", &file, &empty, "--json"], FILE_MAX)?;
        if let Some(how) = ran.broken() {
            return Ok(Outcome::Broken(how));
        }
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        match report.get("objective").and_then(Value::as_i64) {
            Some(points) => {
                Ok(Outcome::TakenIn(format!("a rostering problem, {points} points when nobody works")))
            }
            None => Ok(Outcome::Refused(ran.err.trim().to_owned())),
        }
    }

    fn hl7(&self, path: &Path, name: &str) -> Result<Outcome> {
        self.fresh()?;
        let used = self.used.display().to_string();
        let file = path.display().to_string();
        let ran =
            self.run(&["import", "hl7", &file, "--dir", &used, "--site", FACILITY, "--json"], FILE_MAX)?;
        if let Some(how) = ran.broken() {
            return Ok(Outcome::Broken(how));
        }
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        let n = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or(0);
        let reasons: Vec<&str> = report
            .get("rejects")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|reject| reject.get("reason").and_then(Value::as_str))
            .collect();
        if reasons.iter().any(|reason| reason.trim().is_empty()) {
            return Ok(Outcome::Broken("a message was refused without a reason".to_owned()));
        }
        if let Some(how) = self.after(name.contains("BadInputs") || n("applied") == 0)? {
            return Ok(Outcome::Broken(how));
        }
        Ok(match (n("received"), reasons.first()) {
            (0, None) if report.is_null() => Outcome::Refused(ran.first_words()),
            (0 | 1, Some(first)) if n("applied") == 0 => Outcome::Refused((*first).to_owned()),
            (received, Some(first)) if n("applied") == 0 => {
                Outcome::Refused(format!("{received} received, none applied: {first}"))
            }
            (received, None) => Outcome::TakenIn(format!("{received} received, {} applied", n("applied"))),
            (received, Some(first)) => Outcome::TakenIn(format!(
                "{received} received, {} applied, {} refused: {first}",
                n("applied"),
                n("refused")
            )),
        })
    }

    /// A table is taken in by the first mapping that fits it.
    fn table(&self, path: &Path) -> Result<Outcome> {
        let (used, file) = (self.used.display().to_string(), path.display().to_string());
        let mut why = "there is no mapping in docs/guide/mappings".to_owned();
        for mapping in &self.mappings {
            self.fresh()?;
            let map = mapping.display().to_string();
            let ask =
                ["import", "stays", &file, "--site", FACILITY, "--mapping", &map, "--json", "--dir", &used];
            let tried = self.run(&[ask.as_slice(), &["--dry-run"]].concat(), FILE_MAX)?;
            if let Some(how) = tried.broken() {
                return Ok(Outcome::Broken(how));
            }
            if tried.code == Some(3) || tried.code == Some(2) {
                why = format!("no mapping of docs/guide/mappings fits it: {}", tried.first_words());
                continue;
            }
            if let Some(how) = self.after(true)? {
                return Ok(Outcome::Broken(format!("a dry run: {how}")));
            }
            let ran = self.run(&ask, FILE_MAX)?;
            if let Some(how) = ran.broken().or(self.after(false)?) {
                return Ok(Outcome::Broken(how));
            }
            let name = mapping.file_name().unwrap_or_default().to_string_lossy();
            return Ok(Outcome::TakenIn(format!("with {name}: {}", counts(&ran.out))));
        }
        Ok(Outcome::Refused(why))
    }

    /// What is wrong with the installation after a file: its chains, or a census that must not have changed.
    fn after(&self, must_stand_still: bool) -> Result<Option<String>> {
        let used = self.used.display().to_string();
        let verified = self.run(&["audit", "verify", "--dir", &used], FILE_MAX)?;
        if verified.code != Some(0) {
            return Ok(Some(format!(
                "audit verify fails afterward: {}{}",
                verified.out,
                verified.first_words()
            )));
        }
        if must_stand_still {
            let now = self.census(&self.used)?;
            if now != self.before {
                return Ok(Some(format!("it changed the census: before {}, after {now}", self.before)));
            }
        }
        Ok(None)
    }

    /// Everything the census says, as text.
    fn census(&self, dir: &Path) -> Result<String> {
        let dir = dir.display().to_string();
        let day = self.must(&["census", "--dir", &dir, "--date", "2026-11-01", "--json"])?;
        let now = self.must(&["census", "--dir", &dir, "--at", "2026-11-02T00:00:00Z", "--json"])?;
        let squeeze = |text: String| text.chars().filter(|mark| !mark.is_whitespace()).collect::<String>();
        Ok(squeeze(day + &now))
    }

    fn must(&self, arguments: &[&str]) -> Result<String> {
        let ran = self.run(arguments, Duration::from_secs(60))?;
        if ran.code != Some(0) {
            bail!("helmward {} ended with {:?}: {}{}", arguments.join(" "), ran.code, ran.out, ran.err);
        }
        Ok(ran.out)
    }

    /// Runs the product, killed when it takes too long. Output goes through files: a full pipe would stop it.
    fn run(&self, arguments: &[&str], limit: Duration) -> Result<Ran> {
        let folder = self.made.parent().context("the installation has no folder around it")?;
        let (out, err) = (folder.join("out.txt"), folder.join("err.txt"));
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        command.env("HELMWARD_ADMIN_PASSWORD", "a long word for the corpus").env("RUST_BACKTRACE", "0");
        command.stdout(std::fs::File::create(&out)?).stderr(std::fs::File::create(&err)?);
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if begun.elapsed() > limit {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = begun.elapsed();
        let text = |path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(Ran { code: status.and_then(|status| status.code()), out: text(out)?, err: text(err)?, took })
    }
}

impl Ran {
    fn broken(&self) -> Option<String> {
        if self.took >= FILE_MAX {
            return Some(format!("took longer than {} s", FILE_MAX.as_secs()));
        }
        if self.err.contains("panicked at") || self.code == Some(101) {
            return Some(format!("panicked: {}", self.first_words()));
        }
        if self.code.is_none() {
            return Some("was ended by a signal".to_owned());
        }
        None
    }

    /// The first line that says something.
    fn first_words(&self) -> String {
        let line = self.err.lines().chain(self.out.lines()).find(|line| !line.trim().is_empty());
        line.unwrap_or("no words").trim_start_matches("helmward: ").to_owned()
    }
}

/// The numbers at the top of a report.
fn counts(text: &str) -> String {
    let report: Value = serde_json::from_str(text).unwrap_or_default();
    let mut parts = Vec::new();
    let tops = report.as_object().into_iter().flatten();
    for (key, value) in tops.chain(report.get("counts").and_then(Value::as_object).into_iter().flatten()) {
        if value.is_number() {
            parts.push(format!("{value} {key}"));
        }
    }
    parts.join(", ")
}
