//! Serving an installation, and working beside it.

use crate::place::{Place, catch_up, schema_of};
use crate::{End, cli, keep, print};
use anyhow::{Context as _, Result, bail};
use app::{Ports, ServeOptions, ServerConfig, TlsFiles};
use base::SitePath;
use cli::Settings;
use identity::SiteTree;
use intake::MllpLimits;
use std::time::Duration;
use store::{Db, SCHEMA_VERSION, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) async fn run(ask: cli::Serve) -> Result<End> {
    let place = Place::with_config(&ask.at, ask.config.as_deref())?;
    let settings = or(ask.settings, &place.settings);
    start_log(&settings)?;
    let (http_tls, mllp_tls) = tls(&settings)?;
    let db = open_upgraded(&place).await?;
    let listen = settings.listen.as_deref().unwrap_or("127.0.0.1:8080");
    let ports = Ports { http_tls, mllp_tls, ..bind(listen, settings.mllp.as_deref()).await? };
    let options = options(&db, &settings).await?;
    let scheme = if ports.http_tls.is_some() { "https" } else { "http" };
    print::line(format!("Helmward serves {scheme}://{}", ports.http.local_addr()?))?;
    if let Some(mllp) = &ports.mllp {
        let tls = if ports.mllp_tls.is_some() { " with TLS" } else { "" };
        print::line(format!("HL7 v2 over MLLP{tls} is taken at {}", mllp.local_addr()?))?;
    }
    let product = app::compose(db, place.dir.clone(), false)?;
    app::serve(product, ports, options, until_signal()).await?;
    Ok(End::Done)
}

pub(crate) async fn work(ask: cli::Work) -> Result<End> {
    let place = Place::with_config(&ask.at, ask.config.as_deref())?;
    start_log(&place.settings)?;
    let db = place.open().await?;
    let product = app::compose(db, place.dir.clone(), false)?;
    let shutdown = until_signal();
    print::line("Working; stop with Ctrl-C.")?;
    let workers = (0..ask.workers.clamp(1, 8))
        .map(|_| jobs::run_worker(product.ctx.db.clone(), product.ctx.jobs.clone(), shutdown.clone()));
    futures::future::join_all(workers).await;
    Ok(End::Done)
}

/// Each setting from the flags or the environment, else from the file.
fn or(given: Settings, file: &Settings) -> Settings {
    Settings {
        listen: given.listen.or_else(|| file.listen.clone()),
        mllp: given.mllp.or_else(|| file.mllp.clone()),
        mllp_site: given.mllp_site.or_else(|| file.mllp_site.clone()),
        mllp_connections: given.mllp_connections.or(file.mllp_connections),
        mllp_message_mib: given.mllp_message_mib.or(file.mllp_message_mib),
        tls_cert: given.tls_cert.or_else(|| file.tls_cert.clone()),
        tls_key: given.tls_key.or_else(|| file.tls_key.clone()),
        mllp_tls: given.mllp_tls.or(file.mllp_tls),
        mllp_clients: given.mllp_clients.or_else(|| file.mllp_clients.clone()),
        workers: given.workers.or(file.workers),
        log: given.log.or_else(|| file.log.clone()),
        log_format: given.log_format.or_else(|| file.log_format.clone()),
        database_url: None,
    }
}

/// Logs to stderr. Names, birth dates, record numbers and message bodies never come this way.
pub(crate) fn start_log(settings: &Settings) -> Result<()> {
    let filter = settings.log.as_deref().unwrap_or("info,sqlx=warn");
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .with_context(|| format!("`{filter}` is no log level; write error, warn, info or debug"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log_format.as_deref() {
        None | Some("text") => log.with_ansi(false).try_init(),
        Some("json") => log.json().try_init(),
        Some(other) => bail!("`{other}` is no log format; write text or json"),
    };
    started.map_err(|error| anyhow::anyhow!("the log did not start: {error}"))
}

/// Opens the database of a server: an older schema is backed up and upgraded, a newer one refused.
pub(crate) async fn open_upgraded(place: &Place) -> Result<Db> {
    let db = place.open_any(false).await?;
    let found = schema_of(&db).await?;
    if found == 0 {
        bail!(
            "the database is empty; make an installation with `helmward init`, or look around with `helmward \
             demo`"
        );
    }
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION }.into());
    }
    if found < SCHEMA_VERSION {
        let folder = place.dir.join("backups");
        crate::init::make_folder(&folder)?;
        let at = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let file = folder.join(format!("before-schema-{SCHEMA_VERSION}-{at}.backup"));
        keep::write_backup(&db, &file).await?;
        tracing::info!(file = %file.display(), found, "backed up before upgrading");
        store::migrate(&db).await.with_context(|| {
            format!("the upgrade stopped; the database as it was is in {}", file.display())
        })?;
    }
    catch_up(&db).await?;
    Ok(db)
}

/// What encrypts the pages and the feed, where that is asked for.
fn tls(settings: &Settings) -> Result<(Option<ServerConfig>, Option<ServerConfig>)> {
    let is_feed = settings.mllp_tls.unwrap_or(false);
    let (certificate, key) = match (&settings.tls_cert, &settings.tls_key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) if is_feed || settings.mllp_clients.is_some() => {
            bail!("TLS for the feed needs a certificate: --tls-cert FILE and --tls-key FILE")
        }
        (None, None) => return Ok((None, None)),
        (Some(_), None) => bail!("--tls-cert needs the key of the certificate: --tls-key FILE"),
        (None, Some(_)) => bail!("--tls-key needs its certificate: --tls-cert FILE"),
    };
    if settings.mllp_clients.is_some() && !is_feed {
        bail!("--mllp-clients asks senders for certificates, which needs --mllp-tls");
    }
    let files = TlsFiles { certificate, key, clients: None };
    let feed = TlsFiles { clients: settings.mllp_clients.as_deref(), ..files };
    Ok((Some(files.read()?), is_feed.then(|| feed.read()).transpose()?))
}

/// Binds the sockets, so that a taken port is said before anything else happens.
pub(crate) async fn bind(listen: &str, mllp: Option<&str>) -> Result<Ports> {
    let http = bind_one(listen, "--listen").await?;
    let mllp = match mllp {
        Some(address) => Some(bind_one(address, "--mllp").await?),
        None => None,
    };
    Ok(Ports { http, http_tls: None, mllp, mllp_tls: None })
}

async fn bind_one(address: &str, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen at {address}; free that address or choose another with {flag} 127.0.0.1:PORT")
    })
}

async fn options(db: &Db, settings: &Settings) -> Result<ServeOptions> {
    let usual = MllpLimits::default();
    let default_site = match &settings.mllp_site {
        None => None,
        Some(text) => {
            let path: SitePath = text.parse().context("mllp_site")?;
            let tree = SiteTree::load(&mut db.read().await?).await?;
            let Some(site) = tree.find(&path) else {
                bail!("mllp_site names `{path}`, which does not exist; `helmward export sites` lists them")
            };
            Some(site.id)
        }
    };
    let frame_mib = settings.mllp_message_mib.unwrap_or(16).clamp(1, 256);
    Ok(ServeOptions {
        mllp: MllpLimits {
            frame_bytes_max: frame_mib << 20,
            connections_max: settings.mllp_connections.unwrap_or(usual.connections_max).clamp(1, 10_000),
            idle_max: usual.idle_max,
            default_site,
        },
        n_workers: settings.workers.unwrap_or(1).min(8),
    })
}

/// Turns true on the first SIGINT or SIGTERM. The second one ends the program at once.
pub(crate) fn until_signal() -> watch::Receiver<bool> {
    let (told, shutdown) = watch::channel(false);
    tokio::spawn(async move {
        signal().await;
        tracing::info!("ending: what was received is finished first");
        let _ = told.send(true);
        signal().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        std::process::exit(130);
    });
    shutdown
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without signals there is nothing to wait for; the system ends the program.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
