//! The first days of an installation: what is still to do until Today has something to say.
//!
//! A short list on top of the brief, for whoever administers the site. Each line ticks itself by looking at
//! what is there; nothing is stored, and the list is gone when every line is ticked.

use super::store::{Begun, find_begun};
use area::{Fault, Visit};
use identity::{Care, Permission, SiteKind};
use store::Tx;
use web::{Agenda, AgendaLine, Button, Panel, Status, chip, format, html};

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    title: &'static str,
    note: &'static str,
    href: &'static str,
    /// The button of the step that comes next.
    button: &'static str,
    is_done: bool,
}

/// What is done and what is not. Pure.
pub(super) fn steps(n_units: usize, begun: Begun) -> [Step; 4] {
    [
        Step {
            title: "Say what you have",
            note: "Facilities, units and their beds: a file of one line a unit, or one by one",
            href: "/admin/sites",
            button: "Add sites",
            is_done: n_units > 0,
        },
        Step {
            title: "Let people in",
            note: "Each with a role at a site; a role reaches everything below it",
            href: "/admin/people",
            button: "Add people",
            is_done: begun.n_people > 1,
        },
        Step {
            title: "Connect the bed feed, or take in a file",
            note: "HL7 messages from the interface engine, or an export of stays",
            href: "/admin/feeds",
            button: "Connect the feed",
            is_done: begun.has_arrived,
        },
        Step {
            title: "See the first census",
            note: "It comes by itself once patients lie in known units; until then see what the feed could not place",
            href: "/admin/feeds",
            button: "Open feeds",
            is_done: begun.has_census,
        },
    ]
}

/// What is still to do, for those who may do it; nothing once all is done.
pub(super) async fn load(visit: &Visit, tx: &mut Tx) -> Result<Option<[Step; 4]>, Fault> {
    if !visit.may(Permission::ADMIN_EDIT) {
        return Ok(None);
    }
    let units = visit.tree.units_below(&visit.site()?.id);
    let is_known = |unit: &&&identity::SiteInfo| {
        unit.kind == SiteKind::Unit && unit.care != Care::Unmapped && unit.is_open(visit.today())
    };
    let n_units = units.iter().filter(is_known).count();
    let steps = steps(n_units, find_begun(tx, visit.site()?.id).await?);
    Ok(steps.iter().any(|step| !step.is_done).then_some(steps))
}

/// The list; the first open line is the one to go on with.
pub(super) fn panel(steps: &[Step]) -> Panel {
    let n_done = steps.iter().filter(|step| step.is_done).count();
    let next = steps.iter().position(|step| !step.is_done);
    let line = |(idx, step): (usize, &Step)| AgendaLine {
        when: (idx + 1).to_string(),
        title: step.title.to_owned(),
        note: step.note.to_owned(),
        href: Some(step.href.to_owned()),
        end: match (step.is_done, next == Some(idx)) {
            (true, _) => chip(Status::Done, "Done"),
            (false, true) => html! { (Button::link(step.button, step.href).primary()) },
            (false, false) => chip(Status::Plain, "To do"),
        },
    };
    let count = |n: usize| format::count(i64::try_from(n).unwrap_or(i64::MAX));
    Panel::new("Getting started")
        .id("start")
        .context(format!("{} of {} done; the list goes away when all are", count(n_done), count(steps.len())))
        .link("Help", "/help")
        .body(Agenda { lines: steps.iter().enumerate().map(line).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n_units: usize, begun: Begun) -> Vec<bool> {
        steps(n_units, begun).iter().map(|step| step.is_done).collect()
    }

    #[test]
    fn a_step_is_done_by_what_is_there() {
        let none = Begun { n_people: 1, has_arrived: false, has_census: false };
        assert_eq!(check(0, none), [false; 4]);
        assert_eq!(check(1, Begun { n_people: 2, ..none }), [true, true, false, false]);
        assert_eq!(check(1, Begun { n_people: 2, has_arrived: true, has_census: true }), [true; 4]);
    }
}
