//! TLS in the program itself: pages, the feed, senders with certificates, and files that are none.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a test's failure"
)]

mod common;

use app::{Ports, ServeOptions, TlsFiles};
use common::{House, PASSWORD};
use intake::MllpLimits;
use std::net::SocketAddr;
use testkit::{Authority, Certified, Folder};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const MESSAGE: &str = "\u{b}MSH|^~\\&|EPIC|RGH|H|H|20261112084500||ADT^A01|77|P|2.5\rEVN|A01|20261112084500\r\
    PID|1||4711||Doe^Jo\rPV1|1|I|5W^101^A^RGH|||||||||||||||||V1\r\u{1c}\r";

/// A running server with a certificate.
struct Served {
    http: SocketAddr,
    mllp: SocketAddr,
    authority: Authority,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
    receiver: intake::Receiver,
    _fixture: testkit::Fixture,
}

impl Served {
    async fn start(house: House, with_clients: bool) -> Served {
        let (authority, folder) = (Authority::new(), Folder::new());
        let Certified { certificate, key } = authority.certify();
        let (certificate, key) = (folder.write("server.pem", certificate), folder.write("server.key", key));
        let clients = folder.write("clients.pem", authority.pem());
        let pages = TlsFiles { certificate: &certificate, key: &key, clients: None };
        let feed = TlsFiles { clients: with_clients.then_some(clients.as_path()), ..pages };
        let (http, mllp) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let (http_at, mllp_at) = (http.local_addr().unwrap(), mllp.local_addr().unwrap());
        let ports = Ports {
            http,
            http_tls: Some(pages.read().unwrap()),
            mllp: Some(mllp),
            mllp_tls: Some(feed.read().unwrap()),
        };
        let options = ServeOptions { mllp: MllpLimits::default(), n_workers: 0 };
        let (stop, stopped) = watch::channel(false);
        let receiver = house.product.ctx.receiver.clone();
        let task = tokio::spawn(app::serve(house.product, ports, options, stopped));
        Served { http: http_at, mllp: mllp_at, authority, stop, task, receiver, _fixture: house.fixture }
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server may close without the last word of TLS.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// What a sender reads for a message: the acknowledgment, or nothing.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    let (mut read, mut buffer) = (Vec::new(), [0; 4_096]);
    if stream.write_all(MESSAGE.as_bytes()).await.is_err() {
        return String::new();
    }
    while !read.contains(&0x1c) {
        match stream.read(&mut buffer).await {
            Ok(n_bytes) if n_bytes > 0 => read.extend_from_slice(&buffer[..n_bytes]),
            Ok(_) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[test]
fn pages_are_served_encrypted_with_cookies_for_tls_only() {
    testkit::on_both(async |fixture| {
        let served = Served::start(House::build(fixture).await, false).await;
        // Somebody who says nothing, and one who speaks plainly, hold up nobody.
        let silent = TcpStream::connect(served.http).await.unwrap();
        let plain = TcpStream::connect(served.http).await.unwrap();
        let said = ask(plain, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(!said.contains("HTTP/1.1 200"), "{said}");
        let stream = served.authority.connect(served.http, None).await.unwrap();
        let said = ask(stream, "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("ok\n"), "{said}");
        assert!(said.contains("strict-transport-security: max-age="), "{said}");
        let form = format!("email=admin%40lakeside.example&password={}", PASSWORD.replace(' ', "+"));
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        );
        let stream = served.authority.connect(served.http, None).await.unwrap();
        let said = ask(stream, &request).await;
        let cookies: Vec<&str> = said.lines().filter(|line| line.starts_with("set-cookie: ")).collect();
        assert!(said.starts_with("HTTP/1.1 303"), "{said}");
        assert!(cookies.iter().any(|line| line.contains("session") && line.contains("Secure")), "{said}");
        drop(silent);
        served.end().await;
    });
}

#[test]
fn a_feed_with_tls_takes_no_plain_message() {
    testkit::on_both(async |fixture| {
        let house = House::build(fixture).await;
        let db = house.db.clone();
        let served = Served::start(house, false).await;
        let plain = TcpStream::connect(served.mllp).await.unwrap();
        assert!(!answer(plain).await.contains("MSA|"));
        let stream = served.authority.connect(served.mllp, None).await.unwrap();
        assert!(answer(stream).await.contains("MSA|AA|77"));
        served.receiver.caught_up().await;
        let present: Option<(i64,)> = db
            .read()
            .await
            .unwrap()
            .find("SELECT CAST(COUNT(*) AS BIGINT) FROM stay WHERE state = 'present'", Vec::new())
            .await
            .unwrap();
        assert_eq!(present, Some((1,)));
        served.end().await;
    });
}

#[test]
fn where_senders_must_show_a_certificate_others_are_turned_away() {
    testkit::on_both(async |fixture| {
        let served = Served::start(House::build(fixture).await, true).await;
        // With TLS 1.3 the one without a certificate learns of it only when it reads.
        if let Ok(stream) = served.authority.connect(served.mllp, None).await {
            assert_eq!(answer(stream).await, "");
        }
        let foreign = Authority::new().certify();
        if let Ok(stream) = served.authority.connect(served.mllp, Some(&foreign)).await {
            assert_eq!(answer(stream).await, "");
        }
        let own = served.authority.certify();
        let stream = served.authority.connect(served.mllp, Some(&own)).await.unwrap();
        assert!(answer(stream).await.contains("MSA|AA|77"));
        // Pages ask no browser for one.
        served.authority.connect(served.http, None).await.unwrap();
        served.end().await;
    });
}

#[test]
fn files_that_are_no_certificate_are_named() {
    let folder = Folder::new();
    let Certified { certificate, key } = Authority::new().certify();
    let (certificate, key) = (folder.write("server.pem", certificate), folder.write("server.key", key));
    let (empty, missing) = (folder.write("empty.pem", "no PEM"), folder.path().join("missing.pem"));
    let other = folder.write("other.key", Authority::new().certify().key);
    let fault = |certificate, key, clients| {
        TlsFiles { certificate, key, clients }.read().map(|_| ()).unwrap_err().to_string()
    };
    assert!(TlsFiles { certificate: &certificate, key: &key, clients: None }.read().is_ok());
    for (said, words) in [
        (fault(&missing, &key, None), "missing.pem: no certificate can be read there"),
        (fault(&empty, &key, None), "empty.pem: there is no certificate in it"),
        (fault(&certificate, &empty, None), "empty.pem: no private key can be read there"),
        (fault(&certificate, &other, None), "do not go together"),
        (fault(&certificate, &key, Some(&empty)), "empty.pem: there is no certificate in it"),
    ] {
        assert!(said.contains(words), "{said}");
    }
}
