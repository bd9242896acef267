//! The brief, needs, the huddle, explain and search, through the router on both engines.

mod common;
mod feed;

use axum::http::StatusCode;
use common::House;
use feed::{FAMILY, adt, fill, tell};
use identity::Role;
use testkit::on_both;

const TODAY: &str = "2026-11-12";

#[test]
fn a_house_without_a_feed_is_told_what_will_be_here() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let page = admin.get("/at/lakeside/today").await;
        let page = page.has("No patients yet").has("Connect the bed feed").ok();
        assert!(page.contains("Thursday, November 12, 2026 at 08:47"), "the site's own time");
    });
}

#[test]
fn the_first_days_have_a_list_that_ticks_itself_and_goes() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let page = admin.get("/at/lakeside/today").await;
        page.has("Getting started").has("1 of 4 done").has("href=\"/admin/people\"");
        house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        admin.get("/at/lakeside/today").await.has("2 of 4 done");
        // Who cannot do these things is not asked to, and is told whom to ask.
        let mara = house.sign_in("mara").await;
        let page = mara.get("/at/lakeside.riverside/today").await.ok();
        assert!(!page.contains("Getting started"), "{page}");
        fill(&house).await;
        let page = admin.get("/at/lakeside/today").await.ok();
        assert!(!page.contains("Getting started"), "{page}");
    });
}

#[test]
fn an_empty_page_leads_only_where_its_reader_may_go() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("uli", Role::UnitManager, "lakeside.riverside.5w").await;
        let admin = house.sign_in("admin").await;
        let uli = house.sign_in("uli").await;
        let unit = "/at/lakeside.riverside.5w/census/records";
        admin.get(unit).await.has("href=\"/admin/imports\"");
        let page = uli.get(unit).await.has("Ask an administrator to import stays.").text();
        assert!(!page.contains("/admin/imports"), "{page}");
    });
}

#[test]
fn the_brief_shows_beds_and_figures_and_names_nobody() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        fill(&house).await;
        let mara = house.sign_in("mara").await;
        let page = mara.get("/at/lakeside.riverside/today").await.ok();
        assert!(page.contains("3 of 28 beds in use, 0 leaving"), "{page}");
        assert!(page.contains("1 of 20 beds in use, 0 leaving"));
        assert!(page.contains("Staffed beds occupied") && page.contains("Yesterday: 4 of 48"), "{page}");
        assert!(page.contains("/at/lakeside.riverside/explain/occupancy?period=2026-11-11"));
        assert!(page.contains("Bed feed now"));
        assert!(!page.contains(FAMILY));
        let csv = mara.get("/at/lakeside.riverside/today?format=csv").await.ok();
        assert!(csv.contains("lakeside.riverside.5w,5 West,3,28,0,0,0,25"), "{csv}");
        // One level up the facilities are the lines, one level down the beds are.
        let admin = house.sign_in("admin").await;
        admin.get("/at/lakeside/today").await.has("Beds by facility").has("4 of 48 beds in use");
        admin.get("/at/lakeside.riverside.5w/today").await.has("Beds of 5 West").has("501");
    });
}

/// An emergency department of Riverside General, without a count of its beds.
const EMERGENCY: &str = "path,kind,name,hl7_codes\nlakeside.riverside.ed,unit,Emergency,ED\n";

#[test]
fn a_bed_that_is_not_set_up_is_not_free() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        house.take_in("sites", EMERGENCY).await;
        let beds = "unit,bed,set_up\nlakeside.riverside.5w,504,yes\nlakeside.riverside.5w,505,no\n\
                    lakeside.riverside.ed,E1,yes\nlakeside.riverside.ed,E2,no\n";
        house.take_in("beds", beds).await;
        let admin = house.sign_in("admin").await;
        let stop = |unit: &str| format!("/at/lakeside.riverside/today/huddle/{TODAY}?unit={unit}");
        let page = admin.get(&stop("lakeside.riverside.5w")).await.ok();
        assert!(page.contains("<b>504</b><span>Free</span>"), "{page}");
        assert!(page.contains("<b>505</b><span>Closed</span>"), "{page}");
        let page = admin.get("/at/lakeside.riverside.5w/today").await;
        page.has("<b>505</b><span>Closed</span><small>not set up</small>");
        // Where no count is kept, the beds that are set up are the staffed ones.
        admin.get("/at/lakeside.riverside.ed/today").await.has("1 staffed bed<");
    });
}

#[test]
fn an_emergency_department_has_figures_of_its_own() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        house.take_in("sites", EMERGENCY).await;
        house.take_in("beds", "unit,bed\nlakeside.riverside.ed,E1\n").await;
        let admin = house.sign_in("admin").await;
        let own = ["ed_boarding", "ed_median_stay", "lwbs_rate", "ed_arrivals", "nedocs", "midnight_census"];
        for site in ["lakeside.riverside.ed", "lakeside.riverside", "lakeside.riverside.5w"] {
            let page = admin.get(&format!("/at/{site}/today")).await.ok();
            let strip = page.split_once("Figures of the brief").map_or("", |(_, rest)| rest);
            let strip = strip.split_once("</section>").map_or(strip, |(strip, _)| strip);
            let links = strip.split("/explain/").skip(1).map(|rest| rest.split(['?', '"']).next().unwrap());
            let keys: Vec<&str> = links.collect();
            assert_eq!(keys == own, site == "lakeside.riverside.ed", "{site}: {keys:?}");
        }
    });
}

#[test]
fn a_feed_past_its_limit_is_called_stale() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        house.fixture.clock.set("2026-11-12T14:30:00Z".parse().unwrap());
        let admin = house.sign_in("admin").await;
        let page = admin.get("/at/lakeside.riverside/today").await;
        page.has("Bed feed 43 min ago").has("Stale: ").has("Open feeds");
        // Who may not open the feed is told whom to ask, and led where the page opens.
        house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        let page = house.sign_in("mara").await.get("/at/lakeside.riverside/today").await;
        let page = page.has("The feed ADT at RGH has been quiet for 43 min").has("Ask an administrator").ok();
        assert!(!page.contains("href=\"/admin/feeds"), "{page}");
    });
}

#[test]
fn messages_that_were_not_applied_are_a_need_until_somebody_deals_with_them() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let admin = house.sign_in("admin").await;
        let needs = "/at/lakeside.riverside/today/needs";
        assert!(!admin.get(needs).await.ok().contains("not applied"));
        let nobody =
            adt("m20", "A01", "20261112080000", "5W-505", "V1020", "").replace("R-V1020^^^RGH^MR", "");
        tell(&house, &nobody).await;
        house.product.ctx.forget();
        let page =
            admin.get(needs).await.has("One message of ADT at RGH was not applied").has("See why").ok();
        let feed = common::after(&page, "href=\"/admin/feeds/");
        let feed = admin.get(&format!("/admin/feeds/{feed}")).await.has("has no record number").ok();
        let fault = common::after(&feed, "/faults/");
        let fault = fault.split(['/', '?']).next().unwrap();
        let feed = common::after(&page, "href=\"/admin/feeds/");
        let dismiss = format!("/admin/feeds/{feed}/faults/{fault}/dismiss");
        admin.post(&dismiss, &[("reason", "A test of the sender")]).await.sent_to();
        house.product.ctx.forget();
        assert!(!admin.get(needs).await.ok().contains("not applied"));
    });
}

#[test]
fn a_manager_of_one_unit_sees_no_other() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("nora", Role::UnitManager, "lakeside.riverside.3n").await;
        fill(&house).await;
        let nora = house.sign_in("nora").await;
        nora.get("/at/lakeside.riverside.3n/today").await.ok();
        for page in ["today", "today/needs", "today/huddle/2026-11-12", "explain/midnight_census"] {
            for site in ["lakeside", "lakeside.riverside", "lakeside.riverside.5w", "lakeside.nowhere"] {
                let seen = nora.get(&format!("/at/{site}/{page}")).await;
                assert_eq!(seen.status, StatusCode::NOT_FOUND, "{site} {page}");
            }
        }
    });
}

/// A patient where no unit is known makes a need.
async fn with_a_need(house: &House) {
    fill(house).await;
    tell(house, &adt("m9", "A01", "20261112080000", "ZZ-901", "V1009", "")).await;
    house.product.ctx.forget();
}

#[test]
fn a_need_is_put_off_with_a_reason_and_taken_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        with_a_need(&house).await;
        let admin = house.sign_in("admin").await;
        let list = "/at/lakeside.riverside/today/needs";
        let page = admin.get(list).await.ok();
        let dismiss = common::after(&page, "class=\"later\" href=\"").replace("&amp;", "&");
        assert!(dismiss.contains("/dismiss?key="), "{page}");
        let form = admin.get(&dismiss).await.ok();
        let key = common::after(&form, "name=\"key\" value=\"");
        let post = format!("{list}/dismiss");
        let fields = [("key", key.as_str()), ("reason", "no"), ("until", "2026-11-20")];
        let refused = admin.post(&post, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.has("<title>Error: ").has("Say why it can wait, in 5 to 500 characters").has("2026-11-20");
        let fields = [("key", key.as_str()), ("reason", "Known test patient"), ("until", "2027-06-01")];
        admin.post(&post, &fields).await.has("Choose a day from Nov 13 to Feb 10, 2027");
        let fields = [("key", key.as_str()), ("reason", "Known test patient"), ("until", "2026-11-20")];
        let next = admin.post(&post, &fields).await.sent_to();
        let page = admin.get(&next).await;
        page.has("Put off until Nov 20").has("Known test patient").has("Comes back");
        admin.post(&format!("{list}/restore"), &[("undo", &key)]).await.sent_to();
        assert!(!admin.get(list).await.ok().contains("Known test patient"));
    });
}

#[test]
fn needs_are_filtered_explained_and_exported() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        with_a_need(&house).await;
        let admin = house.sign_in("admin").await;
        let list = "/at/lakeside.riverside/today/needs";
        admin.get(&format!("{list}?why=1")).await.has("First by what is at stake");
        admin.get(&format!("{list}?area=nothing")).await.has("Nothing matches these filters");
        let csv = admin.get(&format!("{list}?format=csv")).await;
        assert!(csv.kind.starts_with("text/csv"), "{}", csv.kind);
        assert!(csv.ok().starts_with("key,class,area,site,sentence"));
    });
}

#[test]
fn an_action_is_carried_over_until_it_is_done() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let admin = house.sign_in("admin").await;
        let huddle = format!("/at/lakeside.riverside/today/huddle/{TODAY}");
        admin.get(&huddle).await.has("5 West").has("data-mode=\"huddle\"");
        let stop = format!("{huddle}?unit=lakeside.riverside.5w");
        admin.get(&stop).await.has("rel=\"next\"").has("of 28");
        let refused = admin.post(&stop, &[("text", "Call transport"), ("due", "2026-11-13")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.has("Name who does it").has("Call transport");
        let fields = [("text", "Call transport"), ("owner", "Lena Brandt"), ("due", "2026-11-13")];
        let next = admin.post(&stop, &fields).await.sent_to();
        let page = admin.get(&next).await.has("Added: Call transport").has("Due Nov 13").ok();
        admin.get("/at/lakeside.riverside/today").await.has("Your day").has("Call transport");
        house.fixture.clock.set("2026-11-14T13:00:00Z".parse().unwrap());
        let admin = house.sign_in("admin").await;
        let later = "/at/lakeside.riverside/today/huddle/2026-11-14";
        admin.get(later).await.has("Late since Nov 13").has("since Nov 12");
        let note = common::after(&page, "/note/");
        let note = note.split('?').next().unwrap();
        let done = admin.post(&format!("{later}/note/{note}"), &[("do", "done")]).await.sent_to();
        admin.get(&done).await.has("Done: Call transport");
        house.fixture.clock.set("2026-11-15T13:00:00Z".parse().unwrap());
        let admin = house.sign_in("admin").await;
        let after = admin.get("/at/lakeside.riverside/today/huddle/2026-11-15").await.ok();
        assert!(!after.contains("Call transport"), "what was done yesterday is not carried over");
        admin.get(&format!("{huddle}/print")).await.has("Huddle sheet");
    });
}

#[test]
fn a_note_is_taken_away_and_put_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let admin = house.sign_in("admin").await;
        let huddle = format!("/at/lakeside.riverside/today/huddle/{TODAY}");
        let added = admin.post(&huddle, &[("text", "Elevator B is out")]).await.sent_to();
        let page = admin.get(&added).await.has("Elevator B is out").ok();
        let note = common::after(&page, "/note/");
        let gone = admin.post(&format!("{huddle}/note/{note}"), &[("do", "remove")]).await.sent_to();
        let page = admin.get(&gone).await.has("Removed a note").ok();
        assert!(!page.contains("Elevator B is out"));
        let back = admin.post(&format!("{huddle}/note/{note}"), &[("undo", "restore")]).await.sent_to();
        admin.get(&back).await.has("Elevator B is out");
    });
}

#[test]
fn a_figure_shows_the_rows_it_was_made_from() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let admin = house.sign_in("admin").await;
        let path = "/at/lakeside.riverside/explain/midnight_census?period=2026-11-11";
        let page = admin.get(path).await.ok();
        assert!(page.contains("rows 1-4 of 4") || page.contains("1-4 of 4"), "{page}");
        assert!(page.contains("They make the value above") && page.contains("V1000"));
        assert!(!page.contains("do not make this value") && !page.contains(FAMILY));
        let csv = admin.get(&format!("{path}&format=csv")).await.ok();
        assert_eq!(csv.lines().count(), 5);
        assert!(csv.starts_with("site,row,when,numerator,denominator,note"));
        let before = admin.get(&format!("{path}&as_of=2026-11-12T06:00")).await;
        before.has("as known at Nov 12, 2026 at 06:00").has("No rows in this period");
        let bad = admin.get("/at/lakeside.riverside/explain/midnight_census?period=soon").await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        bad.has("is not a period: write 2026");
        let long = admin.get("/at/lakeside.riverside/explain/admissions?period=2020-01-01..2026-01-01").await;
        assert_eq!(long.status, StatusCode::BAD_REQUEST);
        let none = admin.get("/at/lakeside.riverside/explain/no_such_figure").await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        let parts = admin.get("/at/lakeside.riverside/explain/transfers_in?period=2026-11").await;
        parts.has("A move between two units of a site is a transfer of the units and not of the site.");
    });
}

#[test]
fn every_figure_has_a_page_at_every_level() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        fill(&house).await;
        let admin = house.sign_in("admin").await;
        let keys: Vec<&str> = house.product.ctx.catalogue.all().map(|figure| figure.key).collect();
        assert!(keys.len() > 15);
        for key in keys {
            for site in ["lakeside", "lakeside.riverside", "lakeside.riverside.5w"] {
                admin.get(&format!("/at/{site}/explain/{key}?period=2026-11")).await.ok();
            }
            admin.get(&format!("/at/lakeside.riverside/explain/{key}")).await.ok();
        }
    });
}

#[test]
fn search_finds_only_what_one_may_open() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("nora", Role::UnitManager, "lakeside.riverside.3n").await;
        house.add("bea", Role::Billing, "lakeside.riverside").await;
        fill(&house).await;
        let nora = house.sign_in("nora").await;
        nora.get("/search.json?q=3%20north")
            .await
            .has("\"title\":\"3 North\"")
            .has("/at/lakeside.riverside.3n/today");
        let west = nora.get("/search.json?q=west").await.ok();
        assert_eq!(west, "{\"hits\":[]}");
        nora.get("/search?q=occupied").await.has("Staffed beds occupied");
        nora.get("/search?q=theme").await.has("Change theme");
        nora.get("/search?q=x").await.has("What are you looking for?");
        nora.get("/search?q=nothing-like-it").await.has("Nothing found");
        nora.get("/search.json?q=V1003")
            .await
            .has("Visit V1003")
            .has("/at/lakeside.riverside.3n/census/records/");
        assert_eq!(nora.get("/search.json?q=V1000").await.ok(), "{\"hits\":[]}");
        assert_eq!(nora.get("/search.json?q=audit").await.ok(), "{\"hits\":[]}");
    });
}

#[test]
fn a_record_number_finds_its_visits_for_those_who_may_name_patients_and_is_logged() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
        fill(&house).await;
        let mara = house.sign_in("mara").await;
        mara.get("/search.json?q=R-V1000").await.has("Visit of this record number V1000");
        // A director sees the census without names.
        let admin = house.sign_in("admin").await;
        assert_eq!(admin.get("/search.json?q=R-V1000").await.ok(), "{\"hits\":[]}");
        let mut tx = house.db.read().await.unwrap();
        let tree = identity::SiteTree::load(&mut tx).await.unwrap();
        let scope = identity::Scope::operator(&tree, &"lakeside".parse().unwrap()).unwrap();
        let views = identity::access_log::list_views(&mut tx, &scope, None, None, 10).await.unwrap();
        let pages: Vec<&str> = views.iter().map(|view| view.page.as_str()).collect();
        assert_eq!(pages, ["search"]);
    });
}
