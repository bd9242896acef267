//! Every component in every state, on one page; the accessibility and picture tests run on it.

mod charts;
mod forms;

use maud::{Markup, Render, html};

use crate::{
    Agenda, AgendaLine, Banner, BannerKind, BedState, BedTile, Bulk, Button, Cell, Column, Dialog, Empty,
    FilterBar, Freshness, Icon, Kpi, Need, NeedList, Paging, Panel, Row, RowKind, Status, Table,
    banner_strip, bed_tiles, breadcrumbs,
    chart::Meaning,
    chart::Spark,
    chip, columns, description_list, key_list, kpi_strip, notice, segments, staffing, tabs,
    ui::{Assurance, SpcPair, Variation},
    unit_bar,
};

/// Content of `/dev/components`.
pub fn components_page() -> Markup {
    html! {
        (banner_strip(&banners()))
        (breadcrumbs(&[("Admin", "#"), ("Components", "#")]))
        (tabs("Parts of the record", &[("Overview", "#", true), ("History", "#", false), ("Access log", "#", false)]))
        // First, because the summary of errors takes the focus and would scroll the page away.
        (forms::all())
        (figures())
        (columns(left(), right()))
        (tables())
        (charts::all())
    }
}

fn banners() -> Vec<Banner> {
    let banner = |kind, text: &str, words: &str| Banner {
        kind,
        text: text.to_owned(),
        link: Some((words.to_owned(), "#".to_owned())),
    };
    vec![
        banner(BannerKind::Emergency, "Severe weather plan, level 2, since 06:10", "Open the board"),
        banner(BannerKind::Breach, "Patient names are open for you until 10:15", "Close now"),
        banner(BannerKind::Due, "Bed feed: last message 42 min ago", "See the feed"),
        banner(BannerKind::Info, "This is the sample hospital", "Start your own"),
    ]
}

pub(crate) fn spark(seed: u32, meaning: Meaning) -> Spark {
    let mut state = seed;
    let values: Vec<Option<f64>> = (0..24)
        .map(|idx| {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let drift = if meaning != Meaning::Ordinary && idx > 20 { 5.0 } else { 0.0 };
            Some(f64::from(state >> 16 & 1023) / 170.0 + drift)
        })
        .collect();
    let meanings = (0..24).map(|idx| if idx > 20 { meaning } else { Meaning::Ordinary }).collect();
    Spark { values, meanings, limits: Some((-1.0, 8.0)), target: Some(6.0) }
}

fn figures() -> Markup {
    let pair = |variation, assurance, is_trial| SpcPair { variation, assurance, is_trial };
    let strip = [
        Kpi::new("Staffed beds occupied", "90.9", "#")
            .unit("%")
            .pair(pair(Variation::WorseHigh, Some(Assurance::Sometimes), false))
            .spark(spark(1, Meaning::Worse))
            .caption("231 of 254, target 88%"),
        Kpi::new("Boarding in ED", "7", "#")
            .pair(pair(Variation::WorseLow, Some(Assurance::Fails), false))
            .spark(spark(2, Meaning::Worse))
            .caption("Longest 6 h 20. Limit 4 h"),
        Kpi::new("Out before noon", "24", "#")
            .unit("%")
            .pair(pair(Variation::BetterHigh, Some(Assurance::Fails), false))
            .spark(spark(3, Meaning::Better))
            .caption("Target 30% or more"),
        Kpi::new("Average stay", "4.6", "#")
            .unit("days")
            .pair(pair(Variation::BetterLow, Some(Assurance::Passes), false))
            .spark(spark(4, Meaning::Better))
            .caption("Target 5.0 or less"),
        Kpi::new("Admissions", "41", "#")
            .pair(pair(Variation::MovedHigh, None, false))
            .spark(spark(5, Meaning::Moved))
            .caption("Yesterday, midnight to midnight"),
        Kpi::new("Left without being seen", "2.4", "#")
            .unit("%")
            .pair(pair(Variation::Ordinary, Some(Assurance::Passes), true))
            .spark(spark(6, Meaning::Ordinary))
            .caption("9 points so far"),
    ];
    kpi_strip("Figures", &strip)
}

fn left() -> Markup {
    html! {
        (Panel::new("Needs you").context("2 of 9, most urgent first").link("All 9", "#").body(NeedList::new(needs())))
        (Panel::new("Buttons and links").prose(buttons()))
        (Panel::new("Beds").context("Free to closed").prose(beds()))
        (Panel::new("Nothing here yet").body(
            Empty::new("No stays yet", "Stays appear here when the bed feed sends them or a file is imported.")
                .action("Load the sample hospital", "#").quiet("Import a file", "#")
                .file_columns(&["patient", "stay", "class", "unit", "in", "out", "disposition"])))
        (Panel::new("Nothing after filtering").body(Empty::filtered("#")))
        (Panel::new("Loading").prose(html! { div aria-busy="true" { span.vh { "Loading" } span.skel {} span.skel {} span.skel.s {} } }))
        (Panel::new("Could not be read").prose(notice(Status::Breach, "The forecast could not be computed: fewer than 28 days of census are known. Import more history."))
        )
    }
}

fn needs() -> Vec<Need> {
    vec![
        Need {
            due: "09:00".to_owned(),
            due_note: "now".to_owned(),
            is_late: true,
            title: "Night shift on 5 West is two nurses short tonight".to_owned(),
            reason:
                "19:00 to 07:00. Required 4, rostered 2. Four qualified staff are free and under 40 hours."
                    .to_owned(),
            status: Some((Status::Breach, "Below minimum".to_owned())),
            action: ("Find cover".to_owned(), "#".to_owned()),
            dismiss_href: None,
        },
        Need {
            due: "09:30".to_owned(),
            due_note: "huddle".to_owned(),
            title: "Seven patients boarding in ED, six beds blocked by discharges".to_owned(),
            reason: "Four wait for transport, two for pharmacy. Oldest order 07:12.".to_owned(),
            status: Some((Status::Due, "Past 4 h limit".to_owned())),
            action: ("Open flow board".to_owned(), "#".to_owned()),
            dismiss_href: Some("#".to_owned()),
            ..Need::default()
        },
    ]
}

fn buttons() -> Markup {
    html! {
        div.go {
            (Button::link("Find cover", "#").primary()) (Button::link("Agenda", "#")) (Button::print())
            (Button::link("Export", "#").icon(Icon::Download)) (Button::link("Small", "#").small())
            (Button::link("Quiet", "#").quiet()) (Button::link("Close period", "#confirm").danger().opens("confirm"))
        }
        div.go { (Button::submit("Publish").disabled("4 rules are broken. Fix or waive them first.")) }
        div.go { (segments("View", &[("By person", "#", true), ("By shift", "#", false), ("By day", "#", false)])) }
        (Dialog::new("confirm", "Close October?", html! { p { "After closing, entries need a restatement." } },
            html! { form method="post" action="#" { (Button::submit("Close October").danger()) } }))
    }
}

fn beds() -> Markup {
    let states = [
        (BedState::Free, ""),
        (BedState::InUse, "since Nov 10"),
        (BedState::Leaving, "waits for transport"),
        (BedState::Reserved, "from ED 14:10"),
        (BedState::Dirty, "42 min"),
        (BedState::Blocked, "oxygen outlet"),
        (BedState::Closed, "not staffed"),
    ];
    let tiles: Vec<BedTile> = states
        .into_iter()
        .zip(501..)
        .map(|((state, note), number)| BedTile {
            bed: format!("{number}-A"),
            state,
            note: note.to_owned(),
            href: (number % 2 == 0).then(|| "#".to_owned()),
        })
        .collect();
    html! {
        (bed_tiles("Beds of 5 West", &tiles))
        p { (unit_bar(31, 7, 32)) " " (unit_bar(34, 2, 30)) " " (unit_bar(0, 0, 18)) }
        p { (staffing(&[("Day", 8, 8), ("Evening", 7, 8), ("Night", 2, 4)])) }
    }
}

fn right() -> Markup {
    let line = |when: &str, title: &str, note: &str, end: Markup| AgendaLine {
        when: when.to_owned(),
        title: title.to_owned(),
        note: note.to_owned(),
        href: Some("#".to_owned()),
        end,
    };
    let agenda = Agenda {
        lines: vec![
            line(
                "09:30",
                "Bed huddle",
                "9 units, command room",
                Button::link("Agenda", "#").small().about("Bed huddle").render(),
            ),
            line("Sun", "2 RN licenses", "Blocks 19 rostered shifts", chip(Status::Breach, "3 days")),
            line(
                "Mon",
                "Fire drill, quarter 4",
                "Life safety, evidence missing",
                chip(Status::Due, "4 days"),
            ),
            line("Nov 18", "Falls prevention policy", "Annual review", chip(Status::Plain, "6 days")),
        ],
    };
    html! {
        (Panel::new("Dates").link("Calendar", "#").body(agenda))
        (Panel::new("Status words").prose(html! {
            div.go {
                @for (status, word) in [(Status::Breach, "Rule broken"), (Status::Due, "Due Nov 17"), (Status::Done, "Accepted"), (Status::Better, "Better"), (Status::Worse, "Worse"), (Status::Moved, "Moved"), (Status::Plain, "6 days")] {
                    (chip(status, word))
                }
            }
            div.go { (Freshness::fresh("Bed feed 2 min ago")) (Freshness::old("Ledger closed through October")) }
            (notice(Status::Due, "Two feeds are late. The census below is from 08:05."))
            (notice(Status::Done, "Imported 1,204 rows. You can undo this until Nov 19."))
        }))
        (Panel::new("SPC pairs").prose(html! {
            (description_list([Variation::Ordinary, Variation::BetterHigh, Variation::BetterLow, Variation::WorseHigh, Variation::WorseLow, Variation::MovedHigh, Variation::MovedLow].into_iter()
                .map(|variation| (html! { (SpcPair { variation, assurance: None, is_trial: false }) }, variation.words()))))
            (description_list([Assurance::Passes, Assurance::Fails, Assurance::Sometimes].into_iter()
                .map(|assurance| (html! { (SpcPair { variation: Variation::Ordinary, assurance: Some(assurance), is_trial: false }) }, assurance.words()))))
        }))
        (Panel::new("Keys").prose(key_list(&[("Ctrl K", "Search and commands"), ("/", "Filter box"), ("g t", "Today"), ("j k", "Next, previous row")])))
    }
}

fn tables() -> Markup {
    html! {
        (FilterBar::new("#").search("q", "Find", "").select("unit", "Unit", &[("", "All"), ("5w", "5 West")], "5w").date("from", "From", "2026-11-09")
            .part(segments("Show", &[("Open", "#", true), ("All", "#", false)])).keep("sort", "unit").chip("Unit: 5 West", "#").chip("Since Nov 9", "#").clear("#").save_view("#"))
        (Panel::new("Table with everything").context("Rows can be checked").body(big_table()))
    }
}

fn big_table() -> Table {
    let row = |name: &str, beds: i64, gap: &str, is_better: Option<bool>| {
        Row::default()
            .cell(Cell::link(name, "#"))
            .cell(beds)
            .cell(Cell::judged(gap, is_better))
            .cell(Cell::dim("5 West, ICU"))
            .cell(chip(Status::Done, "Complete"))
            .selectable(name, name)
    };
    Table::new("all", "Units")
        .column(Column::text("Unit").sort("#", Some(true)))
        .column(Column::number("Beds").sort("#", None))
        .column(Column::number("Gap, days"))
        .column(Column::text("Main drivers").wide().not_on_phones())
        .column(Column::text("Note").only_wide_screens())
        .row(row("Surgery", 62, "+1.2", Some(false)).kind(RowKind::Sub))
        .row(row("Surgery 5 West", 32, "+1.4", Some(false)).kind(RowKind::Child))
        .row(row("Orthopedics 5 East", 30, "−0.2", Some(true)).kind(RowKind::Child))
        .row(row("Medicine 3 North", 1036, "0.0", None))
        .total(Row::default().cell("All units").cell(1098).cell("+1.2").cell("").cell(""))
        .paging(Paging {
            first: 1,
            last: 50,
            total: 1284,
            previous_href: None,
            next_href: Some("#".to_owned()),
        })
        .downloads("#", "#")
        .bulk(Bulk {
            action: "#".to_owned(),
            csrf: "t".to_owned(),
            buttons: vec![
                ("approve".to_owned(), "Approve".to_owned()),
                ("assign".to_owned(), "Assign".to_owned()),
            ],
            n_matching: Some(318),
            filter: vec![("unit".to_owned(), "5w".to_owned())],
        })
}

#[cfg(test)]
mod tests;
