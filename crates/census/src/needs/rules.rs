//! Needs from facts. Pure.

use super::store::Facts;
use crate::adt::model::{Micros, OPEN};
use crate::beds::rules::BedState;
use crate::day::store::beds_below;
use crate::figures::rows::boarding_since;
use crate::legs::StayLegs;
use crate::tally::rules::{Kind, Leg};
use ::figures::needs::{Chip, ChipKind, Class, Need, NeedAsk};
use base::{Id, Minutes, SitePath};
use identity::{Care, Site, SiteInfo};
use intake::{FeedRule, FeedState};
use jiff::Timestamp;
use std::collections::BTreeMap;

const MINUTE: Micros = 60_000_000;
const AREA: &str = "census";
/// A feed silent for a month, in minutes, was taken out of service.
const GONE: i64 = 30 * 24 * 60;

pub(super) fn derive(facts: &Facts, ask: &NeedAsk<'_>) -> Vec<Need> {
    let deriver = Deriver { facts, ask, now: ask.now.as_microsecond() };
    let mut needs = Vec::new();
    deriver.boarding(&mut needs);
    deriver.over_capacity(&mut needs);
    deriver.two_in_a_bed(&mut needs);
    deriver.observation(&mut needs);
    deriver.beds_out_of_use(&mut needs);
    deriver.unmapped(&mut needs);
    deriver.contradictions(&mut needs);
    deriver.feeds(&mut needs);
    deriver.not_applied(&mut needs);
    needs
}

struct Deriver<'a> {
    facts: &'a Facts,
    ask: &'a NeedAsk<'a>,
    now: Micros,
}

impl Deriver<'_> {
    fn care(&self, unit: &Id<Site>) -> Care {
        self.ask.tree.get(unit).map_or(Care::Unmapped, |site| site.care)
    }

    fn here(&self, unit: &Id<Site>) -> Option<&SiteInfo> {
        self.ask.tree.get(unit).filter(|site| self.ask.scope.path().covers(&site.path))
    }

    fn minutes(&self, rule: &str, site: &SitePath, default: i64) -> i64 {
        let today = ::figures::today(self.ask.tree, site, self.ask.now);
        self.ask.rules.minutes(rule, site, today).map_or(default, |minutes| minutes.0)
    }

    fn open_leg<'s>(&self, stay: &'s StayLegs) -> Option<&'s Leg> {
        stay.legs.iter().find(|leg| leg.from <= self.now && self.now < leg.to)
    }

    /// One need for each emergency department with someone past the limit.
    fn boarding(&self, needs: &mut Vec<Need>) {
        let mut waits: BTreeMap<Id<Site>, Vec<Micros>> = BTreeMap::new();
        for stay in &self.facts.inside {
            let profile = self.facts.profiles.of(&stay.facility);
            let since = boarding_since(profile, &|unit| self.care(unit), &stay.legs, self.now);
            if let Some((unit, since)) = since {
                waits.entry(unit).or_default().push(since);
            }
        }
        for (unit, since) in waits {
            let Some(site) = self.here(&unit) else { continue };
            let limit = self.minutes("ed.boarding_limit", &site.path, 240);
            let longest = since.iter().map(|since| (self.now - since) / MINUTE).max().unwrap_or(0);
            if longest <= limit {
                continue;
            }
            let n = since.len();
            let n_over = since.iter().filter(|since| (self.now - **since) / MINUTE > limit).count();
            let oldest = since.iter().min().copied().unwrap_or(self.now);
            let people = if n == 1 { "One patient waits".to_owned() } else { format!("{n} patients wait") };
            needs.push(Need {
                key: format!("census.boarding:{unit}"),
                class: Class::Safety,
                sentence: format!("{people} for a bed in {}, the longest {}", site.name, Minutes(longest)),
                why: format!("{n_over} past the limit of {}.", Minutes(limit)),
                due: at(oldest + limit * MINUTE),
                due_words: None,
                owner: None,
                site: site.path.clone(),
                href: self.address(&self.facility_path(&unit), "census/flow"),
                button: "Open flow board".to_owned(),
                chip: chip(ChipKind::Due, &format!("Past {}", Minutes(limit))),
                area: AREA,
            });
        }
    }

    fn facility_path(&self, unit: &Id<Site>) -> SitePath {
        let facility = self.ask.tree.facility_of(unit).map(|site| site.path.clone());
        facility
            .filter(|path| self.ask.scope.path().covers(path))
            .unwrap_or_else(|| self.ask.scope.path().clone())
    }

    fn address(&self, site: &SitePath, page: &str) -> String {
        format!("/at/{site}/{page}")
    }

    /// A unit with more inpatients and observation patients than staffed beds.
    fn over_capacity(&self, needs: &mut Vec<Need>) {
        let mut inside: BTreeMap<Id<Site>, i64> = BTreeMap::new();
        for stay in &self.facts.inside {
            let Some(leg) = self.open_leg(stay) else { continue };
            let kind = self.facts.profiles.of(&stay.facility).kind(&leg.class, self.care(&leg.unit));
            if matches!(kind, Kind::Inpatient | Kind::Observation) {
                *inside.entry(leg.unit).or_default() += 1;
            }
        }
        for (unit, n) in inside {
            let Some(site) = self.here(&unit).filter(|site| site.care == Care::Inpatient) else { continue };
            let staffed = beds_below(self.ask.tree, &unit, &self.facts.counts).staffed;
            if staffed == 0 || n <= staffed {
                continue;
            }
            needs.push(Need {
                key: format!("census.over:{unit}"),
                class: Class::Safety,
                sentence: format!("{} has {n} patients in {staffed} staffed beds", site.name),
                why: format!(
                    "{} above what is staffed. Move a patient or open and staff a bed.",
                    n - staffed
                ),
                due: Some(self.ask.now),
                due_words: Some("now".to_owned()),
                owner: None,
                site: site.path.clone(),
                href: self.address(&site.path, "census/flow"),
                button: "Open flow board".to_owned(),
                chip: chip(ChipKind::Breach, "Above staffed"),
                area: AREA,
            });
        }
    }

    /// Two stays that are believed to be in one bed.
    fn two_in_a_bed(&self, needs: &mut Vec<Need>) {
        let mut of_bed: BTreeMap<(Id<Site>, &str), Vec<&StayLegs>> = BTreeMap::new();
        for stay in &self.facts.inside {
            if let Some(leg) = self.open_leg(stay).filter(|leg| !leg.bed.is_empty() && leg.to == OPEN) {
                of_bed.entry((leg.unit, leg.bed.as_str())).or_default().push(stay);
            }
        }
        for ((unit, bed), stays) in of_bed.iter().filter(|(_, stays)| stays.len() > 1) {
            let Some(site) = self.here(unit) else { continue };
            // Waiting rooms and hall spaces hold many; a place of care holds one.
            if matches!(site.care, Care::Emergency | Care::Outpatient | Care::Unmapped) {
                continue;
            }
            let labels: Vec<&str> = stays.iter().map(|stay| stay.label()).collect();
            needs.push(Need {
                key: format!("census.bed_twice:{unit}:{bed}"),
                class: Class::Safety,
                sentence: format!("Two patients are recorded in bed {bed} of {}", site.name),
                why: format!(
                    "Visits {}. One of them was moved or has left without a message.",
                    labels.join(" and ")
                ),
                due: Some(self.ask.now),
                due_words: Some("now".to_owned()),
                owner: None,
                site: site.path.clone(),
                href: self.address(&site.path, "census/flow"),
                button: "Open flow board".to_owned(),
                chip: chip(ChipKind::Due, "Conflict"),
                area: AREA,
            });
        }
    }

    /// The observation notice (MOON): 24 h make it due, hour 36 is the limit.
    fn observation(&self, needs: &mut Vec<Need>) {
        for stay in &self.facts.inside {
            let profile = self.facts.profiles.of(&stay.facility);
            let is_observed =
                |leg: &&Leg| profile.kind(&leg.class, self.care(&leg.unit)) == Kind::Observation;
            let Some(leg) = self.open_leg(stay).filter(is_observed) else { continue };
            let Some(site) = self.here(&leg.unit) else { continue };
            let since = stay.legs.iter().filter(is_observed).map(|leg| leg.from).min().unwrap_or(leg.from);
            let due = self.minutes("observation.moon_due", &site.path, 24 * 60);
            let limit = self.minutes("observation.moon_limit", &site.path, 36 * 60);
            let minutes = (self.now - since) / MINUTE;
            // A week later the notice is no longer what is missing.
            if minutes < due || minutes > 7 * 24 * 60 {
                continue;
            }
            let is_late = minutes > limit;
            needs.push(Need {
                key: format!("census.moon:{}", stay.stay),
                class: Class::LegalClock,
                sentence: format!("Observation notice is due for visit {} in {}", stay.label(), site.name),
                why: format!(
                    "Under observation for {}. The notice (MOON) is owed after {} and by hour {}.",
                    Minutes(minutes),
                    Minutes(due),
                    limit / 60
                ),
                due: at(since + limit * MINUTE),
                due_words: None,
                owner: None,
                site: site.path.clone(),
                href: self.address(&site.path, &format!("census/records/{}", stay.stay)),
                button: "Open stay".to_owned(),
                chip: if is_late {
                    chip(ChipKind::Breach, "Past hour 36")
                } else {
                    chip(ChipKind::Due, "Due")
                },
                area: AREA,
            });
        }
    }

    /// Beds that wait for cleaning, or stay blocked, longer than the house allows; one need a unit.
    fn beds_out_of_use(&self, needs: &mut Vec<Need>) {
        let mut dirty: BTreeMap<Id<Site>, Vec<Micros>> = BTreeMap::new();
        let mut blocked: BTreeMap<Id<Site>, Vec<(Micros, &str)>> = BTreeMap::new();
        for bed in &self.facts.beds {
            match bed.state {
                BedState::Dirty | BedState::Cleaning => dirty.entry(bed.unit).or_default().push(bed.since),
                BedState::Blocked => blocked.entry(bed.unit).or_default().push((bed.since, &bed.owner)),
                BedState::Available | BedState::Assigned | BedState::Occupied | BedState::Closed => {}
            }
        }
        for (unit, since) in dirty {
            let Some(site) = self.here(&unit) else { continue };
            let limit = self.minutes("bed.dirty_limit", &site.path, 60);
            let late: Vec<Micros> = since.into_iter().filter(|at| self.now - at > limit * MINUTE).collect();
            self.push_beds(needs, site, "dirty", "not been clean", &late, limit, None);
        }
        for (unit, entries) in blocked {
            let Some(site) = self.here(&unit) else { continue };
            let limit = self.minutes("bed.blocked_review", &site.path, 24 * 60);
            let late: Vec<(Micros, &str)> =
                entries.into_iter().filter(|(at, _)| self.now - at > limit * MINUTE).collect();
            let owner =
                late.iter().min().map(|(_, owner)| (*owner).to_owned()).filter(|owner| !owner.is_empty());
            let times: Vec<Micros> = late.iter().map(|(at, _)| *at).collect();
            self.push_beds(needs, site, "blocked", "been blocked", &times, limit, owner);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one sentence with all its parts")]
    fn push_beds(
        &self,
        needs: &mut Vec<Need>,
        site: &SiteInfo,
        key: &str,
        words: &str,
        late: &[Micros],
        limit: i64,
        owner: Option<String>,
    ) {
        let Some(oldest) = late.iter().min() else { return };
        let beds = if late.len() == 1 { "One bed".to_owned() } else { format!("{} beds", late.len()) };
        let verb = if late.len() == 1 { "has" } else { "have" };
        let longest = Minutes((self.now - oldest) / MINUTE);
        needs.push(Need {
            key: format!("census.beds_{key}:{}", site.id),
            class: Class::Rest,
            sentence: format!("{beds} in {} {verb} {words} for over {}", site.name, Minutes(limit)),
            why: if late.len() == 1 {
                format!("For {longest} now.")
            } else {
                format!("The longest for {longest}.")
            },
            due: at(oldest + limit * MINUTE),
            due_words: None,
            owner,
            site: site.path.clone(),
            href: self.address(&site.path, "census/beds"),
            button: "Open beds".to_owned(),
            chip: chip(ChipKind::Due, "Past limit"),
            area: AREA,
        });
    }

    /// Patients in places nobody has mapped to a unit.
    fn unmapped(&self, needs: &mut Vec<Need>) {
        let mut inside: BTreeMap<Id<Site>, usize> = BTreeMap::new();
        for stay in &self.facts.inside {
            if let Some(leg) = self.open_leg(stay).filter(|leg| self.care(&leg.unit) == Care::Unmapped) {
                *inside.entry(leg.unit).or_default() += 1;
            }
        }
        for (unit, n) in inside {
            let Some(site) = self.here(&unit) else { continue };
            let people = if n == 1 { "One patient is".to_owned() } else { format!("{n} patients are") };
            needs.push(Need {
                key: format!("census.unmapped:{unit}"),
                class: Class::Rest,
                sentence: format!("{people} in a location that belongs to no unit"),
                why: "The feed names location codes that no unit has. They are counted under Unmapped locations."
                    .to_owned(),
                due: None,
                due_words: None,
                owner: None,
                site: site.path.clone(),
                href: self.address(&self.facility_path(&unit), "census/profile"),
                button: "Map locations".to_owned(),
                chip: None,
                area: AREA,
            });
        }
    }

    /// One need for each pair of messages that cannot both be true.
    fn contradictions(&self, needs: &mut Vec<Need>) {
        for stay in &self.facts.faulty {
            let unit = stay.unit.unwrap_or(stay.facility);
            let Some(site) = self.here(&unit).or_else(|| self.here(&stay.facility)) else { continue };
            for fault in stay.faults.iter().take(3) {
                let both = match fault.against {
                    0 => format!("Message {}", fault.message),
                    against => format!("Messages {} and {against}", fault.message),
                };
                needs.push(Need {
                    key: format!("census.fault:{}:{}:{}", stay.stay, fault.code, fault.message),
                    class: Class::Rest,
                    sentence: format!("{} (visit {})", fault.sentence, stay.visit),
                    why: format!("{both}: set aside until a person decides."),
                    due: None,
                    due_words: None,
                    owner: None,
                    site: site.path.clone(),
                    href: self.address(&site.path, &format!("census/records/{}", stay.stay)),
                    button: "Review".to_owned(),
                    chip: None,
                    area: AREA,
                });
            }
        }
    }

    /// A feed that has gone quiet makes every census page old.
    fn feeds(&self, needs: &mut Vec<Need>) {
        for feed in &self.facts.feeds {
            let site = self.ask.scope.path();
            let limit = self.minutes("feed.stale_after", site, 15);
            let quiet = (self.now - feed.last_at.as_microsecond()) / MINUTE;
            let is_silent = matches!(feed.state(FeedRule::default(), self.ask.now), FeedState::Silent { .. });
            // One of no known site makes no census old.
            let is_gone = quiet > GONE || feed.site.is_none();
            if (quiet <= limit && !is_silent) || is_gone || feed.way != "mllp" {
                continue;
            }
            needs.push(Need {
                key: format!("census.feed:{}", feed.id),
                class: Class::Safety,
                sentence: format!("The feed {} has been quiet for {}", feed.name(), Minutes(quiet)),
                why: format!("The census is as old as its last message; the limit is {}.", Minutes(limit)),
                due: at(feed.last_at.as_microsecond() + limit * MINUTE),
                due_words: None,
                owner: None,
                site: site.clone(),
                href: format!("/admin/feeds/{}", feed.id),
                button: "Open feeds".to_owned(),
                chip: chip(ChipKind::Due, "Stale"),
                area: AREA,
            });
        }
    }

    /// One need for each sender whose messages were not applied and wait for somebody to say what becomes of them.
    fn not_applied(&self, needs: &mut Vec<Need>) {
        for feed in &self.facts.feeds {
            let quiet = (self.now - feed.last_at.as_microsecond()) / MINUTE;
            if feed.n_open_faults == 0 || quiet > GONE {
                continue;
            }
            let messages = match feed.n_open_faults {
                1 => "One message".to_owned(),
                n => format!("{n} messages"),
            };
            let was = if feed.n_open_faults == 1 { "was" } else { "were" };
            needs.push(Need {
                key: format!("census.not_applied:{}", feed.id),
                class: Class::Rest,
                sentence: format!("{messages} of {} {was} not applied", feed.name()),
                why: "Whom they tell of may be missing from the census, or in the wrong place. The reason \
                      stands beside each."
                    .to_owned(),
                due: None,
                due_words: None,
                owner: None,
                site: self.ask.scope.path().clone(),
                href: format!("/admin/feeds/{}", feed.id),
                button: "See why".to_owned(),
                chip: None,
                area: AREA,
            });
        }
    }
}

fn at(micros: Micros) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros).ok()
}

#[expect(clippy::unnecessary_wraps, reason = "a need's chip is optional")]
fn chip(kind: ChipKind, text: &str) -> Option<Chip> {
    Some(Chip { kind, text: text.to_owned() })
}
