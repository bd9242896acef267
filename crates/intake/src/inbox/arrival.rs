//! What can be told of a message from its header, before anything is looked up.

use super::{Incoming, WorkedOut};
use hl7v2::{Message, NotAMessage};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use store::{StoreError, Vault};

/// Longest sender name kept; outside data must not grow our rows.
const NAME_MAX: usize = 100;
/// Longest message number kept as it is.
const NUMBER_MAX: usize = 40;

/// A message with all that can be told of it without the database. Made where it arrives, so that the
/// transaction that keeps it does not wait for hashing and sealing.
pub(crate) struct Arrived {
    pub(crate) incoming: Incoming,
    /// What sender and number are known by, see [`key_of`].
    pub(super) key: String,
    /// Keyed hash of the content, see [`digest`].
    pub(super) body_digest: String,
    /// `ADT^A01`, or `unreadable`.
    pub(super) kind: String,
    /// Who sent it by which way: application, facility, way.
    pub(super) sender: [String; 3],
    /// The bytes, sealed.
    pub(crate) body: Vec<u8>,
    /// What it will mean, as far as that was worked out.
    pub(super) ahead: WorkedOut,
}

impl Arrived {
    pub(crate) fn of(incoming: Incoming, vault: &Vault) -> Result<Arrived, StoreError> {
        let body_digest = digest(&incoming.bytes, vault);
        let way = incoming.source.split(' ').next().unwrap_or_default().to_owned();
        let (key, kind, sender) = match &hl7v2::read(&incoming.bytes) {
            Ok(message) => {
                let application = shown(message.sending_application()).into_owned();
                let facility = shown(message.sending_facility()).into_owned();
                let key = key_of(message, &body_digest, vault);
                (key, kind_of(message), [application, facility, way])
            }
            Err(_) => {
                let key = key_of_bytes(&body_digest, vault);
                (key, "unreadable".to_owned(), [String::new(), String::new(), way])
            }
        };
        let body = vault.seal(&incoming.bytes, super::store::BODY)?;
        Ok(Arrived { incoming, key, body_digest, kind, sender, body, ahead: WorkedOut::default() })
    }
}

/// One message of a batch, read.
pub(super) struct Arrival<'m> {
    pub(super) arrived: &'m Arrived,
    pub(super) message: Result<Message<'m>, NotAMessage>,
}

impl<'m> Arrival<'m> {
    pub(super) fn of(arrived: &'m Arrived) -> Arrival<'m> {
        Arrival { arrived, message: hl7v2::read(&arrived.incoming.bytes) }
    }
}

/// Keyed hash of what a message says. How its lines end is the way it came, not what it says: a file's
/// messages and the same ones over MLLP are the same.
pub(crate) fn digest(bytes: &[u8], vault: &Vault) -> String {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    if !bytes.contains(&b'\n') {
        return vault.lookup_bytes(bytes);
    }
    let mut lines = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' if lines.last() == Some(&b'\r') => {}
            b'\n' => lines.push(b'\r'),
            other => lines.push(other),
        }
    }
    vault.lookup_bytes(&lines)
}

/// Sender and number as received: a keyed hash of the sender, then the number. Numbers that follow one
/// another stand together in the index, so that a batch touches a page or two of it and not one for each
/// message. A number that is long or not plain is hashed with its sender.
///
/// Without a number the content itself is the key: such a message sent again is a duplicate, and never
/// contradicts another one.
fn key_of(message: &Message<'_>, body_digest: &str, vault: &Vault) -> String {
    let Some(header) = message.segment("MSH") else { return key_of_bytes(body_digest, vault) };
    let number = header.field(10);
    if number.is_empty() {
        return key_of_bytes(body_digest, vault);
    }
    let (application, facility, number) = (header.field(3).raw(), header.field(4).raw(), number.raw());
    // No field holds a line end, so that no two senders and numbers join alike.
    let plain = std::str::from_utf8(number).ok().filter(|number| {
        number.len() <= NUMBER_MAX && number.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    match plain {
        // 32 digits, a blank, the number: no hash looks like that.
        Some(number) => format!("{} {number}", vault.lookup_bytes(&[application, facility].join(&b'\n'))),
        None => vault.lookup_bytes(&[application, facility, number].join(&b'\n')),
    }
}

fn key_of_bytes(body_digest: &str, vault: &Vault) -> String {
    vault.lookup(&format!("content {body_digest}"))
}

fn kind_of(message: &Message<'_>) -> String {
    let (kind, event) = (message.message_type(), message.event());
    let is_code =
        |text: &str| text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (is_code(&kind), is_code(&event)) {
        (true, true) if !kind.is_empty() => format!("{kind}^{event}"),
        (_, _) => "other".to_owned(),
    }
}

fn shown(name: Cow<'_, str>) -> Cow<'_, str> {
    match name.char_indices().nth(NAME_MAX) {
        Some((end, _)) => Cow::Owned(name.get(..end).unwrap_or_default().to_owned()),
        None => name,
    }
}

/// How a message stands to what came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing with its key was there.
    New,
    /// The same bytes were there.
    Again,
    /// Other bytes with its key were there.
    Conflict { first: First },
}

/// The first message of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Stored before, under this number; 0 while it waits for one.
    Stored(i64),
    /// Earlier in the same batch, at this index.
    InBatch(usize),
}

impl First {
    /// Its number, where it has one.
    pub(super) fn stored(self) -> Option<i64> {
        match self {
            First::Stored(seq) if seq > 0 => Some(seq),
            First::Stored(_) | First::InBatch(_) => None,
        }
    }
}

/// What is stored already, of a batch's keys.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By key: number and body digest of the first message.
    pub(super) first: HashMap<String, (i64, String)>,
    /// Body digests of stored conflicts.
    pub(super) conflicts: HashSet<String>,
}

/// Tells new, repeated and contradicting messages apart, in order of arrival.
pub(super) fn standings(batch: &[Arrival<'_>], known: &Known) -> Vec<Standing> {
    let mut first: HashMap<&str, (First, &str)> = known
        .first
        .iter()
        .map(|(key, (seq, digest))| (key.as_str(), (First::Stored(*seq), digest.as_str())))
        .collect();
    let mut conflicts: HashSet<&str> = known.conflicts.iter().map(String::as_str).collect();
    let mut all = Vec::with_capacity(batch.len());
    for (idx, arrival) in batch.iter().enumerate() {
        let Arrived { key, body_digest, .. } = arrival.arrived;
        let digest = body_digest.as_str();
        all.push(match first.get(key.as_str()) {
            None => {
                first.insert(key, (First::InBatch(idx), digest));
                Standing::New
            }
            Some((_, same)) if *same == digest => Standing::Again,
            Some(_) if !conflicts.insert(digest) => Standing::Again,
            Some((first, _)) => Standing::Conflict { first: *first },
        });
    }
    all
}
