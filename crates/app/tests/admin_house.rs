//! Sites, feeds, imports, rules, jobs, the log, backups and keys, through the router on both engines.

mod common;

use axum::http::StatusCode;
use common::{House, after};
use identity::Role;
use testkit::on_both;

const MESSAGE: &str = "MSH|^~\\&|ADT|NOWHERE|HELM|HELM|20261112080000||ADT^A01|M1|P|2.5.1\rEVN||20261112080000\rPID|1||4711^^^NOWHERE||Doe^Jane\rPV1|1|I|5W^1^A\r";

#[test]
fn every_page_opens_empty() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        for page in [
            "",
            "/people",
            "/people/new",
            "/sites",
            "/sites/new",
            "/sites/lakeside",
            "/sites/lakeside.riverside.5w",
            "/feeds",
            "/imports",
            "/imports/new/sites",
            "/imports/new/beds",
            "/imports/new/bed-counts",
            "/imports/new/people",
            "/imports/new/stays",
            "/imports/new/hl7",
            "/rules",
            "/rules/ed.boarding_limit",
            "/jobs",
            "/audit",
            "/audit/views",
            "/backups",
            "/keys",
            "/tokens",
            "/preferences",
        ] {
            let seen = admin.get(&format!("/admin{page}")).await;
            assert_eq!(seen.status, StatusCode::OK, "/admin{page}: {}", seen.text());
        }
        for list in [
            "people",
            "sites",
            "feeds",
            "imports",
            "rules",
            "jobs",
            "audit",
            "audit/views",
            "backups",
            "tokens",
        ] {
            for format in ["csv", "xlsx", "json"] {
                let seen = admin.get(&format!("/admin/{list}?format={format}")).await;
                assert_eq!(seen.status, StatusCode::OK, "{list} as {format}");
                assert!(!seen.kind.starts_with("text/html"), "{list} as {format}: {}", seen.kind);
            }
        }
        let events = admin.get("/events").await;
        assert!(events.kind.starts_with("text/event-stream"), "{}", events.kind);
    });
}

#[test]
fn a_site_is_changed_and_taken_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let at = "/admin/sites/lakeside.riverside.5w";
        let beds = [("from", "2026-12-01"), ("licensed", "32"), ("set_up", "30"), ("staffed", "29")];
        let to = admin.save(at, &format!("{at}/beds"), &beds).await.sent_to();
        let page = admin.get(&to).await.ok();
        assert!(page.contains("Dec 1") && page.contains("data-undo"), "{page}");
        let token = after(&page, "name=\"undo\" value=\"");
        let back = admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        assert!(!admin.get(&back).await.ok().contains("<th class=\"nm\" scope=\"row\">Dec 1"));
        let wrong = [("from", "2026-12-01"), ("licensed", "20"), ("set_up", "30"), ("staffed", "29")];
        let refused = admin.save(at, &format!("{at}/beds"), &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let taken = admin.save(at, &format!("{at}/codes"), &[("codes", "3N")]).await;
        assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
        taken.has("names lakeside.riverside.3n already");
        let to = admin.save(at, &format!("{at}/close"), &[("on", "2026-11-12")]).await.sent_to();
        admin.get(&to).await.has("Open it again");
        let new = [("under", "lakeside.riverside"), ("kind", "unit"), ("name", "4 East"), ("short", "4e")];
        assert_eq!(
            admin.post("/admin/sites/new", &new).await.sent_to(),
            "/admin/sites/lakeside.riverside.4e"
        );
    });
}

/// Values two people enter into one form, and the words that tell them apart.
struct Rival {
    page: &'static str,
    action: String,
    first: Vec<(&'static str, &'static str)>,
    late: Vec<(&'static str, &'static str)>,
    words: [&'static str; 2],
}

const UNIT: &str = "/admin/sites/lakeside.riverside.5w";
const RULE: &str = "/admin/rules/ed.boarding_limit";
const PREFERENCES: &str = "/admin/preferences";

/// One field each, the others as they are.
fn rivals() -> Vec<Rival> {
    let rival = |page,
                 action: &str,
                 name,
                 words: [&'static str; 2],
                 rest: &[(&'static str, &'static str)]| {
        let with = |value| std::iter::once((name, value)).chain(rest.iter().copied()).collect();
        Rival { page, action: format!("{page}{action}"), first: with(words[0]), late: with(words[1]), words }
    };
    let site = [("zone", ""), ("currency", ""), ("sort", "4")];
    let beds = [("from", "2026-12-01"), ("set_up", "20"), ("staffed", "20")];
    let own = [("at", "lakeside.harbor"), ("from", "2026-11-12"), ("until", ""), ("reason", "Winter plan")];
    vec![
        rival(UNIT, "/details", "name", ["Fifth West", "West Five"], &site),
        rival(UNIT, "/codes", "codes", ["5WA", "5WB"], &[]),
        rival(UNIT, "/care", "care", ["observation", "nursery"], &[]),
        rival(UNIT, "/beds", "licensed", ["31", "33"], &beds),
        rival(RULE, "", "value", ["181", "190"], &own),
        rival(PREFERENCES, "/limits", "idle", ["21", "22"], &[("absolute", "10")]),
        rival(PREFERENCES, "/name", "name", ["Lake One", "Lake Two"], &[]),
    ]
}

#[test]
fn a_save_over_somebody_elses_change_shows_both_and_loses_nothing() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let second = house.add("berta", Role::Administrator, "lakeside").await;
        house.grant(second, Role::Director, "lakeside").await;
        let (admin, berta) = (house.sign_in("admin").await, house.sign_in("berta").await);
        for Rival { page, action, first, late, words } in rivals() {
            let version = berta.version_on(page, &action).await;
            admin.save(page, &action, &first).await.sent_to();
            let mut stale = vec![("version", version.as_str())];
            stale.extend(late.iter().copied());
            let seen = berta.post(&action, &stale).await;
            assert_eq!(seen.status, StatusCode::CONFLICT, "{action}: {}", seen.text());
            let text = seen.has("Stored now").has("Save mine").text();
            let lower = text.to_lowercase();
            assert!(words.iter().all(|word| lower.contains(&word.to_lowercase())), "{action}: {text}");
            for (name, value) in &late {
                let kept = format!("name=\"{name}\" value=\"{value}\"");
                assert!(text.contains(&kept), "{action}: {name} {text}");
            }
            // Knowing both, the second one may still save theirs, where the two do not exclude each other.
            let newer = after(&text, "name=\"version\" value=\"");
            let mut again = vec![("version", newer.as_str())];
            again.extend(late.iter().copied());
            let seen = berta.post(&action, &again).await;
            let expected =
                if page == RULE { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::SEE_OTHER };
            assert_eq!(seen.status, expected, "{action}: {}", seen.text());
        }
        // A form without the version is never the newest.
        let none = admin.post(&format!("{UNIT}/codes"), &[("codes", "5WC")]).await;
        assert_eq!(none.status, StatusCode::CONFLICT);
    });
}

#[test]
fn a_file_of_sites_is_tried_committed_and_undone() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let file = "path,kind,name,Codes\nlakeside.riverside.icu,unit,ICU,ICU\nlakeside.riverside.5w,unit,5 West Tower,5W\nlakeside.nowhere.x,unit,X,X\nlakeside.riverside.bad,ward,Bad,B\n";
        let other = "where,what,called\nlakeside.riverside.er,unit,Emergency\n";
        let at = admin.upload("/admin/imports/new/sites", &[], "sites.csv", other).await.sent_to();
        // Columns of other names are chosen by what stands in them.
        let draft = admin.get(&at).await.has("Choose which columns are path, kind, name, then check again");
        draft.has("lakeside.riverside.er");
        let none = admin.upload("/admin/imports/new/sites", &[], "sites.csv", "").await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        let at = admin.upload("/admin/imports/new/sites", &[], "sites.csv", file).await.sent_to();
        let draft = admin.get(&at).await.ok();
        assert!(draft.contains("Rejected rows") && draft.contains("<dt>New</dt><dd>1</dd>"), "{draft}");
        let map =
            [("c1", "path"), ("c2", "kind"), ("c3", "name"), ("c4", "hl7_codes"), ("save_as", "Registry")];
        assert_eq!(admin.post(&format!("{at}/map"), &map).await.sent_to(), at);
        admin.get("/admin/imports/new/sites").await.has("Registry");
        let job = admin.post(&format!("{at}/commit"), &[]).await.sent_to();
        assert!(job.starts_with("/jobs/"), "{job}");
        admin.get(&job).await.has("Waiting");
        house.work().await;
        house.product.ctx.forget();
        admin.get(&job).await.has("1 new, 1 changed, 0 the same, 2 rejected.");
        admin.get("/admin/sites/lakeside.riverside.icu").await.has("ICU");
        admin.get("/admin/sites/lakeside.riverside.5w").await.has("5 West Tower");
        let rejects = admin.get(&format!("{at}/rejects")).await.ok();
        assert!(rejects.starts_with("path,kind,name,Codes,reason"), "{rejects}");
        assert!(rejects.contains("lakeside.nowhere.x") && rejects.contains("ward"), "{rejects}");
        let job = admin.post(&format!("{at}/undo"), &[]).await.sent_to();
        house.work().await;
        house.product.ctx.forget();
        admin.get(&job).await.has("again what they were");
        admin.get("/admin/sites/lakeside.riverside.5w").await.has("<h1>5 West</h1>");
        admin.get("/admin/sites/lakeside.riverside.icu").await.has("Open it again");
    });
}

#[test]
fn sites_stay_while_something_made_since_depends_on_them() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let file = "path,kind,name,licensed_beds,hl7_codes\nlakeside.north,facility,North Hospital,,NH\nlakeside.north.2a,unit,2 A,12,2A\n";
        let at = house.take_in("sites", file).await;
        let nina = house.add("nina", Role::UnitManager, "lakeside.north.2a").await;
        house.take_in("beds", "unit,bed\nlakeside.north.2a,1\nlakeside.north.2a,2\n").await;
        let job = admin.post(&format!("{at}/undo"), &[]).await.sent_to();
        house.work().await;
        admin.get(&job).await.has("Failed").has("2 A has 2 beds, 1 role given there");
        admin.get("/admin/sites/lakeside.north.2a").await.has("Close this site");
        admin.get(&at).await.has("Undo this import");

        // Once nothing hangs on them, the tree is again what it was, and the file can come again.
        let beds = last_import(&admin.get("/admin/imports").await.ok());
        admin.post(&format!("{beds}/undo"), &[]).await.sent_to();
        house.work().await;
        let grants = identity::roles::list_grants(&mut house.db.read().await.unwrap(), nina).await.unwrap();
        let grant = *grants.first().unwrap();
        house
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let actor = store::Actor::new("command", "test");
                    identity::roles::end_role(tx, &actor, grant.id, grant.from).await
                })
            })
            .await
            .unwrap();
        let job = admin.post(&format!("{at}/undo"), &[]).await.sent_to();
        house.work().await;
        house.product.ctx.forget();
        admin.get(&job).await.has("again what they were");
        admin.get("/admin/sites/lakeside.north").await.has("It never was open");
        let again = house.take_in("sites", file).await;
        admin.get(&again).await.has("<dt>New</dt><dd>2</dd>");
        admin.get("/admin/sites/lakeside.north.2a").await.has("Close this site");
    });
}

/// The newest import in the list.
fn last_import(list: &str) -> String {
    let row = list.split_once("id=\"imports\"").map_or("", |(_, rest)| rest);
    format!("/admin/imports/{}", after(row, "href=\"/admin/imports/"))
}

#[test]
fn a_second_top_site_is_rejected_while_the_first_is_in_use() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let file = "path,kind,name\nsouth,enterprise,South Health\nsouth.main,facility,Main\nlakeside.riverside.4w,unit,4 West\n";
        let at = house.take_in("sites", file).await;
        admin.get(&at).await.has("<dt>New</dt><dd>1</dd>");
        let rejects = admin.get(&format!("{at}/rejects")).await.ok();
        assert!(rejects.contains("`lakeside` is in use with sites or messages"), "{rejects}");
        assert!(rejects.contains("the site above, south,"), "{rejects}");
    });
}

#[test]
fn beds_and_people_come_by_file() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let files = [
            (
                "beds",
                "unit,bed,room\nlakeside.riverside.5w,A,501\nlakeside.x,A,1\n",
                "1 new, 0 changed, 0 the same, 1 rejected.",
            ),
            (
                "bed-counts",
                "site,from,licensed_beds,staffed_beds\nlakeside.riverside.5w,2026-12-01,32,29\nlakeside.x,2026-12-01,1,1\n",
                "0 new, 1 changed, 0 the same, 1 rejected.",
            ),
            (
                "people",
                "email,name,site,role\nivo@lakeside.example,Ivo Brand,lakeside.riverside,quality\nbad,Bad,,\n",
                "1 new, 0 changed, 0 the same, 1 rejected.",
            ),
        ];
        for (kind, file, words) in files {
            let at =
                admin.upload(&format!("/admin/imports/new/{kind}"), &[], "file.csv", file).await.sent_to();
            admin.get(&at).await.ok();
            let job = admin.post(&format!("{at}/commit"), &[]).await.sent_to();
            house.work().await;
            admin.get(&job).await.has(words);
            let job = admin.post(&format!("{at}/undo"), &[]).await.sent_to();
            house.work().await;
            admin.get(&job).await.has("again what they were");
        }
        admin.get("/admin/people?state=closed").await.has("Ivo Brand");
    });
}

#[test]
fn a_refused_message_waits_is_read_by_few_and_dismissed() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("him", Role::HealthInformation, "lakeside").await;
        let admin = house.sign_in("admin").await;
        let fields = [("at", "lakeside")];
        let job = admin.upload("/admin/imports/new/hl7", &fields, "adt.hl7", MESSAGE).await.sent_to();
        house.work().await;
        let seen = admin.get(&job).await.has("1 received").has("See the import").text();
        let import = format!("/admin/imports/{}", after(&seen, "href=\"/admin/imports/"));
        admin.get(&import).await.has("<dt>Rejected</dt>").has("a correcting message does that");
        let rejects = admin.get(&format!("{import}/rejects")).await.ok();
        assert!(rejects.starts_with("source,line,reason\nadt.hl7,1,"), "{rejects}");
        assert_eq!(admin.post(&format!("{import}/undo"), &[]).await.status, StatusCode::NOT_FOUND);
        admin.get("/admin/imports").await.has("adt.hl7").has("Messages (HL7 v2)");
        let list = admin.get("/admin/feeds").await.ok();
        let feed = format!("/admin/feeds/{}", after(&list, "href=\"/admin/feeds/"));
        let queue = admin.get(&feed).await.ok();
        let fault = format!("{feed}/faults/{}", after(&queue, &format!("href=\"{feed}/faults/")));
        admin.get(&fault).await.has("Why it was not applied");
        // Whoever keeps the installation sees no patient; health information does, and it is logged.
        assert_eq!(admin.get(&format!("{fault}/raw")).await.status, StatusCode::NOT_FOUND);
        let him = house.sign_in("him").await;
        him.get(&format!("{fault}/raw")).await.has("Doe^Jane").has("privacy log");
        admin.get("/admin/audit/views").await.has("him Test");
        let job = admin.post(&format!("{feed}/replay-all"), &[]).await.sent_to();
        house.work().await;
        admin.get(&job).await.has("1 messages tried again");
        let none = admin.post(&format!("{fault}/dismiss"), &[("reason", "")]).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        let to = admin.post(&format!("{fault}/dismiss"), &[("reason", "Test of the sender")]).await.sent_to();
        admin.get(&to).await.has("Nothing waits");
    });
}

#[test]
fn a_rule_is_overridden_ended_and_taken_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let at = "/admin/rules/ed.boarding_limit";
        let ask = |value: &'static str, reason: &'static str| {
            [
                ("at", "lakeside.riverside"),
                ("value", value),
                ("from", "2026-11-12"),
                ("until", ""),
                ("reason", reason),
            ]
        };
        let wrong = admin.save(at, at, &ask("soon", "Winter plan")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        wrong.has("whole number of minutes");
        let to = admin.save(at, at, &ask("180", "Winter plan")).await.sent_to();
        let page = admin.get(&to).await.ok();
        assert!(page.contains("Winter plan") && page.contains("In force"), "{page}");
        let overlap = admin.save(at, at, &ask("200", "Another plan")).await;
        assert_eq!(overlap.status, StatusCode::UNPROCESSABLE_ENTITY);
        let token = after(&page, "name=\"undo\" value=\"");
        let back = admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        admin.get(&back).await.has("Past");
        let to = admin.save(at, at, &ask("170", "Winter plan again")).await.sent_to();
        let own = after(&admin.get(&to).await.ok(), "name=\"override\" value=\"");
        admin.post(&format!("{at}/end"), &[("override", &own)]).await.sent_to();
        admin.get("/admin/rules?show=own").await.has("Nothing matches");
    });
}

#[test]
fn the_log_verifies_a_backup_is_made_and_fetched() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let job = admin.post("/admin/audit/verify", &[]).await.sent_to();
        house.work().await;
        admin.get(&job).await.has("Nothing was changed, removed or added");
        let job = admin.post("/admin/backups", &[]).await.sent_to();
        house.work().await;
        admin.get(&job).await.has("Names in it are sealed");
        let list = admin.get("/admin/backups").await.ok();
        let file = after(&list, "href=\"/admin/backups/");
        let fetched = admin.get(&format!("/admin/backups/{file}")).await;
        assert!(fetched.bytes.starts_with(b"{"), "{file}: {}", fetched.status);
        assert_eq!(admin.get("/admin/backups/..%2Fkeys.json").await.status, StatusCode::NOT_FOUND);
        let job = admin.post("/admin/keys/reseal", &[]).await.sent_to();
        house.work().await;
        admin.get(&job).await.has("sealed again");
        admin.get("/admin/audit?kind=backup").await.has(&file);
        // Whose session it is stands there by name.
        admin.get("/admin/audit?kind=session").await.has("person: admin Test");
        let director = house.add("dora", Role::Director, "lakeside").await;
        let _ = director;
        let dora = house.sign_in("dora").await;
        assert_eq!(dora.get(&format!("/admin/backups/{file}")).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_new_key_waits_for_a_restart_and_says_so() {
    on_both(async |fixture| {
        fixture.keys.write(&fixture.folder.path().join("keys.json")).unwrap();
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        admin.get("/admin/keys").await.has("Make a new data key").has("Number 1");
        let to = admin.post("/admin/keys/rotate", &[]).await.sent_to();
        let page = admin.get(&to).await.has("waits for a restart of every server and worker").text();
        assert!(!page.contains("/admin/keys/reseal"), "nothing is sealed again with the key before: {page}");
        assert_eq!(admin.post("/admin/keys/rotate", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(admin.post("/admin/keys/reseal", &[]).await.status, StatusCode::CONFLICT);
        let keys = store::Keys::read(&house.fixture.folder.path().join("keys.json")).unwrap();
        assert_eq!((keys.active, keys.data.len()), (2, 2));
    });
}

#[test]
fn limits_are_set_within_bounds_and_taken_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let page = "/admin/preferences";
        let at = "/admin/preferences/limits";
        let wrong = admin.save(page, at, &[("idle", "0"), ("absolute", "12")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let to = admin.save(page, at, &[("idle", "20"), ("absolute", "10")]).await.sent_to();
        let page = admin.get(&to).await.ok();
        assert!(page.contains("value=\"20\""), "{page}");
        let token = after(&page, "name=\"undo\" value=\"");
        let back = admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        admin.get(&back).await.has("value=\"30\"");
    });
}
