//! `cargo xtask`: everything that is done to the workspace rather than by the product.
//!
//! `test` is all there is to run before a change is handed in; `check` is its quick part; `tidy` are the
//! house rules no compiler knows; `corpus` runs every importer over a folder of outside samples; `bench`
//! prints the table of speeds. Not here: anything the product needs to run.
#![expect(clippy::print_stdout, reason = "printing is what a command line is for")]

mod bench;
mod browser;
mod corpus;
#[cfg(test)]
mod fuzz_smoke;
mod machine;
mod postgres;
mod shell;
mod steps;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask check            format, clippy and tidy
cargo xtask test [STEP..]    everything; with step names only those, saying what was left out
cargo xtask tidy [--write]   house rules; --write renews schema/schema.sql
cargo xtask postgres         a throw-away PostgreSQL to run single tests against
cargo xtask corpus DIR       every importer over a folder of outside samples
cargo xtask bench [..]       the table of speeds; see benches/README.md
cargo xtask pictures         renews docs/pictures from the demo";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (verb, rest) = match arguments.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match verb {
        "check" => test::check(),
        "test" => test::test(rest),
        "tidy" => tidy::command(rest),
        "corpus" => corpus::command(rest),
        "postgres" => postgres::command(),
        "bench" => bench::command(rest),
        "pictures" => browser::pictures(),
        _ => {
            println!("{USAGE}");
            return if verb == "help" { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::from(3)
        }
    }
}
