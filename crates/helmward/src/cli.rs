//! Every verb and flag.

use base::SitePath;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use std::path::PathBuf;

/// Operations system for hospital managers: census and flow from your own HL7 feed, figures that explain
/// themselves, and one list of what needs you today.
#[derive(Debug, Parser)]
#[command(name = "helmward", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make (once) and serve a sample hospital group; prints its address and sign-ins
    Demo(Demo),
    /// Set up a new installation in a folder
    Init(Init),
    /// Serve an installation: pages, API, HL7 feed, background jobs
    Serve(Serve),
    /// Run background jobs only, beside servers on the same PostgreSQL
    Work(Work),
    /// Take in files
    Import {
        #[command(subcommand)]
        kind: Import,
    },
    /// Write a table to a file
    Export(Export),
    /// The census of a day, or who is inside at an instant (no names)
    Census(Census),
    /// A figure of a site and period; `figure list` names them all
    Figure(FigureAsk),
    /// A figure with its definition, its source and the rows it was made from
    Explain(FigureAsk),
    /// Check that nothing stored was changed behind the program's back
    Audit {
        #[command(subcommand)]
        ask: Audit,
    },
    /// Write everything to one file, and the keys to another; works while serving
    Backup(Backup),
    /// Restore a backup into a new folder
    Restore(Restore),
    /// Keys that seal patients' identifying fields
    Keys {
        #[command(subcommand)]
        ask: Keys,
    },
    /// Derive the census again from every stored message
    Rebuild(Rebuild),
    /// Look an installation over: engine, schema, keys, disk, feeds, chains
    Doctor(Reading),
    /// People who sign in
    User {
        #[command(subcommand)]
        ask: User,
    },
    /// Tokens for programs
    Token {
        #[command(subcommand)]
        ask: Token,
    },
    /// Dated rules and the house's own values for them
    Rule {
        #[command(subcommand)]
        ask: Rule,
    },
    /// Staff rosters of files: solve, check, repair, explain, price, draft
    Roster {
        #[command(subcommand)]
        ask: crate::roster::Ask,
    },
}

/// Which installation.
#[derive(Debug, Clone, Args)]
pub(crate) struct At {
    /// Folder of the installation: database, keys, helmward.toml
    #[arg(long, value_name = "FOLDER", env = "HELMWARD_DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// PostgreSQL in place of the SQLite file; better given by the environment, since it may hold a password
    #[arg(long, value_name = "URL", env = "HELMWARD_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

/// Which installation, and how to answer.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) at: At,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder of the sample; made when it is missing
    #[arg(long, value_name = "FOLDER", default_value = "./helmward-demo")]
    pub(crate) dir: PathBuf,
    /// PostgreSQL in place of the SQLite file
    #[arg(long, value_name = "URL", env = "HELMWARD_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Address of the pages
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Address of the HL7 feed, which the demo itself sends to
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2575")]
    pub(crate) mllp: String,
    /// What everything random hangs on; only for the first start
    #[arg(long, default_value_t = 2026)]
    pub(crate) seed: u64,
    /// Days of history; only for the first start
    #[arg(long, default_value_t = 730, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    pub(crate) days: u32,
    /// One hospital, or the hospital with its nursing home and clinics; only for the first start
    #[arg(long, value_enum, default_value_t = Size::Network)]
    pub(crate) size: Size,
}

/// How much there is in the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Size {
    Hospital,
    Network,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) at: At,
    /// Name of the whole: "Lakeside Health"
    #[arg(long)]
    pub(crate) name: String,
    /// E-mail of the first administrator; the password comes from HELMWARD_ADMIN_PASSWORD, or is made and
    /// printed once
    #[arg(long, value_name = "EMAIL")]
    pub(crate) admin: String,
    /// Address of the top site; the first word of the name when left out
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<SitePath>,
    /// Time zone of the top site
    #[arg(long, value_name = "ZONE", default_value = "America/New_York")]
    pub(crate) zone: String,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) at: At,
    /// Configuration file; helmward.toml in the folder when left out
    #[arg(long, value_name = "FILE", env = "HELMWARD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Settings of a server. Each is a flag, a variable, or a key of helmward.toml (with `_` for `-`), in this
/// order.
#[derive(Debug, Clone, Default, Args, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Address of the pages and the API [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "HELMWARD_LISTEN")]
    pub(crate) listen: Option<String>,
    /// Address of the HL7 feed (MLLP); no feed when left out
    #[arg(long, value_name = "ADDRESS", env = "HELMWARD_MLLP")]
    pub(crate) mllp: Option<String>,
    /// Site of HL7 messages that name none themselves
    #[arg(long, value_name = "PATH", env = "HELMWARD_MLLP_SITE")]
    pub(crate) mllp_site: Option<String>,
    /// Most HL7 connections at once [default: 256]
    #[arg(long, value_name = "N", env = "HELMWARD_MLLP_CONNECTIONS")]
    pub(crate) mllp_connections: Option<usize>,
    /// Longest HL7 message in MiB [default: 16]
    #[arg(long, value_name = "N", env = "HELMWARD_MLLP_MESSAGE_MIB")]
    pub(crate) mllp_message_mib: Option<usize>,
    /// Certificate of this server in PEM, with those up to its authority: pages are served by https
    #[arg(long, value_name = "FILE", env = "HELMWARD_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of that certificate, in PEM
    #[arg(long, value_name = "FILE", env = "HELMWARD_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Take HL7 over TLS only, with the same certificate
    #[arg(long, value_name = "true|false", env = "HELMWARD_MLLP_TLS", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) mllp_tls: Option<bool>,
    /// Authorities in PEM: only senders with a certificate of one of them are let in
    #[arg(long, value_name = "FILE", env = "HELMWARD_MLLP_CLIENTS")]
    pub(crate) mllp_clients: Option<PathBuf>,
    /// Job workers in this process; 0 leaves jobs to `helmward work` [default: 1]
    #[arg(long, value_name = "N", env = "HELMWARD_WORKERS")]
    pub(crate) workers: Option<usize>,
    /// How much to log: error, warn, info, debug, or a filter such as info,helmward::access=off
    #[arg(long, value_name = "LEVEL", env = "HELMWARD_LOG")]
    pub(crate) log: Option<String>,
    /// Log as text or as a JSON object a line [default: text]
    #[arg(long, value_name = "text|json", env = "HELMWARD_LOG_FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Only in helmward.toml: PostgreSQL in place of the SQLite file.
    #[arg(skip)]
    pub(crate) database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub(crate) at: At,
    /// Configuration file; helmward.toml in the folder when left out
    #[arg(long, value_name = "FILE", env = "HELMWARD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Workers, each doing two jobs side by side
    #[arg(long, value_name = "N", env = "HELMWARD_WORKERS", default_value_t = 1)]
    pub(crate) workers: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Sites and units: path,kind,name,time_zone,currency,licensed_beds,staffed_beds,hl7_codes
    Sites(ImportRows),
    /// Beds one by one: unit,bed,room,licensed,set_up
    Beds(ImportRows),
    /// People and their roles: email,name,title,site,role
    #[command(alias = "staff")]
    People(ImportRows),
    /// HL7 v2 messages: a file, a folder with everything below it, or - for standard input
    Hl7(ImportHl7),
    /// Stays: a row a stay, a unit leg or an event, read through a mapping
    Stays(ImportRows),
}

/// Where an import goes, and how to answer.
#[derive(Debug, Args)]
pub(crate) struct ImportTo {
    /// Site of rows or messages that name none themselves; stays need it
    #[arg(long, value_name = "PATH")]
    pub(crate) site: Option<SitePath>,
    #[command(flatten)]
    pub(crate) to: Reading,
}

/// A file of rows.
#[derive(Debug, Args)]
pub(crate) struct ImportRows {
    /// The file: CSV or a workbook
    pub(crate) file: PathBuf,
    /// How to read it (TOML), where its columns are not named as above
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) into: ImportTo,
}

#[derive(Debug, Args)]
pub(crate) struct ImportHl7 {
    /// File, folder, or - for standard input
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) into: ImportTo,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Which table
    #[arg(value_enum)]
    pub(crate) kind: ExportKind,
    /// Site, with everything below it; the top site when left out
    #[arg(long, value_name = "PATH")]
    pub(crate) site: Option<SitePath>,
    /// Days for tables of days: 2026, 2026-q4, 2026-10, 2026-10-05, or 2026-10-05..2026-10-11; this month when
    /// left out
    #[arg(long, value_parser = parse_period)]
    pub(crate) period: Option<base::Period>,
    /// What was known at this instant, for tables that can say
    #[arg(long, value_name = "RFC3339")]
    pub(crate) as_of: Option<Timestamp>,
    /// csv, xlsx or json
    #[arg(long, default_value = "csv")]
    pub(crate) format: String,
    /// File to write; standard output when left out
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) at: At,
}

/// Tables that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportKind {
    /// Sites and units, in the form `import sites` takes
    Sites,
    /// Beds and what each is doing
    Beds,
    /// People and their roles, in the form `import people` takes
    People,
    /// The census of each day and unit
    Census,
    /// Feeds and their counts
    Feeds,
    /// Every figure for the period
    Figures,
    /// Dated rules and overrides
    Rules,
    /// Who looked at pages that name patients
    Views,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("when").required(true).args(["date", "at"])))]
pub(crate) struct Census {
    #[command(flatten)]
    pub(crate) from: Reading,
    /// Site; the top site when left out
    #[arg(long, value_name = "PATH")]
    pub(crate) site: Option<SitePath>,
    /// The day: midnight census and what moved
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<Date>,
    /// The instant: who is inside
    #[arg(long, value_name = "RFC3339")]
    pub(crate) at: Option<Timestamp>,
    /// What was known at this instant
    #[arg(long, value_name = "RFC3339")]
    pub(crate) as_of: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct FigureAsk {
    /// Key of the figure; `helmward figure list` names them all
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) from: Reading,
    /// Site; the top site when left out
    #[arg(long, value_name = "PATH")]
    pub(crate) site: Option<SitePath>,
    /// Days: 2026, 2026-q4, 2026-10, 2026-10-05, or 2026-10-05..2026-10-11; this month when left out
    #[arg(long, value_parser = parse_period)]
    pub(crate) period: Option<base::Period>,
    /// What was known at this instant
    #[arg(long, value_name = "RFC3339")]
    pub(crate) as_of: Option<Timestamp>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute every chain and name the first row that was changed, removed or added
    Verify(Reading),
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// File to write; the keys go to FILE.keys
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) from: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Its keys; FILE.keys when left out
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) to: Reading,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new data key; new fields are sealed with it, older ones stay readable
    Rotate {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) at: Reading,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a person; the password comes from HELMWARD_USER_PASSWORD, or is made and printed once
    Add {
        /// The e-mail they sign in with
        email: String,
        /// Their name
        #[arg(long)]
        name: String,
        /// What they are called in the house
        #[arg(long, default_value = "")]
        title: String,
        /// A first role
        #[arg(long, requires = "site")]
        role: Option<String>,
        /// Where they hold it
        #[arg(long, value_name = "PATH", requires = "role")]
        site: Option<SitePath>,
        #[command(flatten)]
        at: At,
    },
    /// People and the roles they hold
    List {
        /// Site, with everything below it; the top site when left out
        #[arg(long, value_name = "PATH")]
        site: Option<SitePath>,
        #[command(flatten)]
        from: Reading,
    },
    /// Give a person a password to be used once, printed here
    ResetPassword {
        /// The e-mail they sign in with
        email: String,
        #[command(flatten)]
        at: At,
    },
    /// Give a person a role at a site
    Grant {
        /// The e-mail they sign in with
        email: String,
        /// The role, such as unit-manager
        role: String,
        /// Where they hold it, with everything below
        #[arg(long, value_name = "PATH")]
        site: SitePath,
        /// First day; today when left out
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<Date>,
        /// First day it no longer holds
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<Date>,
        #[command(flatten)]
        at: At,
    },
    /// Close an account: sessions and tokens end, the record stays
    Close {
        /// The e-mail they sign in with
        email: String,
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token, printed once
    Create {
        /// For whom it acts
        #[arg(long = "for", value_name = "EMAIL")]
        person: String,
        /// What uses it
        #[arg(long)]
        name: String,
        /// The site it is limited to
        #[arg(long, value_name = "PATH")]
        site: SitePath,
        /// What it may do, for example census:view; several times for several
        #[arg(long = "permission", value_name = "AREA:LEVEL", required = true)]
        permissions: Vec<identity::Permission>,
        /// How many days it lasts
        #[arg(long, value_name = "N", default_value_t = 90)]
        days: i64,
        #[command(flatten)]
        at: At,
    },
    /// A person's tokens
    List {
        /// Whose
        #[arg(long = "for", value_name = "EMAIL")]
        person: String,
        #[command(flatten)]
        from: Reading,
    },
    /// End a token
    Revoke {
        /// Its id, as `token list` shows it
        id: String,
        /// Whose it is
        #[arg(long = "for", value_name = "EMAIL")]
        person: String,
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    /// Every rule as it stands at a site today
    List {
        /// Site; the top site when left out
        #[arg(long, value_name = "PATH")]
        site: Option<SitePath>,
        #[command(flatten)]
        from: Reading,
    },
    /// Set a site's own value for a rule
    Override {
        /// Key of the rule; `rule list` names them all
        key: String,
        /// The value the rule takes: minutes, a percentage, a number or a word
        value: String,
        /// The site it holds at, with everything below
        #[arg(long, value_name = "PATH")]
        site: SitePath,
        /// Why; kept and shown wherever the rule is named
        #[arg(long)]
        reason: String,
        /// First day; today when left out
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<Date>,
        /// First day it no longer holds
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<Date>,
        #[command(flatten)]
        at: At,
    },
    /// End an override today
    End {
        /// Its id, as `rule list --json` shows it
        id: String,
        #[command(flatten)]
        at: At,
    },
}

/// `2026-10`, `2026-10-05`, `2026` or `2026-10-05..2026-10-11`, both ends included.
fn parse_period(text: &str) -> Result<base::Period, String> {
    let bad = || format!("`{text}` is no period; write 2026-10, 2026-10-05 or 2026-10-05..2026-10-11");
    let days = |first: &str, last: &str| {
        let day = |text: &str| text.parse::<Date>().map_err(|_| bad());
        base::Period::days_between(day(first)?, day(last)?).map_err(|error| error.to_string())
    };
    if let Some((first, last)) = text.split_once("..") {
        return days(first, last);
    }
    match text.len() {
        4 => days(&format!("{text}-01-01"), &format!("{text}-12-31")),
        7 => {
            let first: Date = format!("{text}-01").parse().map_err(|_| bad())?;
            Ok(base::Period::month_of(first))
        }
        _ => days(text, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_flags_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_period_is_a_month_a_day_a_year_or_two_days() {
        let days = |text: &str| parse_period(text).map(|period| period.n_days());
        assert_eq!(days("2026-10"), Ok(31));
        assert_eq!(days("2026-10-05"), Ok(1));
        assert_eq!(days("2026"), Ok(365));
        assert_eq!(days("2026-10-05..2026-10-11"), Ok(7));
        assert!(days("2026-10-11..2026-10-05").is_err());
        assert!(days("October").is_err());
        assert!(days("2026-13").is_err());
    }

    #[test]
    fn a_census_needs_a_day_or_an_instant_and_not_both() {
        let parse = |text: &str| Cli::try_parse_from(text.split(' ')).map(|_| ());
        assert!(parse("helmward census --date 2026-10-01").is_ok());
        assert!(parse("helmward census --at 2026-10-01T00:00:00Z").is_ok());
        assert!(parse("helmward census").is_err());
        assert!(parse("helmward census --date 2026-10-01 --at 2026-10-01T00:00:00Z").is_err());
    }

    #[test]
    fn figure_takes_a_key_or_list() {
        let parse = |text: &str| Cli::try_parse_from(text.split(' ')).map(|_| ());
        assert!(parse("helmward figure list --json").is_ok());
        assert!(parse("helmward figure alos --site a.b --period 2026-10 --json").is_ok());
        assert!(parse("helmward figure alos --site a.b").is_ok());
        assert!(parse("helmward figure").is_err());
    }
}
