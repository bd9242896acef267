//! Serving an installation, and working beside it.

use crate::place::{Place, schema_of};
use crate::{End, cli, keep, print};
use anyhow::{Context as _, Result, bail};
use app::{Ports, ServeOptions};
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
    let db = open_upgraded(&place).await?;
    let listen = settings.listen.as_deref().unwrap_or("127.0.0.1:8080");
    let ports = bind(listen, settings.mllp.as_deref()).await?;
    let options = options(&db, &settings).await?;
    print::line(format!("Helmward serves http://{}", ports.http.local_addr()?))?;
    if let Some(mllp) = &ports.mllp {
        print::line(format!("HL7 v2 over MLLP is taken at {}", mllp.local_addr()?))?;
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
    Ok(db)
}

/// Binds the sockets, so that a taken port is said before anything else happens.
pub(crate) async fn bind(listen: &str, mllp: Option<&str>) -> Result<Ports> {
    let http = bind_one(listen, "--listen").await?;
    let mllp = match mllp {
        Some(address) => Some(bind_one(address, "--mllp").await?),
        None => None,
    };
    Ok(Ports { http, mllp })
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
