//! Any table, as the operator may see it, to a file.

use crate::cli::{self, ExportKind};
use crate::place::{Place, site_of};
use crate::{End, print};
use anyhow::{Context as _, Result, anyhow, bail};
use area::{Cell, Export, ExportFormat};
use figures::Ask;
use figures::rules::Rules;
use identity::{Scope, SiteTree, sites};
use std::io::Write as _;
use store::{Db, Tx};

/// Rows of the log of views at most; the page reads it in parts.
const VIEWS_MAX: u32 = 1_000;

pub(crate) async fn run(ask: cli::Export) -> Result<End> {
    let Some(format) = ExportFormat::from_name(&ask.format) else {
        bail!("`{}` is no format; write csv, xlsx or json", ask.format);
    };
    let db = Place::of(&ask.at)?.open().await?;
    let export = {
        let mut tx = db.read().await?;
        let (tree, scope) = site_of(&mut tx, ask.site.as_ref()).await?;
        let from = Source { db: &db, tree: &tree, scope: &scope, ask: &ask };
        from.table(&mut tx).await?
    };
    let bytes = export.write(format).map_err(|fault| anyhow!("{fault}"))?;
    match &ask.output {
        Some(path) => {
            std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
            print::line(format!("{} rows are in {}.", export.rows.len(), path.display()))?;
        }
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    Ok(End::Done)
}

/// Where the rows come from.
struct Source<'a> {
    db: &'a Db,
    tree: &'a SiteTree,
    scope: &'a Scope,
    ask: &'a cli::Export,
}

impl Source<'_> {
    async fn table(&self, tx: &mut Tx) -> Result<Export> {
        match self.ask.kind {
            ExportKind::Sites => self.sites(tx).await,
            ExportKind::Beds => self.beds(tx).await,
            ExportKind::People => self.people(tx).await,
            ExportKind::Census => self.census(tx).await,
            ExportKind::Feeds => self.feeds(tx).await,
            ExportKind::Figures => self.figures(tx).await,
            ExportKind::Rules => self.rules(tx).await,
            ExportKind::Views => self.views(tx).await,
        }
    }

    fn today(&self) -> jiff::civil::Date {
        figures::today(self.tree, self.scope.path(), self.db.now())
    }

    fn period(&self) -> base::Period {
        self.ask.period.unwrap_or_else(|| base::Period::month_of(self.today()))
    }

    fn path(&self, id: &base::Id<identity::Site>) -> Cell {
        self.tree.get(id).map_or(Cell::Empty, |site| Cell::from(site.path.as_str()))
    }

    async fn sites(&self, tx: &mut Tx) -> Result<Export> {
        let columns =
            ["path", "kind", "name", "time_zone", "currency", "licensed_beds", "staffed_beds", "hl7_codes"];
        let mut export = Export::new("sites", &columns);
        let open = self.tree.below(&self.scope.site_id()).iter().filter(|site| site.closed_on.is_none());
        let open: Vec<_> = open.collect();
        let ids: Vec<_> = open.iter().map(|site| site.id).collect();
        let beds = sites::beds_on(tx, &ids, self.today()).await?;
        for site in open {
            let beds = beds.get(&site.id);
            export.rows.push(vec![
                Cell::from(site.path.as_str()),
                Cell::from(site.kind.key()),
                Cell::from(site.name.as_str()),
                Cell::from(site.own_time_zone.clone().unwrap_or_default()),
                Cell::from(site.own_currency.map(|currency| currency.to_string()).unwrap_or_default()),
                Cell::from(beds.map(|beds| beds.licensed)),
                Cell::from(beds.map(|beds| beds.staffed)),
                Cell::from(self.tree.codes(&site.id).join(" ")),
            ]);
        }
        Ok(export)
    }

    async fn beds(&self, tx: &mut Tx) -> Result<Export> {
        let columns = ["unit", "bed", "licensed", "set_up", "state", "since", "reason", "owner"];
        let mut export = Export::new("beds", &columns);
        for bed in census::beds::store::list(tx, self.scope).await? {
            let since = jiff::Timestamp::from_microsecond(bed.since).ok().filter(|_| bed.since > 0);
            export.rows.push(vec![
                self.path(&bed.unit),
                Cell::from(bed.code),
                Cell::from(bed.is_licensed.to_string()),
                Cell::from(bed.is_set_up.to_string()),
                Cell::from(bed.state.word()),
                Cell::from(since.map(|since| since.to_string()).unwrap_or_default()),
                Cell::from(bed.reason),
                Cell::from(bed.owner),
            ]);
        }
        Ok(export)
    }

    async fn people(&self, tx: &mut Tx) -> Result<Export> {
        let mut export = Export::new("people", &["email", "name", "title", "site", "role", "from", "to"]);
        for row in identity::people::list_people(tx, self.scope).await? {
            for grant in &row.grants {
                export.rows.push(vec![
                    Cell::from(row.person.email.as_str()),
                    Cell::from(row.person.name.as_str()),
                    Cell::from(row.person.title.as_str()),
                    self.path(&grant.site),
                    Cell::from(grant.role.key()),
                    Cell::from(grant.from.to_string()),
                    Cell::from(grant.to.map(|to| to.to_string()).unwrap_or_default()),
                ]);
            }
        }
        Ok(export)
    }

    async fn census(&self, tx: &mut Tx) -> Result<Export> {
        let columns = [
            "date",
            "site",
            "midnight_census",
            "service_days",
            "admissions",
            "discharges",
            "deaths",
            "transfers_in",
            "transfers_out",
            "staffed_beds",
            "occupancy",
        ];
        let mut export = Export::new("census", &columns);
        let Some(period) = self.period().up_to(self.today()) else { return Ok(export) };
        for date in period.days() {
            let report = census::day::report(tx, self.scope, self.tree, date, self.ask.as_of).await?;
            for day in std::iter::once(&report.total()).chain(&report.units) {
                export.rows.push(vec![
                    Cell::from(date.to_string()),
                    Cell::from(day.site.as_str()),
                    Cell::from(day.midnight_census),
                    Cell::from(day.service_days),
                    Cell::from(day.admissions),
                    Cell::from(day.discharges),
                    Cell::from(day.deaths),
                    Cell::from(day.transfers_in),
                    Cell::from(day.transfers_out),
                    Cell::from(day.staffed_beds),
                    Cell::from(day.occupancy),
                ]);
            }
        }
        Ok(export)
    }

    async fn feeds(&self, tx: &mut Tx) -> Result<Export> {
        let columns = [
            "application",
            "facility",
            "way",
            "site",
            "last_at",
            "last_event_at",
            "received",
            "applied",
            "ignored",
            "duplicate",
            "refused",
            "open_faults",
        ];
        let mut export = Export::new("feeds", &columns);
        for feed in intake::list_feeds(tx, self.scope).await? {
            export.rows.push(vec![
                Cell::from(feed.application),
                Cell::from(feed.facility),
                Cell::from(feed.way),
                Cell::from(feed.site.map(|site| site.to_string()).unwrap_or_default()),
                Cell::from(feed.last_at.to_string()),
                Cell::from(feed.last_event_at.map(|at| at.to_string()).unwrap_or_default()),
                Cell::from(feed.n_received),
                Cell::from(feed.n_applied),
                Cell::from(feed.n_ignored),
                Cell::from(feed.n_duplicate),
                Cell::from(feed.n_refused),
                Cell::from(feed.n_open_faults),
            ]);
        }
        Ok(export)
    }

    async fn figures(&self, tx: &mut Tx) -> Result<Export> {
        let columns = ["key", "title", "value", "unit", "numerator", "denominator", "fresh_at"];
        let mut export = Export::new("figures", &columns);
        let (catalogue, registry) = app::catalogue()?;
        let rules = Rules::load(tx, &registry).await?;
        let question = Ask {
            scope: self.scope,
            tree: self.tree,
            rules: &rules,
            period: self.period(),
            as_of: self.ask.as_of,
            now: self.db.now(),
        };
        for figure in catalogue.all() {
            let reading = (figure.read)(tx, &question).await?;
            export.rows.push(vec![
                Cell::from(figure.key),
                Cell::from(figure.title),
                Cell::from(reading.value),
                Cell::from(figure.unit.suffix()),
                Cell::from(reading.numerator),
                Cell::from(reading.denominator),
                Cell::from(reading.fresh_at.map(|at| at.to_string()).unwrap_or_default()),
            ]);
        }
        Ok(export)
    }

    async fn rules(&self, tx: &mut Tx) -> Result<Export> {
        let columns = ["rule", "title", "jurisdiction", "value", "source", "own_value"];
        let mut export = Export::new("rules", &columns);
        let (_, registry) = app::catalogue()?;
        let rules = Rules::load(tx, &registry).await?;
        for rule in rules.list(self.scope.path(), self.today()) {
            export.rows.push(vec![
                Cell::from(rule.key),
                Cell::from(rule.title),
                Cell::from(rule.jurisdiction),
                Cell::from(rule.value.unwrap_or_default()),
                Cell::from(rule.source.unwrap_or_default()),
                Cell::from(rule.is_override.to_string()),
            ]);
        }
        Ok(export)
    }

    async fn views(&self, tx: &mut Tx) -> Result<Export> {
        let mut export = Export::new("views", &["seq", "at", "person", "site", "page", "subject"]);
        let mut before = None;
        loop {
            let page = identity::access_log::list_views(tx, self.scope, None, before, VIEWS_MAX).await?;
            before = page.last().map(|view| view.seq);
            if page.is_empty() {
                return Ok(export);
            }
            for view in page {
                export.rows.push(vec![
                    Cell::from(view.seq),
                    Cell::from(view.at.to_string()),
                    Cell::from(view.person.to_string()),
                    Cell::from(view.site.as_str()),
                    Cell::from(view.page),
                    Cell::from(view.subject),
                ]);
            }
        }
    }
}
