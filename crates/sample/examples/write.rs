//! Writes the sample enterprise into a folder, for a look:
//! `cargo run --release -p sample --example write -- DIR [DAYS] [SEED]`.

use std::io::Write;

use jiff::Timestamp;
use sample::{Plan, Size};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = std::path::PathBuf::from(arguments.next().ok_or("Name the folder to write to.")?);
    let days: u32 = arguments.next().map_or(Ok(60), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let now: Timestamp = "2026-11-12T13:47:00Z".parse()?;
    let plan = Plan { seed, now, days, size: Size::Network };
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join("sites.csv"), sample::sites_csv(&plan))?;
    std::fs::write(dir.join("beds.csv"), sample::beds_csv(&plan))?;
    std::fs::write(dir.join("staff.csv"), sample::staff_csv(&plan))?;

    let begun = std::time::Instant::now();
    let mut stream = sample::messages(&plan, Timestamp::MIN, now).peekable();
    let _ = stream.peek();
    let first_after = begun.elapsed();
    let mut file = std::io::BufWriter::new(std::fs::File::create(dir.join("messages.hl7"))?);
    let mut sent = std::io::BufWriter::new(std::fs::File::create(dir.join("sent.txt"))?);
    let (mut n, mut n_bytes) = (0_u64, 0_usize);
    for message in stream {
        n += 1;
        n_bytes += message.bytes.len();
        file.write_all(&message.bytes)?;
        file.write_all(b"\n")?;
        writeln!(sent, "{}", message.at)?;
    }
    let all_after = begun.elapsed();
    let mut out = std::io::stdout();
    writeln!(out, "{n} messages, {n_bytes} bytes; the first after {first_after:?}, all after {all_after:?}")?;
    Ok(())
}
