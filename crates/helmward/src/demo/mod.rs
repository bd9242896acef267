//! The sample enterprise, made once, served, and kept going.
//!
//! Everything in it comes in through the doors a real hospital uses: tables through `import`, two years of
//! HL7 v2 through intake ([`fill`]), and what happens from now on over MLLP to the demo's own port
//! ([`live`]). The folder remembers what it was made of, so that a second start goes on where the first one
//! stopped.

mod fill;
mod live;
mod make;
mod whole;

use crate::cli::{self, At};
use crate::place::{Place, schema_of};
use crate::{End, init, print, serve};
use anyhow::{Result, bail};
use app::ServeOptions;
use identity::people::PersonRow;
use identity::{Scope, SiteTree};
use intake::MllpLimits;
use store::{Db, Keys, SCHEMA_VERSION, Tx};

/// Who the demo is in history.
fn actor() -> store::Actor {
    store::Actor::new("demo", "sample")
}

pub(crate) async fn run(ask: cli::Demo) -> Result<End> {
    let at = At { dir: ask.dir.clone(), database_url: ask.database_url.clone() };
    let place = Place::of(&at)?;
    let mut settings = place.settings.clone();
    // The page of sign-ins on the terminal is for people; a line a request would push it away.
    settings.log.get_or_insert_with(|| "warn".to_owned());
    serve::start_log(&settings)?;
    let ports = serve::bind(&ask.listen, Some(&ask.mllp)).await?;
    let db = open(&place).await?;
    let plan = make::ensure(&db, &ask).await?;
    let product = app::compose_with(db.clone(), place.dir.clone(), true, vec![fill::kind()])?;
    fill::ask_for_it(&product.ctx.db, &product.ctx.jobs, &plan).await?;
    let http = ports.http.local_addr()?;
    print::line(format!("Lakeside Health, all invented, is at http://{http}"))?;
    print_sign_ins(&db).await?;
    let password = app::SAMPLE_PASSWORD;
    print::line(format!(
        "Everybody's password is {password}. Stop with Ctrl-C; start again and it goes on."
    ))?;
    let shutdown = serve::until_signal();
    let stream = match &ports.mllp {
        Some(mllp) => Some(tokio::spawn(live::run(db, plan, mllp.local_addr()?, shutdown.clone()))),
        None => None,
    };
    let options = ServeOptions { mllp: MllpLimits::default(), n_workers: 1 };
    app::serve(product, ports, options, shutdown).await?;
    if let Some(stream) = stream {
        let _ = stream.await;
    }
    Ok(End::Done)
}

/// Opens the demo's database, made when it is missing.
async fn open(place: &Place) -> Result<Db> {
    if !place.is_made() {
        init::make_folder(&place.dir)?;
        if let Some(path) = place.keys_file() {
            Keys::generate()?.write(&path)?;
        }
    }
    let db = place.open_any(true).await?;
    match schema_of(&db).await? {
        SCHEMA_VERSION => Ok(db),
        0 => {
            store::migrate(&db).await?;
            Ok(db)
        }
        _ => {
            drop(db);
            serve::open_upgraded(place).await
        }
    }
}

/// Everybody who signs in, with their role in words, by role.
async fn people(tx: &mut Tx, tree: &SiteTree) -> Result<Vec<(PersonRow, String)>> {
    let Some(scope) = Scope::operator(tree, &make::top()?) else {
        bail!("the sample has no sites; remove its folder and start again");
    };
    let mut people = Vec::new();
    for row in identity::people::list_people(tx, &scope).await? {
        let roles = row.grants.iter().filter_map(|grant| {
            let site = tree.get(&grant.site)?;
            Some(format!("{}, {}", grant.role.title(), site.name))
        });
        let roles = roles.collect::<Vec<_>>().join("; ");
        people.push((row, roles));
    }
    people.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(people)
}

async fn print_sign_ins(db: &Db) -> Result<()> {
    let mut tx = db.read().await?;
    let tree = SiteTree::load(&mut tx).await?;
    let people = people(&mut tx, &tree).await?;
    let rows: Vec<Vec<String>> = people.into_iter().map(|(row, role)| vec![row.person.email, role]).collect();
    print::line("")?;
    print::table(&["e-mail", "role"], &rows)?;
    print::line("")
}
