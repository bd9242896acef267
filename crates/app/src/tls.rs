//! TLS in the program itself: certificates read from files, and pages served over it.
//!
//! Where a proxy ends TLS none of this is needed.

use axum::serve::Listener;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// How long a browser may take to agree on a secret.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Handshakes underway at once; further connections wait.
const HANDSHAKES_MAX: usize = 256;

/// The files of a server's TLS, in PEM.
#[derive(Debug, Clone, Copy)]
pub struct TlsFiles<'f> {
    /// The server's certificate, then those between it and its authority.
    pub certificate: &'f Path,
    /// The key of that certificate.
    pub key: &'f Path,
    /// Authorities of which every sender must show a certificate; `None` asks for none.
    pub clients: Option<&'f Path>,
}

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file is missing, or holds nothing of what it should.
    #[error("{}: no {what} can be read there ({error}); it must be a file in PEM", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// A file has no certificate in it.
    #[error("{}: there is no certificate in it; it must hold one or more in PEM", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// The key is not that of the certificate, or of a kind that is not known.
    #[error("the certificate and the key do not go together: {0}")]
    Mismatch(rustls::Error),
    /// The senders' authorities are of no use.
    #[error("the authorities of the senders cannot be used: {0}")]
    Clients(VerifierBuilderError),
    /// One of the senders' authorities is no certificate of an authority.
    #[error("the authorities of the senders cannot be used: {0}")]
    Authority(rustls::Error),
}

impl TlsFiles<'_> {
    /// Reads the files. TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// [`TlsFault`] names the file and what is wrong with it.
    pub fn read(self) -> Result<ServerConfig, TlsFault> {
        let chain = certificates(self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(self.key).map_err(|error| TlsFault::Unreadable {
            path: self.key.to_owned(),
            what: "private key",
            error,
        })?;
        let provider = Arc::new(ring::default_provider());
        let versions = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsFault::Mismatch)?;
        let asked = match self.clients {
            None => versions.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(path)? {
                    roots.add(authority).map_err(TlsFault::Authority)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                versions.with_client_cert_verifier(verifier.build().map_err(TlsFault::Clients)?)
            }
        };
        asked.with_single_cert(chain, key).map_err(TlsFault::Mismatch)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let unreadable = |error| TlsFault::Unreadable { path: path.to_owned(), what: "certificate", error };
    let found = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    if found.is_empty() {
        return Err(TlsFault::Empty { path: path.to_owned() });
    }
    Ok(found)
}

/// A listener whose connections are encrypted. Handshakes go on beside each other, so that one who is slow,
/// or no browser at all, holds up nobody.
pub(crate) struct TlsPort {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsPort {
    pub(crate) fn new(listener: TcpListener, mut config: ServerConfig) -> std::io::Result<TlsPort> {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let address = listener.local_addr()?;
        let (shaken, ready) = mpsc::channel(HANDSHAKES_MAX);
        tokio::spawn(shake_hands(listener, TlsAcceptor::from(Arc::new(config)), shaken));
        Ok(TlsPort { address, ready })
    }
}

/// Accepts until nobody takes the connections any longer.
async fn shake_hands(
    mut listener: TcpListener,
    tls: TlsAcceptor,
    shaken: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let room = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        // Tries again by itself where no connection can be taken for the moment.
        let (stream, from) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = shaken.closed() => return,
        };
        let (tls, shaken) = (tls.clone(), shaken.clone());
        tokio::spawn(async move {
            let _place = place;
            match tokio::time::timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
                Ok(Ok(stream)) => drop(shaken.send((stream, from)).await),
                Ok(Err(error)) => tracing::debug!(%error, "a connection without TLS was turned away"),
                Err(_) => tracing::debug!("a connection that did not begin TLS was turned away"),
            }
        });
    }
}

impl Listener for TlsPort {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The task that accepts ends only after this.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
