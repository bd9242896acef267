use axum::http::StatusCode;

use super::*;
use crate::{
    Crumb, Density, Errors, Field, Form, NavGroup, NavItem, Page, Person, Shell, Theme, Undo, error_page,
    render, render_bare, render_wall, unprocessable,
};

/// Text that would break out of any place where it is not escaped.
const NASTY: &str = "\"><script>alert('x')</script>&amp;";

fn shell() -> Shell {
    Shell {
        product: "Helmward".to_owned(),
        person: Person { name: NASTY.to_owned(), role: "Manager".to_owned(), initials: "PR".to_owned() },
        scope: vec![Crumb { name: "Lakeside Health".to_owned(), href: "#".to_owned() }],
        nav: vec![NavGroup {
            label: None,
            items: vec![NavItem { n_waiting: 9, ..NavItem::new("Today", "/t", Icon::Today) }],
        }],
        theme: Theme::Dark,
        density: Density::Compact,
        csrf: "token".to_owned(),
        banners: banners(),
        single_letter_keys: true,
        session_seconds: Some(1800),
        ..Shell::default()
    }
}

fn documents() -> Vec<String> {
    let undo = Undo { text: NASTY.to_owned(), action: "/undo".to_owned(), token: "7".to_owned() };
    let page = Page::new("Components").body(components_page()).undo(Some(undo)).refresh(5);
    let wall = render_wall("5 West", "", &[], Theme::System, 30, beds());
    let (title, body) = error_page(StatusCode::INTERNAL_SERVER_ERROR, Some("a1b2"));
    vec![
        render(&shell(), &page).into_string(),
        render(&shell(), &Page::new("More").body(crate::more_page(&shell())).full_width()).into_string(),
        render_bare(title, body).into_string(),
        wall.into_string(),
    ]
}

#[test]
fn nothing_needs_inline_style_or_script() {
    for text in documents() {
        for forbidden in [" style=", "<style", " onclick=", " onload=", "javascript:", "http://", "https://"]
        {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        let scripts = text.matches("<script").count();
        assert_eq!(scripts, text.matches("<script type=\"module\" src=\"/assets/app-").count());
    }
}

#[test]
fn what_people_typed_is_escaped_everywhere() {
    for text in documents() {
        assert!(!text.contains("<script>alert"));
    }
    let form = Form::post(NASTY, NASTY)
        .errors(&Errors::of("name", NASTY))
        .field(Field::text("name", NASTY).value(NASTY).hint(NASTY))
        .field(Field::textarea("note", NASTY, 2).value(NASTY));
    let table = Table::new("t", NASTY)
        .column(Column::text(NASTY))
        .row(Row::default().cell(NASTY).selectable(NASTY, NASTY));
    let filter = FilterBar::new(NASTY).search("q", NASTY, NASTY).chip(NASTY, NASTY);
    for markup in [form.render(), table.render(), filter.render(), Kpi::new(NASTY, NASTY, NASTY).render()] {
        assert!(!markup.into_string().contains("<script"));
    }
}

#[test]
fn ids_are_unique_and_labels_lead_to_fields() {
    let text = documents().remove(0);
    let ids: Vec<&str> = values_of(&text, " id=\"");
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), ids.len(), "an id stands twice");
    let targets = values_of(&text, " for=\"")
        .into_iter()
        .chain(values_of(&text, "href=\"#f-").into_iter().map(|_| "main"));
    for target in
        targets.chain(values_of(&text, "aria-describedby=\"").into_iter().flat_map(|list| list.split(' ')))
    {
        assert!(ids.contains(&target), "{target} is named but missing");
    }
}

#[test]
fn svg_elements_are_closed_so_that_parsers_do_not_nest_them() {
    for text in documents() {
        for element in ["path", "circle", "rect", "line", "pattern", "svg", "text"] {
            let opened =
                text.matches(&format!("<{element} ")).count() + text.matches(&format!("<{element}>")).count();
            assert_eq!(opened, text.matches(&format!("</{element}>")).count(), "{element}");
        }
    }
}

#[test]
fn the_document_has_its_landmarks_title_and_skip_link() {
    let text = documents().remove(0);
    assert!(text.contains("<title>Components - Lakeside Health - Helmward</title>"));
    assert!(text.contains("<a class=\"skip\" href=\"#main\">Skip to content</a>"));
    assert!(text.contains("data-theme=\"dark\"") && text.contains("data-density=\"compact\""));
    assert!(text.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"));
    assert_eq!(text.matches("<main").count(), 1);
    assert_eq!(text.matches("<h1").count(), 1);
    assert!(text.contains("<span class=\"vh\">, </span>9<span class=\"vh\"> waiting</span>"));
}

#[test]
fn a_refused_form_says_so_in_title_summary_and_field() {
    let errors = Errors::of("ends", "Night shift needs an end time after 19:00");
    let form = Form::post("/shifts", "t")
        .errors(&errors)
        .field(Field::time("ends", "End time").value("18:00").hint("24 hours"))
        .submit("Save");
    let page = Page::new("Shift").errors(&errors).body(form.render());
    let document = render(&shell(), &page);
    let text = document.clone().into_string();
    assert!(text.contains("<title>Error: Shift - "));
    assert!(text.contains("There is a problem"));
    assert!(text.contains("<a href=\"#f-ends\">Night shift needs an end time after 19:00</a>"));
    assert!(text.contains("aria-invalid=\"true\" aria-describedby=\"h-ends e-ends\""));
    assert!(text.contains("value=\"18:00\""), "what was typed is kept");
    assert!(text.contains("novalidate"));
    assert_eq!(unprocessable(document).status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn a_password_is_never_sent_back() {
    let text = Field::password("password", "Password").value("secret").render().into_string();
    assert!(!text.contains("secret"));
    assert!(text.contains("autocomplete=\"current-password\""));
}

#[test]
fn paging_is_told_in_words() {
    let text = |first, last, total| Paging { first, last, total, ..Paging::default() }.text();
    assert_eq!(text(1, 50, 1284), "Rows 1-50 of 1,284");
    assert_eq!(text(1251, 1284, 1284), "Rows 1,251-1,284 of 1,284");
    assert_eq!(text(1, 1, 1), "1 row");
    assert_eq!(text(0, 0, 0), "No rows");
}

#[test]
fn an_empty_table_says_what_will_be_here() {
    let table = Table::new("t", "Stays").column(Column::text("Stay"));
    assert!(table.clone().render().into_string().contains("There is nothing to list here yet."));
    let filtered = table.empty(Empty::filtered("/all")).render().into_string();
    assert!(filtered.contains("Clear filters") && !filtered.contains("<table"));
}

#[test]
fn the_current_order_is_told_by_the_header() {
    let text = big_table().render().into_string();
    assert!(text.contains("aria-sort=\"ascending\"><a href=\"#\">Unit</a>"));
    assert_eq!(text.matches("aria-sort").count(), 1);
    assert!(text.contains("<a href=\"#\" download>CSV</a>"));
}

#[test]
fn only_faults_of_ours_show_a_reference() {
    let text = |status| error_page(status, Some("a1b2")).1.into_string();
    assert!(text(StatusCode::INTERNAL_SERVER_ERROR).contains("a1b2"));
    assert!(!text(StatusCode::NOT_FOUND).contains("a1b2"));
    assert_eq!(error_page(StatusCode::FORBIDDEN, None).0, "This request could not be read");
}

#[test]
fn icons_speak_in_words() {
    let pair = SpcPair { variation: Variation::WorseHigh, assurance: Some(Assurance::Fails), is_trial: true };
    assert_eq!(
        pair.words(),
        "Worse: special cause, higher than usual. Target: consistently missed. Trial limits"
    );
    let bar = unit_bar(31, 7, 32).into_string();
    assert!(bar.contains("aria-label=\"31 of 32 beds in use, 7 leaving\""));
    assert!(
        staffing(&[("Night", 2, 4)]).into_string().contains("Night </span>2/4<span class=\"vh\">, 2 short")
    );
}

#[test]
fn the_list_of_keys_names_the_areas_of_this_person() {
    let mut shell = shell();
    shell.nav[0].items[0].key = Some('t');
    let text = crate::keys_page(&shell).into_string();
    assert!(text.contains("<dt><kbd>g</kbd><kbd>t</kbd></dt><dd>Today</dd>"));
    assert!(render(&shell, &Page::new("Keys")).into_string().contains("data-go=\"t\""));
}

#[test]
fn no_page_shouts() {
    let text = documents().concat();
    let words = text.replace("<!DOCTYPE html>", "");
    assert!(!words.contains('!'), "no exclamation marks");
}

fn values_of<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
