//! How a person likes their pages.

use super::{local, person, sign_in::set_theme};
use crate::admin::kit::{Refusal as _, done_notice};
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use identity::people::{Density, PersonRefused, Preferences, Theme, find_person, set_preferences};
use web::{Choice, Errors, Field, Form, Page, Panel, html};

/// Figures in the strip of the brief.
const FIGURES_MAX: usize = 6;

pub(super) async fn moved(visit: Visit) -> Answer {
    Ok(visit.go("/me/preferences"))
}

pub(super) async fn page(visit: Visit) -> Answer {
    let preferences = person(&visit)?.access.person.preferences.clone();
    show(&visit, &preferences, &Errors::new()).await
}

pub(super) async fn send(visit: Visit) -> Answer {
    let who = person(&visit)?;
    let preferences = Preferences {
        theme: match visit.form.text("theme") {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        },
        density: match visit.form.text("density") {
            "compact" => Density::Compact,
            _ => Density::Comfortable,
        },
        letter_keys: visit.form.is_set("letter_keys"),
        figures: visit.form.all("figures").map(str::to_owned).collect(),
    };
    let is_known = |key: &String| visit.ctx.catalogue.get(key).is_some();
    if preferences.figures.len() > FIGURES_MAX || !preferences.figures.iter().all(is_known) {
        let n = preferences.figures.len();
        let words = format!("You chose {n} figures; the strip has room for {FIGURES_MAX}. Take some away");
        return show(&visit, &preferences, &Errors::of("figures", words)).await;
    }
    let (id, actor, theme) = (who.access.person_id(), visit.actor(), preferences.theme);
    let (seen, wanted) = (visit.version(), preferences.clone());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<PersonRefused>, _>(move |tx| {
            Box::pin(async move {
                let stored = find_person(tx, id).await?.ok_or(Unsaved::Stale)?.preferences;
                if version(&stored) != seen {
                    return Err(Unsaved::Stale);
                }
                set_preferences(tx, &actor, id, &wanted).await.map_err(Unsaved::Refused)
            })
        })
        .await;
    match saved {
        Ok(()) => {}
        Err(Unsaved::Refused(refused)) => return Err(refused.fault()),
        Err(Unsaved::Stale) => return conflict(&visit, &preferences).await,
    }
    let mut response = visit.go("/me/preferences?done=preferences");
    let theme = match theme {
        Theme::Light => web::Theme::Light,
        Theme::Dark => web::Theme::Dark,
        Theme::System => web::Theme::System,
    };
    set_theme(&visit, &mut response, theme)?;
    Ok(response)
}

/// The small buttons of the shell: this browser only, back to where they were pressed.
pub(super) async fn theme(visit: Visit) -> Answer {
    let back = local(visit.form.text("back")).unwrap_or("/me/preferences");
    let mut response = visit.go(back);
    set_theme(&visit, &mut response, web::Theme::from_name(visit.form.text("theme")))?;
    Ok(response)
}

/// What the form was filled from.
fn version(preferences: &Preferences) -> String {
    // A few words and flags always become JSON.
    serde_json::to_string(preferences).unwrap_or_default()
}

/// The same person saved in another window.
async fn conflict(visit: &Visit, wanted: &Preferences) -> Answer {
    let id = person(visit)?.access.person_id();
    let stored = find_person(&mut visit.read().await?, id).await?.ok_or(Fault::NotFound)?.preferences;
    let on = |is: bool| if is { "On" } else { "Off" };
    let colors = |preferences: &Preferences| match preferences.theme {
        Theme::System => "As this device says",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    };
    let rows = |preferences: &Preferences| match preferences.density {
        Density::Comfortable => "With room",
        Density::Compact => "Close",
    };
    let titles = |preferences: &Preferences| {
        let figures = preferences.figures.iter().filter_map(|key| visit.ctx.catalogue.get(key));
        figures.map(|figure| figure.title).collect::<Vec<_>>().join(", ")
    };
    let values = [
        Differing::new("Colors", colors(&stored), colors(wanted)),
        Differing::new("Rows of tables", rows(&stored), rows(wanted)),
        Differing::new("Single letters work as keys", on(stored.letter_keys), on(wanted.letter_keys)),
        Differing::new("Figures on the brief", titles(&stored), titles(wanted)),
    ];
    visit.conflict("Preferences", "/me/preferences", &version(&stored), &values).await
}

async fn show(visit: &Visit, preferences: &Preferences, errors: &Errors) -> Answer {
    let who = person(visit)?;
    let theme = |value, words, theme| Choice::new(value, words, preferences.theme == theme);
    let density = |value, words, density| Choice::new(value, words, preferences.density == density);
    let today = visit.today();
    let may = |permission| !who.access.sites_for(&visit.tree, permission, today).is_empty();
    let figures: Vec<Choice> = visit
        .ctx
        .catalogue
        .all()
        .filter(|figure| may(figure.permission))
        .map(|figure| {
            let is_on = preferences.figures.iter().any(|key| key == figure.key);
            Choice { hint: figure.definition.to_owned(), ..Choice::new(figure.key, figure.title, is_on) }
        })
        .collect();
    let kept = &who.access.person.preferences;
    let mut form = Form::post("/me/preferences", &who.csrf)
        .hidden(VERSION_FIELD, if errors.is_empty() { version(kept) } else { visit.version() })
        .errors(errors)
        .field(Field::radios(
            "theme",
            "Colors",
            vec![
                theme("system", "As this device says", Theme::System),
                theme("light", "Light", Theme::Light),
                theme("dark", "Dark", Theme::Dark),
            ],
        ))
        .field(Field::radios(
            "density",
            "Rows of tables",
            vec![
                density("comfortable", "With room", Density::Comfortable),
                density("compact", "Close", Density::Compact),
            ],
        ))
        .field(Field::checks(
            "letter_keys",
            "Keys",
            vec![Choice {
                hint: "Such as j, k and x in lists. Ctrl K always works".to_owned(),
                ..Choice::new("on", "Single letters work as keys", preferences.letter_keys)
            }],
        ));
    if !figures.is_empty() {
        form = form.field(
            Field::checks("figures", "Figures on the brief", figures)
                .hint(format!("Up to {FIGURES_MAX}; none for the usual ones")),
        );
    }
    let form = form.submit("Save preferences").cancel("/me");
    let body = html! { (done_notice(visit)) (Panel::default().prose(form)) };
    visit.show(&Page::new("Preferences").context("Your page").errors(errors).body(body)).await
}
