//! One person: account, roles with dates, sessions, password, history.

use super::super::kit::{self, Names, Refusal, or_fault, sentence, site_choices};
use super::super::store::{last_seq, list_entries};
use ::store::{Actor, StoreError, Tx};
use area::{Answer, Differing, Fault, Unsaved, VERSION_FIELD, Visit};
use base::Id;
use identity::people::{
    NewPerson, PersonRefused, PersonRow, close_person, find_person, list_people, reset_password,
    update_person,
};
use identity::roles::{Grant, GrantRefused, end_role, grant_role, list_grants};
use identity::sessions::{SessionRow, list_sessions, revoke_all};
use identity::{Permission, Person, PersonInfo, Role};
use jiff::civil::Date;
use web::{
    Button, Cell, Choice, Column, Empty, Errors, Field, Form, Markup, Page, Panel, Status, Table,
    breadcrumbs, chip, columns, description_list, format, html, notice,
};

/// A person as the asker may see them.
struct Subject {
    row: PersonRow,
    grants: Vec<Grant>,
    /// Whether the account itself is the asker's to change: all its roles lie within their sites. Otherwise
    /// whoever keeps one clinic could take over the account of somebody who leads the hospital.
    is_ours: bool,
    may_edit: bool,
}

async fn load(visit: &Visit, tx: &mut Tx) -> Result<Subject, Fault> {
    let id: Id<Person> = visit.name("id").parse().map_err(|_| Fault::NotFound)?;
    let people = list_people(tx, visit.scope()?).await?;
    let row = people.into_iter().find(|row| row.person.id == id).ok_or(Fault::NotFound)?;
    let grants = list_grants(tx, id).await?;
    let today = visit.today();
    let may_edit = visit.may(Permission::ADMIN_EDIT);
    let within = |grant: &Grant| {
        let site = visit.tree.get(&grant.site);
        site.is_some_and(|site| {
            let who = visit.who.as_ref();
            who.is_some_and(|who| who.access.allows(&visit.tree, Permission::ADMIN_EDIT, &site.path, today))
        })
    };
    let is_over = |grant: &Grant| grant.to.is_some_and(|to| to <= today);
    let is_ours = may_edit && grants.iter().all(|grant| is_over(grant) || within(grant));
    Ok(Subject { row, grants, is_ours, may_edit })
}

/// The subject of a change, whose account is the asker's to change.
async fn ours(visit: &Visit) -> Result<Subject, Fault> {
    let subject = load(visit, &mut visit.read().await?).await?;
    if subject.is_ours { Ok(subject) } else { Err(Fault::NotFound) }
}

/// The wrong fields of the form that was sent, and which form it was.
#[derive(Default)]
struct Wrong {
    details: Errors,
    grant: Errors,
}

pub(crate) async fn page(visit: Visit) -> Answer {
    show(&visit, &Wrong::default()).await
}

async fn show(visit: &Visit, wrong: &Wrong) -> Answer {
    let mut tx = visit.read().await?;
    let subject = load(visit, &mut tx).await?;
    let id = subject.row.person.id;
    let sessions = if subject.is_ours { list_sessions(&mut tx, id).await? } else { Vec::new() };
    let mut records = vec![id.to_string()];
    records.extend(subject.grants.iter().map(|grant| grant.id.to_string()));
    let entries = list_entries(&mut tx, &["person", "role", "password", "lock-out"], &records).await?;
    let names = Names::of_entries(&mut tx, &entries).await?;
    let undo = kit::undo_strip(visit, &mut tx).await?;
    drop(tx);
    let person = &subject.row.person;
    let left = html! {
        (Panel::new("Roles").id("roles").body(role_table(visit, &subject)?))
        @if subject.may_edit && person.closed_at.is_none() {
            (Panel::new("Give a role").prose(grant_form(visit, &subject, &wrong.grant)?))
        }
        @if subject.may_edit { (kit::history_panel(visit, &entries, &names)) }
    };
    let right = html! {
        (Panel::new("Account").prose(account(visit, &subject, &wrong.details)?))
        @if subject.is_ours {
            (Panel::new("Signing in").prose(signing_in(visit, &subject, &sessions)?))
            (Panel::new(if person.closed_at.is_some() { "Closed" } else { "Close the account" }).prose(closing(visit, &subject)?))
        }
    };
    let body = html! {
        (breadcrumbs(&[("Admin", "/admin"), ("People and roles", "/admin/people")]))
        (kit::done_notice(visit))
        (columns(left, right))
    };
    let errors = if wrong.details.is_empty() { &wrong.grant } else { &wrong.details };
    let context = if person.title.is_empty() { person.email.clone() } else { person.title.clone() };
    let page = Page::new(person.name.clone()).context(context).errors(errors).undo(undo).body(body);
    visit.show(&page).await
}

fn at(subject: &Subject, page: &str) -> String {
    let slash = if page.is_empty() { "" } else { "/" };
    format!("/admin/people/{}{slash}{page}", subject.row.person.id)
}

fn role_table(visit: &Visit, subject: &Subject) -> Result<Table, Fault> {
    let (today, csrf) = (visit.today(), &visit.who()?.csrf);
    // Only the asker's sites; what somebody does elsewhere is not theirs to know.
    let mut grants: Vec<&Grant> = subject.row.grants.iter().collect();
    grants.sort_by_key(|grant| (!grant.is_held(today), std::cmp::Reverse(grant.from)));
    let rows = grants.into_iter().map(|grant| {
        let can_end = subject.may_edit && grant.to.is_none_or(|to| today < to);
        let end = html! { @if can_end { form method="post" action=(at(subject, "roles/end")) {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="grant" value=(grant.id);
            (Button::submit("End today").small().about(grant.role.title()))
        } } };
        kit::grant_row(grant, &visit.tree, today).cell(Cell::of(end))
    });
    Ok(Table::new("roles-held", "Roles of this person")
        .column(Column::text("Role"))
        .column(Column::text("Site"))
        .column(Column::text("From").not_on_phones())
        .column(Column::text("Until").not_on_phones())
        .column(Column::text("State"))
        .column(Column::text(""))
        .rows(rows)
        .empty(Empty::new("No role", "Without a role this person can sign in and sees only their own page.")))
}

pub(super) fn role_choices(chosen: &str) -> Vec<Choice> {
    Role::ALL.iter().map(|role| Choice::new(role.key(), role.title(), role.key() == chosen)).collect()
}

fn grant_form(visit: &Visit, subject: &Subject, errors: &Errors) -> Result<Form, Fault> {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let from = if typed("from").is_empty() { visit.today().to_string() } else { typed("from") };
    Ok(Form::post(at(subject, "roles"), &visit.who()?.csrf)
        .errors(errors)
        .field(Field::select("role", "Role", role_choices(&typed("role"))))
        .field(
            Field::select("at", "At", site_choices(visit, Permission::ADMIN_EDIT, &typed("at")))
                .hint("The role reaches everything below"),
        )
        .field(Field::date("from", "From").value(from))
        .field(Field::date("until", "Last day").optional().value(typed("until")))
        .submit("Give role"))
}

fn account(visit: &Visit, subject: &Subject, errors: &Errors) -> Result<Markup, Fault> {
    let person = &subject.row.person;
    if !subject.is_ours {
        let list = description_list([
            ("E-mail", person.email.clone()),
            ("Title", person.title.clone()),
            ("Since", format::date(visit.zone().to_datetime(person.created_at).date(), visit.today())),
        ]);
        return Ok(html! {
            (list)
            @if subject.may_edit {
                p.sub { "This person also has roles outside of your sites, so the account is kept by whoever keeps those." }
            }
        });
    }
    let typed = |name: &str, kept: &str| {
        if errors.is_empty() { kept.to_owned() } else { visit.form.text(name).to_owned() }
    };
    let form = Form::post(at(subject, "details"), &visit.who()?.csrf)
        .errors(errors)
        // Shown again for a mistake it still says what it was first filled from.
        .hidden(VERSION_FIELD, if errors.is_empty() { version(person) } else { visit.version() })
        .field(Field::text("name", "Name").value(typed("name", &person.name)))
        .field(Field::email("email", "E-mail").autocomplete("off").value(typed("email", &person.email)))
        .field(Field::text("title", "Title").optional().value(typed("title", &person.title)))
        .submit("Save");
    Ok(html! { (form) })
}

/// What the reader saw, so that a change made meanwhile is not written over.
fn version(person: &PersonInfo) -> String {
    format!("{}\n{}\n{}", person.name, person.email, person.title)
}

fn signing_in(visit: &Visit, subject: &Subject, sessions: &[SessionRow]) -> Result<Markup, Fault> {
    let csrf = &visit.who()?.csrf;
    let running = sessions.iter().filter(|row| visit.now < row.ends_at).count();
    let latest = sessions.iter().map(|row| row.seen_at).max();
    let locked = subject.row.locked_until.filter(|until| visit.now < *until);
    let is_closed = subject.row.person.closed_at.is_some();
    Ok(html! {
        @if let Some(until) = locked {
            (notice(Status::Due, format!("Waits until {} after failed sign-ins. A new password lifts it.", format::instant(until, &visit.zone(), visit.now))))
        }
        (description_list([
            ("Sessions", running.to_string()),
            ("Last seen", latest.map_or("Not lately".to_owned(), |at| format::age(at, visit.now))),
            ("Password", if subject.row.person.must_change { "To be changed at the next sign-in".to_owned() } else { "Their own".to_owned() }),
        ]))
        @if !is_closed {
            div.go {
                form method="post" action=(at(subject, "password")) {
                    input type="hidden" name="csrf" value=(csrf);
                    (Button::submit("Give a new password"))
                }
                @if running > 0 {
                    form method="post" action=(at(subject, "sessions")) {
                        input type="hidden" name="csrf" value=(csrf);
                        (Button::submit("End sessions").quiet())
                    }
                }
            }
            p.sub { "A new password is shown once, must be changed at the next sign-in, and ends every session." }
        }
    })
}

fn closing(visit: &Visit, subject: &Subject) -> Result<Markup, Fault> {
    let (csrf, person) = (&visit.who()?.csrf, &subject.row.person);
    if person.id == visit.who()?.access.person_id() {
        return Ok(html! { p.sub { "You cannot close your own account. Another administrator can." } });
    }
    Ok(match person.closed_at {
        Some(at) => html! {
            (chip(Status::Plain, "Closed")) p.sub { "Since " (format::instant(at, &visit.zone(), visit.now)) ". The history stays." }
            (reopen_form(subject, csrf))
        },
        None => html! {
            p.sub { "Sessions and tokens end now; roles and history stay. You can open it again." }
            form method="post" action=(at(subject, "close")) {
                input type="hidden" name="csrf" value=(csrf);
                (Button::submit("Close the account").danger())
            }
        },
    })
}

fn reopen_form(subject: &Subject, csrf: &str) -> Markup {
    html! { form method="post" action=(at(subject, "close")) {
        input type="hidden" name="csrf" value=(csrf);
        input type="hidden" name="open" value="1";
        (Button::submit("Open it again"))
    } }
}

pub(crate) async fn details(visit: Visit) -> Answer {
    let subject = ours(&visit).await?;
    let new = NewPerson {
        email: visit.form.text("email").to_owned(),
        name: visit.form.text("name").to_owned(),
        title: visit.form.text("title").to_owned(),
    };
    let (id, actor, seen) = (subject.row.person.id, visit.actor(), visit.version());
    let saved = visit
        .ctx
        .db
        .write::<_, Unsaved<PersonRefused>, _>(move |tx| {
            Box::pin(async move {
                let person = find_person(tx, id).await?;
                if person.is_none_or(|person| version(&person) != seen) {
                    return Err(Unsaved::Stale);
                }
                update_person(tx, &actor, id, &new).await.map_err(Unsaved::Refused)?;
                Ok(last_seq(tx, "person", &id.to_string()).await?)
            })
        })
        .await;
    match saved {
        Ok(seq) => Ok(visit.go(&format!("{}?undo={}", at(&subject, ""), seq.unwrap_or(0)))),
        Err(Unsaved::Stale) => conflict(&visit, id).await,
        Err(Unsaved::Refused(refused)) => match refused.store() {
            Ok(error) => Err(error.into()),
            Err(refused) => {
                use PersonRefused::{Email, Taken};
                let field = if matches!(refused, Taken { .. } | Email { .. }) { "email" } else { "name" };
                let details = Errors::of(field, sentence(&refused.to_string()));
                show(&visit, &Wrong { details, ..Wrong::default() }).await
            }
        },
    }
}

/// Somebody saved while this form was open: their values and mine, side by side.
async fn conflict(visit: &Visit, id: Id<Person>) -> Answer {
    let person = find_person(&mut visit.read().await?, id).await?.ok_or(Fault::NotFound)?;
    let values = [
        Differing::new("Name", &person.name, visit.form.text("name")),
        Differing::new("E-mail", &person.email, visit.form.text("email")),
        Differing::new("Title", &person.title, visit.form.text("title")),
    ];
    visit.conflict(&person.name, &format!("/admin/people/{id}"), &version(&person), &values).await
}

pub(crate) async fn grant(visit: Visit) -> Answer {
    let subject = load(&visit, &mut visit.read().await?).await?;
    if !subject.may_edit {
        return Err(Fault::NotFound);
    }
    let (role, scope, from, to) = match read_grant(&visit) {
        Ok(read) => read,
        Err(grant) => return show(&visit, &Wrong { grant, ..Wrong::default() }).await,
    };
    let (id, actor, site) = (subject.row.person.id, visit.actor(), scope.site_id());
    let given = visit
        .ctx
        .db
        .write::<_, GrantRefused, _>(move |tx| {
            Box::pin(async move {
                let grant = grant_role(tx, &actor, id, role, site, from, to).await?;
                Ok(last_seq(tx, "role", &grant.to_string()).await?)
            })
        })
        .await;
    match given.map_err(Refusal::store) {
        Ok(seq) => Ok(visit.go(&format!("{}?undo={}", at(&subject, ""), seq.unwrap_or(0)))),
        Err(Ok(error)) => Err(error.into()),
        Err(Err(refused)) => {
            let field = if matches!(refused, GrantRefused::Backward { .. }) { "until" } else { "role" };
            let grant = Errors::of(field, sentence(&refused.to_string()));
            show(&visit, &Wrong { grant, ..Wrong::default() }).await
        }
    }
}

type GrantWish = (Role, identity::Scope, Date, Option<Date>);

fn read_grant(visit: &Visit) -> Result<GrantWish, Errors> {
    let mut errors = Errors::new();
    let role = visit.form.text("role").parse::<Role>().ok();
    if role.is_none() {
        errors.add("role", "Choose a role");
    }
    let path = visit.form.text("at").parse().ok();
    let scope = path.and_then(|path| visit.scope().ok()?.narrow(&visit.tree, &path));
    if scope.is_none() {
        errors.add("at", "Choose one of your sites");
    }
    let from: Option<Date> = visit.form.text("from").parse().ok();
    if from.is_none() {
        errors.add("from", "Write the first day as year-month-day, such as 2026-12-01");
    }
    let until: Option<Option<Date>> = match visit.form.find("until") {
        None => Some(None),
        Some(text) => text.parse::<Date>().ok().and_then(|day| day.tomorrow().ok()).map(Some),
    };
    if until.is_none() {
        errors.add("until", "Write the last day as year-month-day, or leave it empty");
    }
    match (role, scope, from, until) {
        (Some(role), Some(scope), Some(from), Some(until)) => Ok((role, scope, from, until)),
        _ => Err(errors),
    }
}

pub(crate) async fn end_role_of(visit: Visit) -> Answer {
    let subject = load(&visit, &mut visit.read().await?).await?;
    let id: Id<Grant> = visit.form.text("grant").parse().map_err(|_| Fault::NotFound)?;
    let held = subject.row.grants.iter().find(|grant| grant.id == id && subject.may_edit);
    let grant = *held.ok_or(Fault::NotFound)?;
    let to = visit.today().max(grant.from);
    let actor = visit.actor();
    let ended = visit
        .ctx
        .db
        .write::<_, GrantRefused, _>(move |tx| {
            Box::pin(async move {
                end_role(tx, &actor, id, to).await?;
                Ok(last_seq(tx, "role", &id.to_string()).await?)
            })
        })
        .await;
    let seq = or_fault(ended)?;
    Ok(visit.go(&format!("{}?undo={}", at(&subject, ""), seq.unwrap_or(0))))
}

pub(crate) async fn reset(visit: Visit) -> Answer {
    let subject = ours(&visit).await?;
    let person = &subject.row.person;
    let once = reset_password(&visit.ctx.db, visit.actor(), person.id).await;
    let once = once.map_err(|error| Fault::Refused(sentence(&error.to_string())))?;
    let body = once_panel(&once, &at(&subject, ""));
    visit.show(&Page::new(person.name.clone()).context("New password").body(html! { (body) })).await
}

/// The one time a given password is seen.
pub(super) fn once_panel(once: &str, back: &str) -> Panel {
    Panel::default().prose(html! {
        (notice(Status::Due, "Read this password to the person now. It is not kept and cannot be shown again."))
        p.lead { code { (once) } }
        p.sub { "It opens the account once; then a new password must be chosen. Every session of the person is ended." }
        p.go { (Button::link("Done", back).primary()) }
    })
}

pub(crate) async fn end_sessions(visit: Visit) -> Answer {
    let subject = ours(&visit).await?;
    let (id, actor) = (subject.row.person.id, visit.actor());
    visit
        .ctx
        .db
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { revoke_all(tx, &actor, id, None).await }))
        .await?;
    Ok(visit.go(&format!("{}?done=session", at(&subject, ""))))
}

pub(crate) async fn close(visit: Visit) -> Answer {
    let subject = ours(&visit).await?;
    if subject.row.person.id == visit.who()?.access.person_id() {
        return Err(Fault::Refused(
            "You cannot close your own account. Another administrator can.".to_owned(),
        ));
    }
    let (person, actor, opens) = (subject.row.person.clone(), visit.actor(), visit.form.is_set("open"));
    let changed = visit
        .ctx
        .db
        .write::<_, identity::people::PersonRefused, _>(move |tx| {
            Box::pin(async move { close_or_open(tx, &actor, &person, opens).await })
        })
        .await;
    let seq = or_fault(changed)?;
    Ok(visit.go(&format!("{}?undo={}", at(&subject, ""), seq.unwrap_or(0))))
}

async fn close_or_open(
    tx: &mut Tx,
    actor: &Actor,
    person: &identity::PersonInfo,
    opens: bool,
) -> Result<Option<i64>, identity::people::PersonRefused> {
    if opens {
        super::store::reopen(tx, actor, person).await?;
    } else {
        close_person(tx, actor, person.id).await?;
    }
    Ok(last_seq(tx, "person", &person.id.to_string()).await?)
}
