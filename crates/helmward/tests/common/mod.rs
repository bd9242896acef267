//! Running the executable as a person or a program does.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of this one")]

pub mod load;
pub mod store;

use ::store::Engine;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::{Folder, Schema};

/// The password of every test's administrator.
pub const PASSWORD: &str = "four words of a test";

/// An installation of a test's own, below a folder that goes with it.
pub struct Install {
    pub folder: Folder,
    pub dir: PathBuf,
    schema: Option<Schema>,
}

/// What a run of the executable said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Asserts that it went well.
    pub fn ok(self) -> Said {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }
}

/// Runs a verb; `{dir}` in an argument is not touched, words are given as they are.
pub fn helmward(words: &[&str]) -> Said {
    said(command(words).output().unwrap())
}

/// The executable with a clean environment.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmward"));
    command.args(words).env_remove("HELMWARD_KEYS").env_remove("HELMWARD_DATABASE_URL");
    command.env_remove("HELMWARD_DIR").env_remove("HELMWARD_ADMIN_PASSWORD");
    command
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

impl Install {
    /// A set-up installation of Lakeside Health without sites.
    pub fn new() -> Install {
        Install::on(Engine::Sqlite)
    }

    /// The same on an engine.
    pub fn on(engine: Engine) -> Install {
        let install = Install::nowhere_yet(engine);
        install.init("Lakeside Health").ok();
        install
    }

    /// A place for an installation.
    pub fn nowhere_yet(engine: Engine) -> Install {
        let folder = Folder::new();
        let dir = folder.path().join("d");
        let schema = (engine == Engine::Postgres).then(Schema::new);
        Install { folder, dir, schema }
    }

    /// Names this installation to a verb.
    pub fn name_to(&self, command: &mut Command) {
        command.arg("--dir").arg(&self.dir);
        if let Some(url) = self.database_url() {
            command.arg("--database-url").arg(url);
        }
    }

    /// Where its PostgreSQL is, if it has one.
    pub fn database_url(&self) -> Option<String> {
        self.schema.as_ref().map(Schema::url)
    }

    pub fn init(&self, name: &str) -> Said {
        let words = ["init", "--name", name, "--admin", "a.baker@example.org"];
        let mut command = command(&words);
        self.name_to(&mut command);
        command.env("HELMWARD_ADMIN_PASSWORD", PASSWORD);
        said(command.output().unwrap())
    }

    /// Runs a verb on this installation.
    pub fn run(&self, words: &[&str]) -> Said {
        let mut command = command(words);
        self.name_to(&mut command);
        said(command.output().unwrap())
    }

    /// The sites of the fixtures.
    pub fn with_sites(self) -> Install {
        let file = fixture("hl7/sites.csv");
        self.run(&["import", "sites", file.to_str().unwrap()]).ok();
        self
    }
}

/// A file of the workspace's fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name).canonicalize().unwrap()
}
