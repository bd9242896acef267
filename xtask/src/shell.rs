//! Running other programs.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// `cargo`, the one that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Where builds land.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What a program wrote and whether it ended well. Its messages on stderr pass through.
pub(crate) struct Said {
    pub(crate) is_ok: bool,
    pub(crate) text: String,
}

/// Runs a program to its end, keeping what it writes to stdout.
pub(crate) fn run(command: &mut Command) -> Result<Said> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("`{name}` cannot be started"))?;
    Ok(Said { is_ok: output.status.success(), text: String::from_utf8_lossy(&output.stdout).into_owned() })
}

/// Runs a program to its end, printing each line as it comes and keeping it.
pub(crate) fn run_aloud(command: &mut Command) -> Result<Said> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("`{name}` cannot be started"))?;
    let mut text = String::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line?;
            println!("{line}");
            text.push_str(&line);
            text.push('\n');
        }
    }
    Ok(Said { is_ok: child.wait()?.success(), text })
}

/// Runs a program that must succeed; what it wrote.
pub(crate) fn must(command: &mut Command) -> Result<String> {
    let said = run(command)?;
    if !said.is_ok {
        bail!("{command:?} failed:\n{}", said.text);
    }
    Ok(said.text)
}

/// A program's place, from the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|place| place.is_file())
}

/// Whether we may do everything on this machine.
pub(crate) fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output();
    said.is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program that ends when this value does, and also when this process is killed.
///
/// A shell in a process group of its own stands between: it waits for its standard input to close, which
/// happens however we end, then stops the program and removes the folder.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
}

const GUARD: &str = r#"folder=$1; shift
"$@" </dev/null & pid=$!
( cat >/dev/null; kill -INT $pid; sleep 20; kill -KILL $pid ) 2>/dev/null <&3 & watch=$!
wait $pid; code=$?
kill $watch 2>/dev/null
rm -rf "$folder"
exit $code"#;

impl Guarded {
    /// Starts `program`; `folder` goes when it ends. `user` is whom it runs as, if not us.
    pub(crate) fn start(
        user: Option<&str>,
        folder: &Path,
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        log: &Path,
    ) -> Result<Guarded> {
        let mut command = match user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--", "sh"]);
                command
            }
            None => Command::new("sh"),
        };
        let out =
            std::fs::File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        command.arg("-c").arg(format!("exec 3<&0\n{GUARD}")).arg("guard").arg(folder).arg(program);
        command.args(arguments).current_dir(folder.parent().unwrap_or(Path::new("/")));
        command.stdin(Stdio::piped()).stdout(out.try_clone()?).stderr(out).process_group(0);
        let child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        Ok(Guarded { child })
    }

    /// Whether it has ended by itself.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A new empty folder for one run.
pub(crate) fn scratch(what: &str) -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("helmward-{what}-{}", std::process::id()));
    std::fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    Ok(path)
}
