//! Writes the component page and two mock pages as files, to look at them without a server.
//!
//! `cargo run -p web --example gallery -- DIR`

use std::{fs, io, path::Path};

use web::{
    Agenda, AgendaLine, Assurance, BedState, BedTile, Button, Cell, Column, Crumb, Freshness, Icon, Kpi,
    NavGroup, NavItem, Need, NeedList, Page, Panel, Person, Row, ScopeChoice, Shell, SpcPair, Status, Table,
    Theme, Undo, Variation, assets, bed_tiles,
    chart::{Meaning, Spark},
    chip, columns, components_page, error_page, html, kpi_strip, more_page, render, render_bare, render_wall,
    staffing, unit_bar,
};
use web::{Errors, Field, Form, Markup, Render};

fn main() -> io::Result<()> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned());
    let dir = Path::new(&dir);
    fs::create_dir_all(dir)?;
    fs::write(dir.join("app.css"), assets::stylesheet_text())?;
    fs::write(dir.join("app.js"), assets::script_text())?;
    for theme in [Theme::Light, Theme::Dark] {
        let shell = shell(theme);
        let save = |name: &str, document: Markup| {
            let text = document
                .into_string()
                .replace(&assets::stylesheet(), "app.css")
                .replace(&assets::script(), "app.js");
            fs::write(dir.join(format!("{name}-{}.html", theme.name())), text)
        };
        save("brief", render(&shell, &brief()))?;
        save("huddle", render(&shell, &brief().huddle()))?;
        save("components", render(&shell, &components()))?;
        save("flow", render(&shell, &flow()))?;
        save("more", render(&shell, &Page::new("More").body(more_page(&shell))))?;
        save("sign-in", render_bare("Sign in", sign_in()))?;
        let (title, body) = error_page(axum::http::StatusCode::NOT_FOUND, None);
        save("missing", render_bare(title, body))?;
        let fresh = [Freshness::fresh("Bed feed 1 min ago")];
        save(
            "wall",
            render_wall("5 West", "31 of 32 beds in use, 3 free tonight", &fresh, theme, 30, wall()),
        )?;
    }
    Ok(())
}

fn shell(theme: Theme) -> Shell {
    let item = |label: &str, icon, n_waiting| NavItem { n_waiting, ..NavItem::new(label, "#", icon) };
    let today =
        NavItem { is_urgent: true, is_current: true, key: Some('t'), ..item("Today", Icon::Today, 9) };
    let group = |label: &str, items| NavGroup { label: Some(label.to_owned()), items };
    let site = |name: &str, depth, is_current| ScopeChoice {
        name: name.to_owned(),
        href: "#".to_owned(),
        depth,
        is_current,
    };
    Shell {
        product: "Helmward".to_owned(),
        person: Person {
            name: "Priya Raman".to_owned(),
            role: "Facility manager".to_owned(),
            initials: "PR".to_owned(),
        },
        scope: ["Lakeside Health", "Riverside General"]
            .map(|name| Crumb { name: name.to_owned(), href: "#".to_owned() })
            .to_vec(),
        choices: vec![
            site("Lakeside Health", 0, false),
            site("Riverside General", 1, true),
            site("5 West", 2, false),
        ],
        nav: vec![
            NavGroup { label: None, items: vec![today.clone()] },
            group(
                "Run",
                vec![
                    item("Census and flow", Icon::Bed, 0),
                    item("Workforce", Icon::People, 12),
                    item("Patients and access", Icon::Door, 0),
                    item("Emergency", Icon::Warn, 0),
                ],
            ),
            group("Money", vec![item("Finance", Icon::Money, 3), item("Revenue", Icon::Receipt, 41)]),
            group(
                "Assure",
                vec![item("Compliance", Icon::Shield, 6), item("Quality and safety", Icon::Chart, 2)],
            ),
            group(
                "Lead",
                vec![
                    item("Projects and goals", Icon::Flag, 0),
                    item("Communication", Icon::Speech, 4),
                    item("Reports", Icon::Sheet, 0),
                    item("Admin", Icon::Cog, 0),
                ],
            ),
        ],
        tabs: vec![
            today,
            item("Census", Icon::Bed, 0),
            item("Roster", Icon::People, 0),
            item("Budget", Icon::Money, 0),
        ],
        theme,
        csrf: "token".to_owned(),
        single_letter_keys: true,
        session_seconds: Some(1800),
        here: "/at/lakeside.riverside/today".to_owned(),
        as_of: "Nov 12, 2026 at 08:47".to_owned(),
        ..Shell::default()
    }
}

fn components() -> Page {
    Page::new("Components").context("Every component in every state").body(components_page()).undo(Some(
        Undo {
            text: "Changed Dang, Nov 24 to Night.".to_owned(),
            action: "#".to_owned(),
            token: "7".to_owned(),
        },
    ))
}

fn brief() -> Page {
    Page::new("Morning brief")
        .context("Thursday, November 12, 2026 at 08:47")
        .fresh(Freshness::fresh("Bed feed 2 min ago"))
        .fresh(Freshness::old("Ledger closed through October"))
        .actions(html! { (Button::print()) (Button::link("Start huddle", "#")) })
        .body(html! {
            (kpi_strip("Today's measures", &kpis()))
            (columns(
                html! {
                    (Panel::new("Needs you").context("5 of 9, most urgent first").link("All 9", "#").body(NeedList::new(needs())))
                    (Panel::new("Beds and cover by unit").context("254 staffed beds").link("Flow board", "#").body(units()))
                },
                html! {
                    (Panel::new("Your day").body(day()))
                    (Panel::new("October against flexed budget").link("Variance", "#").body(budget()))
                    (Panel::new("Due in 14 days").link("Calendar", "#").body(due()))
                },
            ))
        })
}

fn kpis() -> Vec<Kpi> {
    let kpi = |label: &str, value: &str, variation, assurance, caption: &str, seed| {
        Kpi::new(label, value, "#")
            .pair(SpcPair { variation, assurance: Some(assurance), is_trial: false })
            .spark(spark(seed, variation))
            .caption(caption)
    };
    vec![
        kpi(
            "Staffed beds occupied",
            "90.9",
            Variation::WorseHigh,
            Assurance::Sometimes,
            "231 of 254, target 88%",
            1,
        )
        .unit("%"),
        kpi("Boarding in ED", "7", Variation::WorseHigh, Assurance::Fails, "Longest 6 h 20. Limit 4 h", 2),
        kpi("Out before noon", "24", Variation::BetterHigh, Assurance::Fails, "Target 30% or more", 3)
            .unit("%"),
        kpi(
            "Nursing hours (HPPD)",
            "8.3",
            Variation::Ordinary,
            Assurance::Sometimes,
            "Target 8.2 or more",
            4,
        ),
        kpi(
            "Agency, month to date",
            "$61k",
            Variation::WorseHigh,
            Assurance::Fails,
            "Budget to date $38k",
            5,
        ),
        kpi(
            "Falls per 1,000 bed days",
            "2.4",
            Variation::Ordinary,
            Assurance::Passes,
            "Target 3.5 or less",
            6,
        ),
    ]
}

fn spark(seed: u32, variation: Variation) -> Spark {
    let meaning = match variation.status() {
        Status::Better => Meaning::Better,
        Status::Worse => Meaning::Worse,
        _ => Meaning::Ordinary,
    };
    let mut state = seed;
    let values = (0..24).map(|idx| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        Some(
            f64::from(state >> 16 & 1023) / 170.0
                + if meaning != Meaning::Ordinary && idx > 20 { 5.0 } else { 0.0 },
        )
    });
    Spark {
        values: values.collect(),
        meanings: (0..24).map(|idx| if idx > 20 { meaning } else { Meaning::Ordinary }).collect(),
        limits: Some((-1.0, 8.0)),
        target: (seed % 2 == 1).then_some(6.0),
    }
}

fn needs() -> Vec<Need> {
    let need =
        |due: &str, due_note: &str, title: &str, reason: &str, status, word: &str, action: &str| Need {
            due: due.to_owned(),
            due_note: due_note.to_owned(),
            is_late: due_note == "now",
            title: title.to_owned(),
            reason: reason.to_owned(),
            status: Some((status, word.to_owned())),
            action: (action.to_owned(), "#".to_owned()),
            dismiss_href: None,
        };
    vec![
        need(
            "09:00",
            "now",
            "Night shift on 5 West is two nurses short tonight",
            "19:00 to 07:00. Required 4, rostered 2. Four qualified staff are free and under 40 hours.",
            Status::Breach,
            "Below minimum",
            "Find cover",
        ),
        need(
            "09:30",
            "huddle",
            "Seven patients boarding in ED, six beds blocked by discharges",
            "Four wait for transport, two for pharmacy. Oldest order 07:12.",
            Status::Due,
            "Past 4 h limit",
            "Open flow board",
        ),
        need(
            "Today",
            "",
            "Two nurse licenses expire on Sunday",
            "M. Okafor and J. Lindqvist have 19 shifts rostered after expiry.",
            Status::Breach,
            "Blocks roster",
            "Review",
        ),
        need(
            "Today",
            "",
            "Serious fall on 3 North needs a review lead",
            "Reported 02:40, harm level moderate. Root cause review is due to the state in 5 working days.",
            Status::Due,
            "Due Nov 17",
            "Assign lead",
        ),
        need(
            "Fri",
            "",
            "Explain October overspend on agency nursing",
            "$84,200 over a $210,000 flexed budget. Two of five cost centers have answered.",
            Status::Due,
            "Due Nov 13",
            "Write note",
        ),
    ]
}

fn units() -> Table {
    let rows = [
        ("ICU", 19, 20, 2, 1, "0", (12, 12), (12, 12)),
        ("Step-down 4 East", 28, 28, 3, 4, "+1", (8, 8), (7, 8)),
        ("Medicine 3 North", 34, 36, 2, 6, "+6", (8, 8), (7, 7)),
        ("Medicine 3 South", 35, 36, 4, 5, "+2", (8, 8), (7, 7)),
        ("Surgery 5 West", 31, 32, 5, 7, "+3", (5, 5), (2, 4)),
        ("Orthopedics 5 East", 26, 30, 3, 5, "+6", (6, 6), (5, 5)),
        ("Maternity 2", 18, 24, 2, 4, "+8", (7, 7), (6, 6)),
        ("Pediatrics 2 South", 11, 18, 1, 2, "+8", (5, 5), (5, 5)),
        ("Rehabilitation 6", 29, 30, 0, 2, "+3", (5, 6), (4, 4)),
    ];
    Table::new("units", "Beds and cover by unit")
        .column(Column::text("Unit"))
        .column(Column::text("In use, leaving today"))
        .column(Column::number("Beds"))
        .column(Column::number("Coming").not_on_phones())
        .column(Column::number("Leaving").not_on_phones())
        .column(Column::number("Free tonight"))
        .column(Column::text("RN day, night"))
        .rows(rows.into_iter().map(|(unit, used, beds, coming, leaving, free, day, night)| {
            Row::default()
                .cell(Cell::link(unit, "#"))
                .cell(unit_bar(used, leaving, beds))
                .cell(html! { (used) span.dim { " / " (beds) } })
                .cell(i64::from(coming))
                .cell(i64::from(leaving))
                .cell(free)
                .cell(staffing(&[("Day", day.0, day.1), ("Night", night.0, night.1)]))
        }))
}

fn line(when: &str, title: &str, note: &str, end: Markup) -> AgendaLine {
    AgendaLine { when: when.to_owned(), title: title.to_owned(), note: note.to_owned(), href: None, end }
}

fn day() -> Agenda {
    let button = |words: &str, about: &str| Button::link(words, "#").small().about(about).render();
    Agenda {
        lines: vec![
            line("09:30", "Bed huddle", "9 units, command room", button("Agenda", "Bed huddle")),
            line("11:00", "Department heads", "5 West cover, October variance", html! {}),
            line("13:00", "Compliance review", "6 items open, 1 past due", html! {}),
            line(
                "15:00",
                "Finance: November forecast",
                "Pack ready, 12 pages",
                button("Open", "Finance pack"),
            ),
        ],
    }
}

fn due() -> Agenda {
    Agenda {
        lines: vec![
            line("Sun", "2 RN licenses", "Blocks 19 rostered shifts", chip(Status::Breach, "3 days")),
            line(
                "Mon",
                "Fire drill, quarter 4",
                "Life safety, evidence missing",
                chip(Status::Due, "4 days"),
            ),
            line(
                "Nov 18",
                "Falls prevention policy",
                "Annual review, owner L. Brandt",
                chip(Status::Plain, "6 days"),
            ),
            line(
                "Nov 24",
                "Linen services contract",
                "60-day notice ends, $412k a year",
                chip(Status::Plain, "12 days"),
            ),
        ],
    }
}

fn budget() -> Table {
    let row = |name: &str, amount: &str, gap: &str, is_better| {
        Row::default().cell(name).cell(amount).cell(Cell::judged(gap, Some(is_better)))
    };
    Table::new("budget", "October against flexed budget")
        .plain()
        .column(Column::text("Line"))
        .column(Column::number("Actual"))
        .column(Column::number("Gap"))
        .row(row("Net patient revenue", "$13.35m", "+$0.21m", true))
        .row(row("Salaries and wages", "$8.41m", "+$0.17m", false))
        .row(row("Agency labor", "$0.29m", "+$0.08m", false))
        .row(row("Supplies and drugs", "$3.02m", "−$0.04m", true))
        .total(row("Operating margin", "$0.52m", "−$0.02m", false))
}

fn tiles() -> Vec<BedTile> {
    let states = [
        BedState::InUse,
        BedState::InUse,
        BedState::Leaving,
        BedState::InUse,
        BedState::Free,
        BedState::Dirty,
        BedState::InUse,
        BedState::Blocked,
        BedState::Reserved,
        BedState::InUse,
        BedState::Closed,
    ];
    (501..533)
        .zip(states.into_iter().cycle())
        .map(|(number, state)| BedTile {
            bed: number.to_string(),
            state,
            note: if state == BedState::Blocked { "Oxygen outlet".to_owned() } else { String::new() },
            href: Some("#".to_owned()),
        })
        .collect()
}

fn flow() -> Page {
    Page::new("Flow board")
        .context("32 staffed beds on 5 West")
        .full_width()
        .body(html! { (Panel::new("5 West").context("31 in use").prose(bed_tiles("Beds", &tiles()))) })
}

fn wall() -> Markup {
    html! { (Panel::new("").prose(bed_tiles("Beds", &tiles()))) }
}

fn sign_in() -> Markup {
    let errors = Errors::of(
        "password",
        "This name and password do not fit together. Try again, or ask your administrator.",
    );
    Form::post("/sign-in", "token")
        .errors(&errors)
        .field(Field::email("email", "E-mail").autocomplete("username").value("priya@example.org"))
        .field(Field::password("password", "Password"))
        .submit("Sign in")
        .render()
}
