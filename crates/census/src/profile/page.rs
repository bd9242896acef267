//! The site profile: how a facility's feed tells what happens.
//! Cost: three statements, and at most 5,000 facts of patients in unmapped locations.

use super::job;
use super::store::{UnmappedCode, list_unmapped};
use crate::adt::corrections::remap;
use crate::flow::leaving::page::sentence;
use crate::tabs::{Tab, tabs};
use crate::tally::rules::{Kind, Profile};
use crate::words;
use ::store::{StoreError, Tx, find_setting, put_setting};
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use base::{Id, SitePath};
use identity::sites::{SiteRefused, set_care, set_codes};
use identity::{Care, Permission, Site, SiteInfo, SiteKind, SiteTree};
use std::collections::{BTreeMap, BTreeSet};
use web::{
    Button, Cell, Choice, Column, Empty, Errors, Field, Form, Markup, Page, Panel, Row, Status, Table,
    columns, description_list, html, notice,
};

/// The kinds a class can mean.
const KINDS: [Kind; 5] =
    [Kind::Inpatient, Kind::Newborn, Kind::Observation, Kind::Emergency, Kind::Outpatient];

/// What the form holds, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    expired: String,
    unseen: String,
    classes: String,
    is_freed: bool,
}

impl Typed {
    fn of(profile: &Profile) -> Typed {
        let join = |codes: &BTreeSet<String>| codes.iter().cloned().collect::<Vec<_>>().join(" ");
        let class = |(code, kind): (&String, &Kind)| format!("{code} = {}", kind.word());
        Typed {
            expired: join(&profile.expired),
            unseen: join(&profile.unseen),
            classes: profile.classes.iter().map(class).collect::<Vec<_>>().join("\n"),
            is_freed: profile.is_freed_by_discharge,
        }
    }

    /// What the form was filled from.
    fn version(&self) -> String {
        let lines = self.classes.lines().collect::<Vec<_>>().join(", ");
        format!("{} / {} / {lines} / {}", self.expired, self.unseen, self.is_freed)
    }

    fn read(&self) -> Result<Profile, Errors> {
        let mut errors = Errors::new();
        let mut codes = |name: &str, text: &str| -> BTreeSet<String> {
            let codes = text.split([' ', ',', ';', '\n']).map(str::trim).filter(|code| !code.is_empty());
            let codes: BTreeSet<String> = codes.map(str::to_owned).collect();
            if let Some(long) = codes.iter().find(|code| code.chars().count() > 20) {
                errors.add(name, format!("`{long}` is too long for a code; separate codes with blanks."));
            }
            codes
        };
        let expired = codes("expired", &self.expired);
        let unseen = codes("unseen", &self.unseen);
        let mut classes = BTreeMap::new();
        for line in self.classes.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let pair = line.split_once('=').map(|(code, kind)| (code.trim().to_uppercase(), kind.trim()));
            let read = pair.and_then(|(code, word)| {
                let kind = KINDS.into_iter().find(|kind| kind.word() == word.to_lowercase())?;
                (!code.is_empty()).then_some((code, kind))
            });
            match read {
                Some((code, kind)) => {
                    classes.insert(code, kind);
                }
                None => {
                    let known = KINDS.map(Kind::word).join(", ");
                    errors.add("classes", format!("`{line}` is not a class and its meaning; write a line such as OBS = observation, with one of {known}."));
                }
            }
        }
        let profile = Profile { expired, unseen, classes, is_freed_by_discharge: self.is_freed };
        if errors.is_empty() { Ok(profile) } else { Err(errors) }
    }
}

/// The facility of the scope, if it is one.
fn facility(visit: &Visit) -> Result<Option<&SiteInfo>, Fault> {
    let site = visit.site()?;
    Ok(Some(site).filter(|site| site.facility_id == Some(site.id)))
}

/// `GET …/census/profile`.
pub async fn profile(visit: Visit) -> Answer {
    let Some(site) = facility(&visit)? else { return choose(&visit).await };
    let typed = stored(&visit, site).await?;
    show(&visit, site, &typed, &Errors::new()).await
}

/// What is stored of a facility, as the form shows it.
async fn stored_in(tx: &mut Tx, path: &SitePath) -> Result<Typed, StoreError> {
    Ok(Typed::of(&find_setting::<Profile>(tx, Some(path), super::KEY).await?.unwrap_or_default()))
}

/// Above a facility: the facilities below.
async fn choose(visit: &Visit) -> Answer {
    let sites = visit.tree.below(&visit.scope()?.site_id());
    let rows = sites.iter().filter(|site| site.facility_id == Some(site.id)).map(|site| {
        Row::default().cell(Cell::link(site.name.clone(), format!("/at/{}/census/profile", site.path)))
    });
    let table = Table::new("facilities", "Facilities")
        .column(Column::text("Facility"))
        .rows(rows)
        .empty(Empty::new("A profile belongs to a facility", "Open the facility above this site to see it."));
    let page = Page::new("Site profile").context("Choose a facility").body(html! {
        (tabs(visit, Tab::Profile))
        (Panel::new("Facilities").body(table))
    });
    visit.show(&page).await
}

/// `POST …/census/profile`.
pub async fn save(visit: Visit) -> Answer {
    let site = facility(&visit)?.ok_or(Fault::NotFound)?;
    let form = &visit.form;
    let typed = Typed {
        expired: form.text("expired").to_owned(),
        unseen: form.text("unseen").to_owned(),
        classes: form.text("classes").to_owned(),
        is_freed: form.is_set("is_freed"),
    };
    let profile = match typed.read() {
        Ok(profile) => profile,
        Err(errors) => return show(&visit, site, &typed, &errors).await,
    };
    let (actor, path, jobs) = (visit.actor(), site.path.clone(), visit.ctx.jobs.clone());
    let (ask, seen) = (job::ask(&visit, path.clone())?, visit.version());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<Fault>, _>(move |tx| {
            Box::pin(async move {
                if stored_in(tx, &path).await?.version() != seen {
                    return Err(Unsaved::Stale);
                }
                put_setting(tx, &actor, Some(&path), super::KEY, &profile).await?;
                Ok(jobs.ask(tx, ask).await?)
            })
        })
        .await;
    match saved {
        Ok(job) => Ok(visit.go(&visit.at(&format!("jobs/{job}")))),
        Err(Unsaved::Refused(fault)) => Err(fault),
        Err(Unsaved::Stale) => {
            let now = stored(&visit, site).await?;
            let values = [
                Differing::new("Dispositions that mean a death", &now.expired, &typed.expired),
                Differing::new("Dispositions that mean left without being seen", &now.unseen, &typed.unseen),
                Differing::new("Patient classes", &now.classes, &typed.classes),
                Differing::new("A bed is free at once", yes(now.is_freed), yes(typed.is_freed)),
            ];
            visit.conflict("Site profile", &visit.at("census/profile"), &now.version(), &values).await
        }
    }
}

fn yes(is: bool) -> &'static str {
    if is { "Yes" } else { "No" }
}

async fn show(visit: &Visit, site: &SiteInfo, typed: &Typed, errors: &Errors) -> Answer {
    let mut tx = visit.read().await?;
    let unmapped = list_unmapped(&mut tx, &visit.tree, site.id).await?;
    drop(tx);
    let mapped = visit.query.find("mapped");
    let page = Page::new("Site profile")
        .context(format!("{}. How its feed tells what happens.", site.name))
        .errors(errors)
        .actions(html! { (Button::print()) })
        .body(html! {
            (tabs(visit, Tab::Profile))
            @if let Some(code) = mapped {
                (notice(Status::Done, html! { p { "Code " b { (code) } " is mapped. The stays with it were worked out anew." } }))
            }
            (columns(
                html! {
                    (Panel::new("Codes without a unit").context("Seen in messages of patients who are in no known unit").body(unmapped_table(visit, site, &unmapped)?))
                    (Panel::new("Units").context("Care and location codes").body(unit_table(visit, site)))
                },
                Panel::new("How the feed is read").prose(how_read(visit, typed, errors)?),
            ))
        });
    visit.show(&page).await
}

/// The profile to change; to read only, and whom to ask, for those who may not.
fn how_read(visit: &Visit, typed: &Typed, errors: &Errors) -> Result<Markup, Fault> {
    if visit.may(Permission::CENSUS_EDIT) {
        let form = profile_form(visit, typed, errors)?;
        return Ok(html! { (form) });
    }
    let or_none = |text: &str| if text.is_empty() { "None".to_owned() } else { text.to_owned() };
    let facts = description_list([
        ("Dispositions that mean a death", or_none(&typed.expired)),
        ("Dispositions that mean left without being seen", or_none(&typed.unseen)),
        ("Patient classes with a meaning of their own", or_none(&typed.classes.replace('\n', ", "))),
        ("A bed is free as soon as its patient leaves", yes(typed.is_freed).to_owned()),
    ]);
    Ok(html! {
        (facts)
        p.sub { "A facility manager, a unit manager or health information changes these and maps codes." }
        @if visit.holds(Permission::SITES_VIEW) {
            div.go { (Button::link("Codes of the sites", "/admin/sites")) }
        }
    })
}

fn profile_form(visit: &Visit, typed: &Typed, errors: &Errors) -> Result<Form, Fault> {
    let freed = Choice::new("1", "A bed is free as soon as its patient leaves", typed.is_freed);
    // Shown again for a mistake it still says what it was first filled from.
    let seen = visit.form.find(VERSION_FIELD).map_or_else(|| typed.version(), |_| visit.version());
    Ok(Form::post(visit.at("census/profile"), &visit.who()?.csrf)
        .errors(errors)
        .hidden(VERSION_FIELD, seen)
        .field(
            Field::text("expired", "Dispositions that mean a death")
                .value(&typed.expired)
                .hint("PV1-36 codes, separated by blanks"),
        )
        .field(
            Field::text("unseen", "Dispositions that mean left without being seen")
                .value(&typed.unseen)
                .optional()
                .hint("PV1-36 codes of emergency patients"),
        )
        .field(
            Field::textarea("classes", "Patient classes with a meaning of their own", 4)
                .value(&typed.classes)
                .optional()
                .hint("One a line: OBS = observation. I, B, E and O are known."),
        )
        .field(
            Field::checks("is_freed", "What frees a bed", vec![freed])
                .hint("Otherwise a bed is dirty until a bed status message or a person says it is clean"),
        )
        .part(html! { p.sub { "Saving works every stay and day of the past out anew, in the background." } })
        .submit("Save profile"))
}

fn unit_table(visit: &Visit, site: &SiteInfo) -> Table {
    let units = visit.tree.units_below(&site.id);
    let may_edit = visit.may(Permission::CENSUS_EDIT);
    let rows =
        units.iter().filter(|unit| unit.care != Care::Unmapped && unit.is_open(visit.today())).map(|unit| {
            let change = visit.at(&format!("census/profile/unit?unit={}", unit.path));
            let row = Row::default()
                .cell(unit.name.clone())
                .cell(care_words(unit.care))
                .cell(visit.tree.codes(&unit.id).join(" "));
            if !may_edit {
                return row;
            }
            row.cell(Cell::of(Button::link("Change", change).small().about(unit.name.clone())))
        });
    let table = Table::new("units", "Units of the facility")
        .column(Column::text("Unit"))
        .column(Column::text("Care"))
        .column(Column::text("Location codes").not_on_phones());
    if may_edit { table.column(Column::text("Change")) } else { table }.rows(rows).empty(visit.filled_by(
        Empty::new("No units yet", "Units appear here when sites are imported."),
        "Import sites",
        "/admin/imports",
        Permission::ADMIN_VIEW,
    ))
}

fn care_words(care: Care) -> &'static str {
    match care {
        Care::Inpatient => "Inpatient",
        Care::Emergency => "Emergency",
        Care::Observation => "Observation",
        Care::Nursery => "Nursery",
        Care::Outpatient => "Outpatient",
        Care::Unmapped => "Unmapped locations",
    }
}

fn unmapped_table(visit: &Visit, site: &SiteInfo, codes: &[UnmappedCode]) -> Result<Table, Fault> {
    let csrf = &visit.who()?.csrf;
    let units = visit.tree.units_below(&site.id);
    let units: Vec<&&SiteInfo> =
        units.iter().filter(|unit| unit.care != Care::Unmapped && unit.is_open(visit.today())).collect();
    let action = visit.at("census/profile/map");
    let may_edit = visit.may(Permission::CENSUS_EDIT);
    let rows = codes.iter().map(|code| {
        let row = Row::default().cell(code.code.clone()).cell(code.n_seen).cell(words::when(
            code.last_at,
            &site.time_zone,
            visit.now,
        ));
        if may_edit { row.cell(Cell::of(map_form(&action, csrf, code, &units))) } else { row }
    });
    let table = Table::new("unmapped", "Codes without a unit")
        .column(Column::text("Code"))
        .column(Column::number("Seen"))
        .column(Column::text("Last").not_on_phones());
    Ok(if may_edit { table.column(Column::text("Belongs to")) } else { table }.rows(rows).empty(Empty::new(
        "Every code is known",
        "A location code that no unit has appears here, with a way to map it.",
    )))
}

fn map_form(action: &str, csrf: &str, code: &UnmappedCode, units: &[&&SiteInfo]) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="code" value=(code.code);
            select name="unit" aria-label={ "Unit of code " (code.code) } {
                option value="" { "Choose a unit" }
                @for unit in units { option value=(unit.path) { (unit.name) } }
            }
            " " (Button::submit("Map").small().about(format!("Code {}", code.code)))
        }
    }
}

/// `POST …/census/profile/map`: gives a code to a unit and works the stays with it out anew.
pub async fn map(visit: Visit) -> Answer {
    let site = facility(&visit)?.ok_or(Fault::NotFound)?;
    let code = visit.form.text("code").to_uppercase();
    let refuse = |words: &str| Errors::of("", words.to_owned());
    let unit = unit_of(&visit, site, visit.form.text("unit"));
    let (Some(unit), false) = (unit, code.is_empty()) else {
        let typed = stored(&visit, site).await?;
        return show(&visit, site, &typed, &refuse("Choose the unit the code belongs to.")).await;
    };
    let (actor, id, facility, added) = (visit.actor(), unit.id, site.id, code.clone());
    let saved: Result<usize, SiteRefused> = visit
        .ctx
        .db
        .write(move |tx| {
            Box::pin(async move {
                // Added to what the unit has by now, whoever changed it meanwhile.
                let mut codes = SiteTree::load(tx).await?.codes(&id).to_vec();
                codes.push(added);
                set_codes(tx, &actor, id, &codes).await?;
                Ok(remap(tx, facility).await?)
            })
        })
        .await;
    match saved {
        Ok(_) => {
            visit.ctx.forget();
            visit.ctx.live.publish("census", site.path.as_str());
            let query = area::Form::default().with("mapped", Some(&code));
            Ok(visit.go(&format!("{}{query}", visit.at("census/profile"))))
        }
        Err(SiteRefused::Store(error)) => Err(error.into()),
        Err(refused) => {
            let typed = stored(&visit, site).await?;
            show(&visit, site, &typed, &refuse(&sentence(&refused.to_string()))).await
        }
    }
}

async fn stored(visit: &Visit, site: &SiteInfo) -> Result<Typed, Fault> {
    Ok(stored_in(&mut visit.read().await?, &site.path).await?)
}

fn unit_of<'v>(visit: &'v Visit, facility: &SiteInfo, path: &str) -> Option<&'v SiteInfo> {
    let unit = path.parse().ok().and_then(|path| visit.tree.find(&path));
    unit.filter(|unit| unit.kind == SiteKind::Unit && unit.facility_id == Some(facility.id))
}

/// `GET …/census/profile/unit?unit=`.
pub async fn unit(visit: Visit) -> Answer {
    let site = facility(&visit)?.ok_or(Fault::NotFound)?;
    if visit.query.find("unit").is_none() {
        return Ok(visit.go(&visit.at("census/profile")));
    }
    let unit = unit_of(&visit, site, visit.query.text("unit")).ok_or(Fault::NotFound)?;
    let codes = visit.tree.codes(&unit.id).join(" ");
    show_unit(&visit, unit, unit.care.key(), &codes, &Errors::new()).await
}

/// `POST …/census/profile/unit`.
pub async fn save_unit(visit: Visit) -> Answer {
    let site = facility(&visit)?.ok_or(Fault::NotFound)?;
    let unit = unit_of(&visit, site, visit.form.text("unit")).ok_or(Fault::NotFound)?;
    let (word, text) = (visit.form.text("care").to_owned(), visit.form.text("codes").to_owned());
    let Ok(care) = word.parse::<Care>() else {
        return show_unit(
            &visit,
            unit,
            &word,
            &text,
            &Errors::of("care", "Choose what care the unit gives."),
        )
        .await;
    };
    let codes: Vec<String> = text.split([' ', ',', ';']).map(str::to_owned).collect();
    let (actor, id, jobs) = (visit.actor(), unit.id, visit.ctx.jobs.clone());
    let (ask, seen) = (job::ask(&visit, site.path.clone())?, visit.version());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<SiteRefused>, _>(move |tx| {
            Box::pin(async move {
                if unit_version(&SiteTree::load(tx).await?, id) != seen {
                    return Err(Unsaved::Stale);
                }
                set_care(tx, &actor, id, care).await.map_err(Unsaved::Refused)?;
                set_codes(tx, &actor, id, &codes).await.map_err(Unsaved::Refused)?;
                Ok(jobs.ask(tx, ask).await?)
            })
        })
        .await;
    match saved {
        Ok(job) => {
            visit.ctx.forget();
            Ok(visit.go(&visit.at(&format!("jobs/{job}"))))
        }
        Err(Unsaved::Stale) => {
            visit.ctx.forget();
            let tree = SiteTree::load(&mut visit.read().await?).await?;
            let now = tree.get(&unit.id).ok_or(Fault::NotFound)?;
            let values = [
                Differing::new("Care", care_words(now.care), care_words(care)),
                Differing::new("Location codes", tree.codes(&unit.id).join(" "), &text),
            ];
            let version = unit_version(&tree, unit.id);
            visit.conflict(&now.name, &visit.at("census/profile"), &version, &values).await
        }
        Err(Unsaved::Refused(SiteRefused::Store(error))) => Err(error.into()),
        Err(Unsaved::Refused(refused)) => {
            let errors = Errors::of("codes", sentence(&refused.to_string()));
            show_unit(&visit, unit, &word, &text, &errors).await
        }
    }
}

/// What the form of a unit was filled from.
fn unit_version(tree: &SiteTree, unit: Id<Site>) -> String {
    let care = tree.get(&unit).map_or("", |site| site.care.key());
    format!("{care} {}", tree.codes(&unit).join(" "))
}

async fn show_unit(visit: &Visit, unit: &SiteInfo, care: &str, codes: &str, errors: &Errors) -> Answer {
    let choices = Care::ALL
        .into_iter()
        .filter(|one| *one != Care::Unmapped || unit.care == Care::Unmapped)
        .map(|one| Choice::new(one.key(), care_words(one), one.key() == care))
        .collect();
    let seen = if errors.is_empty() { unit_version(&visit.tree, unit.id) } else { visit.version() };
    let form = Form::post(visit.at("census/profile/unit"), &visit.who()?.csrf)
        .errors(errors)
        .hidden(VERSION_FIELD, seen)
        .hidden("unit", unit.path.as_str())
        .field(
            Field::select("care", "Care", choices)
                .hint("Decides whether its patients count as inpatients, newborns or emergency patients"),
        )
        .field(
            Field::text("codes", "Location codes")
                .value(codes)
                .optional()
                .hint("As PV1-3.1 sends them, separated by blanks"),
        )
        .part(html! { p.sub { "Saving works every stay and day of the past out anew, in the background." } })
        .submit("Save unit")
        .cancel(visit.at("census/profile"));
    let page = Page::new(unit.name.clone())
        .context("How messages name this unit, and whom it cares for")
        .errors(errors)
        .body(html! { (Panel::new("Unit").prose(form)) });
    visit.show(&page).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_typed_and_read_back() {
        let mut profile = Profile::default();
        profile.classes.insert("OBS".to_owned(), Kind::Observation);
        profile.is_freed_by_discharge = true;
        let typed = Typed::of(&profile);
        assert_eq!((typed.expired.as_str(), typed.classes.as_str()), ("20 40 41 42", "OBS = observation"));
        assert_eq!(typed.read().unwrap(), profile);
    }

    #[test]
    fn what_cannot_be_read_is_refused_in_words() {
        let typed = Typed {
            expired: "20, averyveryverylongcode1".to_owned(),
            classes: "OBS observation\nX = maybe\nob=Observation".to_owned(),
            ..Typed::default()
        };
        let words: Vec<String> =
            typed.read().unwrap_err().iter().map(|error| error.message.clone()).collect();
        assert_eq!(
            words,
            [
                "`averyveryverylongcode1` is too long for a code; separate codes with blanks.",
                "`OBS observation` is not a class and its meaning; write a line such as OBS = observation, with one of inpatient, newborn, observation, emergency, outpatient.",
                "`X = maybe` is not a class and its meaning; write a line such as OBS = observation, with one of inpatient, newborn, observation, emergency, outpatient.",
            ]
        );
    }
}
