//! The site profile: how a facility's feed tells what happens.
//! Cost: three statements, and at most 5,000 facts of patients in unmapped locations.

use super::job;
use super::store::{UnmappedCode, list_unmapped};
use crate::adt::corrections::remap;
use crate::flow::leaving::page::sentence;
use crate::tabs::{Tab, tabs};
use crate::tally::rules::{Kind, Profile};
use crate::words;
use ::store::{find_setting, put_setting};
use area::{Answer, Fault, Visit};
use identity::sites::{SiteRefused, set_care, set_codes};
use identity::{Care, Permission, SiteInfo, SiteKind};
use std::collections::{BTreeMap, BTreeSet};
use web::{
    Button, Cell, Choice, Column, Empty, Errors, Field, Form, Markup, Page, Panel, Row, Status, Table,
    columns, html, notice,
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
    let mut tx = visit.read().await?;
    let known = find_setting::<Profile>(&mut tx, Some(&site.path), super::KEY).await?;
    drop(tx);
    show(&visit, site, &Typed::of(&known.unwrap_or_default()), &Errors::new()).await
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
    let ask = job::ask(&visit, path.clone())?;
    let job = visit
        .ctx
        .db
        .write::<_, Fault, _>(move |tx| {
            Box::pin(async move {
                put_setting(tx, &actor, Some(&path), super::KEY, &profile).await?;
                Ok(jobs.ask(tx, ask).await?)
            })
        })
        .await?;
    Ok(visit.go(&visit.at(&format!("jobs/{job}"))))
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
                Panel::new("How the feed is read").prose(profile_form(visit, typed, errors)?),
            ))
        });
    visit.show(&page).await
}

fn profile_form(visit: &Visit, typed: &Typed, errors: &Errors) -> Result<Form, Fault> {
    let freed = Choice::new("1", "A bed is free as soon as its patient leaves", typed.is_freed);
    Ok(Form::post(visit.at("census/profile"), &visit.who()?.csrf)
        .errors(errors)
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
    let rows =
        units.iter().filter(|unit| unit.care != Care::Unmapped && unit.is_open(visit.today())).map(|unit| {
            let change = visit.at(&format!("census/profile/unit?unit={}", unit.path));
            Row::default()
                .cell(unit.name.clone())
                .cell(care_words(unit.care))
                .cell(visit.tree.codes(&unit.id).join(" "))
                .cell(Cell::of(Button::link("Change", change).small().about(unit.name.clone())))
        });
    Table::new("units", "Units of the facility")
        .column(Column::text("Unit"))
        .column(Column::text("Care"))
        .column(Column::text("Location codes").not_on_phones())
        .column(Column::text("Change"))
        .rows(rows)
        .empty(visit.filled_by(
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
    let rows = codes.iter().map(|code| {
        Row::default()
            .cell(code.code.clone())
            .cell(code.n_seen)
            .cell(words::when(code.last_at, &site.time_zone, visit.now))
            .cell(Cell::of(map_form(&action, csrf, code, &units)))
    });
    Ok(Table::new("unmapped", "Codes without a unit")
        .column(Column::text("Code"))
        .column(Column::number("Seen"))
        .column(Column::text("Last").not_on_phones())
        .column(Column::text("Belongs to"))
        .rows(rows)
        .empty(Empty::new(
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
    let mut codes = visit.tree.codes(&unit.id).to_vec();
    codes.push(code.clone());
    let (actor, id, facility) = (visit.actor(), unit.id, site.id);
    let saved: Result<usize, SiteRefused> = visit
        .ctx
        .db
        .write(move |tx| {
            Box::pin(async move {
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
    let mut tx = visit.read().await?;
    let known = find_setting::<Profile>(&mut tx, Some(&site.path), super::KEY).await?;
    Ok(Typed::of(&known.unwrap_or_default()))
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
    let ask = job::ask(&visit, site.path.clone())?;
    let saved = visit
        .ctx
        .db
        .write::<_, SiteRefused, _>(move |tx| {
            Box::pin(async move {
                set_care(tx, &actor, id, care).await?;
                set_codes(tx, &actor, id, &codes).await?;
                Ok(jobs.ask(tx, ask).await?)
            })
        })
        .await;
    match saved {
        Ok(job) => {
            visit.ctx.forget();
            Ok(visit.go(&visit.at(&format!("jobs/{job}"))))
        }
        Err(SiteRefused::Store(error)) => Err(error.into()),
        Err(refused) => {
            let errors = Errors::of("codes", sentence(&refused.to_string()));
            show_unit(&visit, unit, &word, &text, &errors).await
        }
    }
}

async fn show_unit(visit: &Visit, unit: &SiteInfo, care: &str, codes: &str, errors: &Errors) -> Answer {
    let choices = Care::ALL
        .into_iter()
        .filter(|one| *one != Care::Unmapped || unit.care == Care::Unmapped)
        .map(|one| Choice::new(one.key(), care_words(one), one.key() == care))
        .collect();
    let form = Form::post(visit.at("census/profile/unit"), &visit.who()?.csrf)
        .errors(errors)
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
