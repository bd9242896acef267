//! Forms, imports, jobs and conflicts of the component page.

use maud::{Markup, html};

use crate::{
    Choice, Conflict, Errors, Field, Form, ImportCounts, JobPanel, JobState, MapColumn, Panel, columns,
    import_counts, map_columns, steps,
};

pub(super) fn all() -> Markup {
    html! {
        (columns(
            html! { (Panel::new("Form with errors").prose(refused())) (Panel::new("Import").prose(import())) },
            html! {
                (job("job-run", JobState::Running, (640, Some(1000)))) (job("job-wait", JobState::Waiting, (0, None)))
                (job("job-bad", JobState::Failed, (12, Some(1000))))
                (Panel::new("Two people saved").prose(conflict()))
                (Panel::new("Read-only and disabled").prose(closed()))
            },
        ))
    }
}

fn refused() -> Form {
    let mut errors = Errors::new();
    errors.add("ends", "Night shift needs an end time after 19:00");
    errors.add("harm", "Choose how much harm there was");
    let harm = ["None", "Mild", "Moderate", "Severe", "Death"];
    let harm = harm.into_iter().map(|word| Choice::new(word.to_lowercase(), word, false)).collect();
    let mut float = Choice::new("float", "May float", true);
    float.hint = "Can be sent to other units".to_owned();
    Form::post("#", "t")
        .errors(&errors)
        .field(
            Field::text("what", "What happened").value("Slipped at the door").hint("One sentence. No names."),
        )
        .field(Field::date("on", "Day").value("2026-11-12"))
        .field(Field::time("ends", "End time").value("18:00"))
        .field(Field::number("hours", "Hours").unit("h a week").value("36"))
        .field(Field::email("mail", "E-mail").optional())
        .field(Field::password("secret", "Password"))
        .field(Field::select(
            "unit",
            "Unit",
            vec![Choice::new("5w", "5 West", true), Choice::new("icu", "ICU", false)],
        ))
        .field(Field::radios("harm", "Harm", harm))
        .field(Field::checks(
            "may",
            "Permissions",
            vec![float, Choice::new("charge", "May be in charge", false)],
        ))
        .field(Field::textarea("note", "Note", 3).optional())
        .field(Field::file("file", "File", ".csv,.xlsx").hint("CSV or XLSX, up to 20 MB"))
        .submit("Save")
        .cancel("#")
        .draft("gallery")
}

fn closed() -> Form {
    Form::post("#", "t")
        .field(Field::text("code", "Code of the unit").value("5W").read_only())
        .field(Field::text("zone", "Time zone").value("America/Chicago").disabled("Set by the facility"))
        .submit("Save")
}

fn import() -> Markup {
    let choices = [("", "Leave out"), ("patient", "Patient"), ("in", "In")];
    let column = |name: &str, chosen: &str, error: Option<&str>| MapColumn {
        column: name.to_owned(),
        samples: vec!["10006".to_owned(), "10011".to_owned()],
        field: format!("map-{name}"),
        choices: choices.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec(),
        chosen: chosen.to_owned(),
        error: error.map(str::to_owned),
    };
    html! {
        (steps(&["Upload", "Map columns", "Check", "Done"], 2))
        (map_columns(&[column("subject_id", "patient", None), column("admittime", "", Some("Choose which column holds the time in"))]))
        (import_counts(ImportCounts { new: 1_204, changed: 12, same: 88, rejected: 3 }, Some("#")))
    }
}

fn job(id: &str, state: JobState, progress: (u64, Option<u64>)) -> JobPanel {
    JobPanel {
        id: id.to_owned(),
        title: "Replay of the bed feed".to_owned(),
        state,
        elapsed_seconds: 38,
        progress,
        unit: "messages".to_owned(),
        facts: vec![("Applied".to_owned(), "601".to_owned()), ("Refused".to_owned(), "2".to_owned())],
        stop: Some(("#".to_owned(), "t".to_owned())),
        result: (state == JobState::Failed).then(|| ("See why".to_owned(), "#".to_owned())),
        topic: id.to_owned(),
    }
}

fn conflict() -> Conflict {
    let field = |values: [&str; 4]| {
        let [name, label, theirs, yours] = values.map(str::to_owned);
        (name, label, theirs, yours)
    };
    Conflict {
        theirs: "Lena Brandt, 2 min ago".to_owned(),
        fields: vec![
            field(["beds", "Staffed beds", "30", "32"]),
            field(["reason", "Reason", "Sick calls", "Maintenance"]),
        ],
        action: "#".to_owned(),
        csrf: "t".to_owned(),
        version: "7".to_owned(),
    }
}
