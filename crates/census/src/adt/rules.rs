//! From facts to stays: one pure function of a set.
//!
//! [`stays`] takes every fact of a case (patients, accounts and visits that messages tie together), in any
//! order, and answers the stays they describe. Because it sorts by when things happened, late, duplicate
//! and shuffled messages give the same answer as the same facts in order; nothing is patched in place.
//! Cost: n log n in the facts of one case, a handful for a stay.
//!
//! Ways of reading, in order: merges tell which numbers mean the same patient, account or visit; each fact
//! is given to a stay; cancels are matched to the newest event of their kind before them and both set
//! aside; what is left is walked through in time. What cannot be reconciled becomes a [`Fault`] that names
//! both messages, and changes nothing.

use super::assign::{StayKey, assign};
use super::merges::Merges;
use super::model::{Began, Ended, Event, Fact, Fault, Micros, OPEN, Place, Span, Stay, StayState, Trigger};
use crate::tally::rules::Profile;
use std::collections::BTreeSet;

/// The stays that the facts of one case describe, ordered by facility and key.
///
/// `profile` tells which dispositions (PV1-36) mean that the patient died or left unseen.
#[must_use]
pub fn stays(events: &[Event], profile: &Profile) -> Vec<Stay> {
    let merges = Merges::of(events);
    let mut stays = Vec::new();
    for (stay, mut facts) in assign(events, &merges) {
        // A visit that was only ever moved is no stay.
        if facts.iter().all(|event| event.fact.trigger == Trigger::MoveVisit) {
            continue;
        }
        facts.sort_by(|a, b| time_order(&a.fact, &b.fact));
        walk(&stay, &facts, &merges, profile, &mut stays);
    }
    stays
}

/// When it happened, then when it was written down, then the order of a visit, then a fixed tie-break.
pub(super) fn time_order(a: &Fact, b: &Fact) -> std::cmp::Ordering {
    let key = |fact: &Fact| (fact.at, fact.recorded, fact.trigger.rank());
    key(a).cmp(&key(b)).then_with(|| a.order.cmp(&b.order))
}

/// Walks the facts of one key in time and appends the stays they make: one, or several when the patient
/// arrived again under the same number.
fn walk(stay: &StayKey, facts: &[&Event], merges: &Merges, profile: &Profile, out: &mut Vec<Stay>) {
    let Some(first) = facts.first() else { return };
    let (kept, mut faults) = without_cancelled(facts);
    let mut walker = Walker::new(stay, first, merges, profile);
    for event in kept {
        walker.step(event);
    }
    let faults_of_cancels = std::mem::take(&mut faults);
    out.extend(walker.finish(faults_of_cancels));
}

/// Which earlier events a cancel takes back.
fn cancels(trigger: Trigger) -> Option<&'static [Trigger]> {
    Some(match trigger {
        Trigger::CancelAdmit => &[Trigger::Admit, Trigger::Register],
        Trigger::CancelTransfer => &[Trigger::Transfer],
        Trigger::CancelDischarge => &[Trigger::Discharge],
        Trigger::CancelPreadmit => &[Trigger::Preadmit],
        Trigger::CancelPendingAdmit => &[Trigger::PendingAdmit],
        Trigger::CancelPendingTransfer => &[Trigger::PendingTransfer],
        Trigger::CancelPendingDischarge => &[Trigger::PendingDischarge],
        Trigger::CancelLeaveOut => &[Trigger::LeaveOut],
        Trigger::CancelLeaveBack => &[Trigger::LeaveBack],
        Trigger::Admit
        | Trigger::Transfer
        | Trigger::Discharge
        | Trigger::Register
        | Trigger::Preadmit
        | Trigger::ToInpatient
        | Trigger::ToOutpatient
        | Trigger::Update
        | Trigger::Departing
        | Trigger::Arriving
        | Trigger::PendingAdmit
        | Trigger::PendingTransfer
        | Trigger::PendingDischarge
        | Trigger::Swap
        | Trigger::LeaveOut
        | Trigger::LeaveBack
        | Trigger::Person
        | Trigger::CancelTracking
        | Trigger::MergePatient
        | Trigger::MergeAccount
        | Trigger::MergeVisit
        | Trigger::MoveVisit => return None,
    })
}

/// The facts that stand once every cancel and what it cancels are set aside, and faults for cancels that
/// cancel nothing.
fn without_cancelled<'e>(facts: &[&'e Event]) -> (Vec<&'e Event>, Vec<Fault>) {
    let mut kept: Vec<&Event> = Vec::with_capacity(facts.len());
    // Cancels of what is dated after them: a discharge announced for noon and called off at eleven.
    let mut ahead: Vec<&Event> = Vec::new();
    for &event in facts {
        let Some(targets) = cancels(event.fact.trigger) else {
            let is_called_off = |cancel: &&Event| {
                cancels(cancel.fact.trigger).is_some_and(|targets| targets.contains(&event.fact.trigger))
                    && event.fact.recorded < cancel.fact.recorded
            };
            match ahead.iter().position(is_called_off) {
                Some(idx) => drop(ahead.remove(idx)),
                None => kept.push(event),
            }
            continue;
        };
        match target_of(event, targets, &kept) {
            // A cancelled arrival takes every later step of the visit with it, up to an arrival of the same
            // instant that replaces it.
            Some(idx) if event.fact.trigger == Trigger::CancelAdmit => {
                let later = kept.split_off(idx);
                let is_kept = |(n, later): &(usize, &Event)| {
                    later.fact.trigger == Trigger::MoveVisit
                        || (*n > 0 && later.fact.at == event.fact.at && targets.contains(&later.fact.trigger))
                };
                kept.extend(later.into_iter().enumerate().filter(is_kept).map(|(_, later)| later));
            }
            Some(idx) => drop(kept.remove(idx)),
            None => ahead.push(event),
        }
    }
    ahead.retain(|event| event.fact.trigger != Trigger::CancelTracking);
    let faults = ahead.into_iter().map(|event| fault(event, None, "cancels_nothing")).collect();
    (kept, faults)
}

/// The event a cancel takes back: the newest of its kind. Where that one is of the cancel's own instant and
/// repeats one that stands already, it is the word after the cancel (out, taken back, out again), and the
/// cancel is for the one before.
fn target_of(cancel: &Event, targets: &[Trigger], kept: &[&Event]) -> Option<usize> {
    let newest = kept.iter().rposition(|earlier| targets.contains(&earlier.fact.trigger))?;
    let event = kept.get(newest)?;
    let is_repeated = |before: &&Event| before.fact.trigger == event.fact.trigger;
    if event.fact.at != cancel.fact.at || event.fact.trigger == Trigger::Transfer {
        return Some(newest);
    }
    let before = kept.iter().take(newest).rposition(is_repeated);
    before.or(Some(newest))
}

fn fault(event: &Event, against: Option<&Event>, code: &str) -> Fault {
    let sentence = match code {
        "cancels_nothing" => "A cancel arrived for an event that was never received",
        "after_discharge" => "A patient was moved or updated in place after the discharge",
        "discharged_twice" => "A discharge arrived for a patient already discharged at another time",
        "admitted_twice" => "A patient already in a bed was admitted again to another one",
        "returned" => "A discharged patient was admitted again under the same visit number",
        "never_arrived" => "A discharge arrived for a patient whose admission was never received",
        "arrival_missing" => "A patient was moved whose admission was never received",
        _ => "Two messages contradict each other",
    };
    Fault {
        code: code.to_owned(),
        sentence: sentence.to_owned(),
        message: event.message,
        against: against.map_or(0, |event| event.message),
        at: event.fact.at,
    }
}

struct Walker<'w> {
    key: &'w str,
    merges: &'w Merges,
    profile: &'w Profile,
    facility: base::Id<identity::Site>,
    done: Vec<Stay>,
    stay: Stay,
    last_move: Option<&'w Event>,
    discharge: Option<&'w Event>,
    /// Patients the visit was moved away from: what is still told under their number is the new one's.
    moved_from: BTreeSet<String>,
}

impl<'w> Walker<'w> {
    fn new(
        (facility, key): &'w StayKey,
        first: &Event,
        merges: &'w Merges,
        profile: &'w Profile,
    ) -> Walker<'w> {
        let mut stay = empty_stay(key.clone(), first);
        merges.patient(&first.fact.patient).clone_into(&mut stay.patient);
        merges.visit(first.facility, &first.fact.visit).clone_into(&mut stay.visit);
        Walker {
            key,
            merges,
            profile,
            facility: *facility,
            done: Vec::new(),
            stay,
            last_move: None,
            discharge: None,
            moved_from: BTreeSet::new(),
        }
    }

    fn step(&mut self, event: &'w Event) {
        let fact = &event.fact;
        if fact.trigger == Trigger::MoveVisit {
            self.reparent(fact);
            return;
        }
        self.note(fact);
        match fact.trigger {
            Trigger::Admit | Trigger::Register => self.arrive(event),
            Trigger::ToInpatient | Trigger::ToOutpatient => self.change_class(event),
            Trigger::Transfer | Trigger::Swap => self.move_to(event),
            Trigger::Discharge => self.leave(event),
            Trigger::Preadmit => {
                if self.stay.spans.is_empty() {
                    self.stay.state = StayState::Expected;
                    self.stay.expected_in = fact.expected_in.or(fact.admitted).or(Some(fact.at));
                    self.pend(fact);
                }
            }
            Trigger::PendingAdmit | Trigger::PendingTransfer => {
                if self.stay.state == StayState::Void && self.stay.spans.is_empty() {
                    self.stay.state = StayState::Expected;
                    self.stay.expected_in = fact.expected_in.or(fact.admitted).or(Some(fact.at));
                }
                self.pend(fact);
            }
            Trigger::PendingDischarge => {
                self.stay.expected_out = fact.expected_out.or(fact.discharged).or(fact.expected_in);
            }
            Trigger::LeaveOut => {
                if self.open_span().is_some() && self.stay.leaves.last().is_none_or(|leave| leave.1 != OPEN) {
                    self.stay.leaves.push((fact.at, OPEN));
                }
            }
            Trigger::LeaveBack => {
                if let Some(leave) = self.stay.leaves.last_mut().filter(|leave| leave.1 == OPEN) {
                    leave.1 = fact.at;
                }
            }
            Trigger::Update => {
                self.patch(event);
            }
            Trigger::Departing
            | Trigger::Arriving
            | Trigger::CancelAdmit
            | Trigger::CancelTransfer
            | Trigger::CancelDischarge
            | Trigger::CancelPendingDischarge
            | Trigger::CancelPendingTransfer
            | Trigger::CancelPendingAdmit
            | Trigger::Person
            | Trigger::CancelTracking
            | Trigger::CancelPreadmit
            | Trigger::MergePatient
            | Trigger::MergeAccount
            | Trigger::MergeVisit
            | Trigger::MoveVisit
            | Trigger::CancelLeaveOut
            | Trigger::CancelLeaveBack => {}
        }
    }

    /// What any fact tells about the stay, wherever the patient is.
    fn note(&mut self, fact: &Fact) {
        let patient = self.merges.patient(&fact.patient);
        if !self.moved_from.contains(patient) {
            patient.clone_into(&mut self.stay.patient);
        }
        if !fact.visit.is_empty() {
            self.merges.visit(self.facility, &fact.visit).clone_into(&mut self.stay.visit);
        }
        if !fact.service.is_empty() {
            self.stay.service.clone_from(&fact.service);
        }
        if fact.expected_out.is_some() {
            self.stay.expected_out = fact.expected_out;
        }
    }

    /// The visit is another patient's from now on, and always was.
    fn reparent(&mut self, fact: &Fact) {
        let to = self.merges.patient(&fact.patient).to_owned();
        let from = match fact.retired_patient.as_str() {
            "" => self.stay.patient.clone(),
            retired => self.merges.patient(retired).to_owned(),
        };
        self.moved_from.remove(&to);
        if from != to {
            self.moved_from.insert(from);
        }
        for stay in self.done.iter_mut().chain(std::iter::once(&mut self.stay)) {
            stay.patient.clone_from(&to);
        }
    }

    fn pend(&mut self, fact: &Fact) {
        self.stay.pending = if fact.pending.is_empty() { fact.place.clone() } else { fact.pending.clone() };
        self.stay.pending_since = Some(fact.at);
    }

    fn open_span(&mut self) -> Option<&mut Span> {
        self.stay.spans.last_mut().filter(|span| span.to == OPEN)
    }

    fn open(&mut self, event: &'w Event, class: String, spot: Spot, from: Micros, began: Began) {
        let (facility, place) = spot;
        self.stay.class.clone_from(&class);
        self.stay.state = StayState::Present;
        self.stay.spans.push(Span { facility, place, class, from, to: OPEN, began, ended: Ended::Open });
        self.last_move = Some(event);
    }

    fn close(&mut self, at: Micros, ended: Ended) {
        if let Some(span) = self.open_span() {
            span.to = at.max(span.from);
            span.ended = ended;
        }
    }

    fn arrive(&mut self, event: &'w Event) {
        let fact = &event.fact;
        if self.stay.state == StayState::Left {
            // The patient is inside again, so the census must say so; the missing cancel is a person's to find.
            let fault = fault(event, self.discharge, "returned");
            let mut next = empty_stay(format!("{}#{}", self.key, self.done.len() + 2), event);
            next.patient.clone_from(&self.stay.patient);
            self.done.push(std::mem::replace(&mut self.stay, next));
            self.stay.faults.push(fault);
            self.note(fact);
        }
        let default = if fact.trigger == Trigger::Admit { "I" } else { "O" };
        let Some(span) = self.open_span().map(|span| span.clone()) else {
            self.clear_pending();
            self.open(event, class_or(fact, default), told_spot(event), fact.at, Began::Arrived);
            return;
        };
        let class = class_or(fact, &span.class);
        if class != span.class {
            self.reclass(event, class);
        } else if is_elsewhere(&span, &told_spot(event)) {
            let fault = fault(event, self.last_move, "admitted_twice");
            self.stay.faults.push(fault);
        }
    }

    fn change_class(&mut self, event: &'w Event) {
        let fact = &event.fact;
        let default = if fact.trigger == Trigger::ToInpatient { "I" } else { "O" };
        if self.stay.state == StayState::Left {
            let fault = fault(event, self.discharge, "after_discharge");
            self.stay.faults.push(fault);
        } else if self.open_span().is_some() {
            self.reclass(event, class_or(fact, default));
        } else {
            self.open(event, class_or(fact, default), told_spot(event), fact.at, Began::Arrived);
        }
    }

    /// The same visit goes on under another class, in the place told or where the patient is.
    fn reclass(&mut self, event: &'w Event, class: String) {
        let fact = &event.fact;
        let Some(span) = self.open_span().map(|span| span.clone()) else { return };
        let spot = if fact.place.is_empty() { (span.facility, span.place) } else { told_spot(event) };
        if class == span.class {
            self.go(event, class, spot);
            return;
        }
        self.close(fact.at, Ended::ClassChange);
        self.open(event, class, spot, fact.at, Began::ClassChange);
    }

    fn move_to(&mut self, event: &'w Event) {
        let fact = &event.fact;
        if self.stay.state == StayState::Left {
            let fault = fault(event, self.discharge, "after_discharge");
            self.stay.faults.push(fault);
            return;
        }
        self.clear_pending();
        let Some(span) = self.open_span().map(|span| span.clone()) else {
            self.arrive_unannounced(event);
            return;
        };
        let class = class_or(fact, &span.class);
        if class == span.class {
            self.go(event, class, told_spot(event));
        } else {
            self.reclass(event, class);
        }
    }

    fn go(&mut self, event: &'w Event, class: String, spot: Spot) {
        if self.open_span().is_some_and(|span| is_elsewhere(span, &spot)) {
            self.close(event.fact.at, Ended::Moved);
            self.open(event, class, spot, event.fact.at, Began::Moved);
        }
    }

    /// A feed that starts in the middle of a stay: the first word of a patient is a move.
    fn arrive_unannounced(&mut self, event: &'w Event) {
        let fact = &event.fact;
        let class = class_or(fact, "I");
        let fault = fault(event, None, "arrival_missing");
        self.stay.faults.push(fault);
        match fact.admitted.filter(|admitted| *admitted < fact.at) {
            Some(admitted) => {
                let before = if fact.prior.is_empty() { fact.place.clone() } else { fact.prior.clone() };
                self.open(event, class.clone(), (event.facility, before), admitted, Began::Arrived);
                self.go(event, class, told_spot(event));
            }
            None => self.open(event, class, told_spot(event), fact.at, Began::Arrived),
        }
    }

    fn leave(&mut self, event: &'w Event) {
        let fact = &event.fact;
        if let Some(discharge) = self.discharge.filter(|_| self.stay.state == StayState::Left) {
            if discharge.fact.at != fact.at {
                let fault = fault(event, Some(discharge), "discharged_twice");
                self.stay.faults.push(fault);
            }
            return;
        }
        if self.open_span().is_none() {
            let Some(admitted) =
                fact.admitted.filter(|admitted| *admitted <= fact.at && !fact.place.is_empty())
            else {
                let fault = fault(event, None, "never_arrived");
                self.stay.faults.push(fault);
                return;
            };
            let fault = fault(event, None, "arrival_missing");
            self.stay.faults.push(fault);
            self.open(event, class_or(fact, "I"), told_spot(event), admitted, Began::Arrived);
        }
        self.close(fact.at, Ended::Discharged);
        self.stay.state = StayState::Left;
        self.stay.disposition.clone_from(&fact.disposition);
        self.judge_end(fact.is_dead);
        self.clear_pending();
        if let Some(leave) = self.stay.leaves.last_mut().filter(|leave| leave.1 == OPEN) {
            leave.1 = fact.at;
        }
        self.discharge = Some(event);
    }

    /// An update moves nobody. It may mend the disposition after the end, and say under which outpatient
    /// class a visit goes on; becoming or ceasing to be an inpatient takes an event of its own.
    fn patch(&mut self, event: &'w Event) {
        let fact = &event.fact;
        if self.stay.state == StayState::Left && !fact.disposition.is_empty() {
            self.stay.disposition.clone_from(&fact.disposition);
            self.judge_end(fact.is_dead);
        }
        let is_admitted = |class: &str| matches!(class, "I" | "B");
        let Some(span) = self.open_span().map(|span| span.clone()) else { return };
        if !fact.class.is_empty()
            && fact.class != span.class
            && !is_admitted(&fact.class)
            && !is_admitted(&span.class)
        {
            self.close(fact.at, Ended::ClassChange);
            let spot = (span.facility, span.place);
            self.open(event, fact.class.clone(), spot, fact.at, Began::ClassChange);
        }
    }

    /// Whether the last leg ended alive.
    fn judge_end(&mut self, is_dead: bool) {
        let has_died = is_dead || self.profile.expired.contains(self.stay.disposition.as_str());
        let is_unseen = self.profile.unseen.contains(self.stay.disposition.as_str());
        if let Some(span) = self.stay.spans.last_mut() {
            span.ended = match (has_died, is_unseen) {
                (true, _) => Ended::Died,
                (false, true) => Ended::Unseen,
                (false, false) => Ended::Discharged,
            };
        }
    }

    fn clear_pending(&mut self) {
        self.stay.pending = Place::default();
        self.stay.pending_since = None;
    }

    fn finish(mut self, faults: Vec<Fault>) -> Vec<Stay> {
        self.stay.facility = self.facility;
        self.stay.faults.extend(faults);
        self.done.push(self.stay);
        for stay in &mut self.done {
            drop_instants(&mut stay.spans);
        }
        self.done
    }
}

/// Where a place is told: a facility and its codes.
type Spot = (base::Id<identity::Site>, Place);

fn told_spot(event: &Event) -> Spot {
    (event.facility, event.fact.place.clone())
}

/// Whether a spot is told, and is another than where the patient is.
fn is_elsewhere(span: &Span, (facility, place): &Spot) -> bool {
    !place.is_empty() && (span.facility != *facility || span.place != *place)
}

fn class_or(fact: &Fact, default: &str) -> String {
    if fact.class.is_empty() { default.to_owned() } else { fact.class.clone() }
}

fn empty_stay(key: String, event: &Event) -> Stay {
    Stay {
        key,
        visit: String::new(),
        facility: event.facility,
        patient: String::new(),
        state: StayState::Void,
        spans: Vec::new(),
        class: event.fact.class.clone(),
        service: String::new(),
        disposition: String::new(),
        leaves: Vec::new(),
        expected_in: None,
        expected_out: None,
        pending: Place::default(),
        pending_since: None,
        faults: Vec::new(),
    }
}

/// Places left in the instant they were entered were not places the patient was in. The arrival and the
/// end of the stay are handed to the neighbours; a stay of one instant keeps its only leg.
fn drop_instants(spans: &mut Vec<Span>) {
    let mut idx = 0;
    while spans.len() > 1 && idx < spans.len() {
        let Some(span) = spans.get(idx).filter(|span| span.from == span.to).cloned() else {
            idx += 1;
            continue;
        };
        spans.remove(idx);
        if let Some(next) = spans.get_mut(idx) {
            // What began the dropped leg began the next, unless only the next was told to change class.
            if !(span.began == Began::Moved && next.began == Began::ClassChange) {
                next.began = span.began;
            }
        } else if let Some(last) = spans.last_mut() {
            last.ended = span.ended;
        }
    }
    // Neighbours in one place and class are one leg.
    let mut idx = 1;
    while idx < spans.len() {
        let (Some(before), Some(after)) = (spans.get(idx - 1).cloned(), spans.get(idx).cloned()) else {
            break;
        };
        let is_one_place = before.facility == after.facility && before.place == after.place;
        if is_one_place && before.class == after.class && before.to == after.from {
            if let Some(joined) = spans.get_mut(idx - 1) {
                joined.to = after.to;
                joined.ended = after.ended;
            }
            spans.remove(idx);
        } else {
            idx += 1;
        }
    }
}
