//! The forms of census and flow, through the router on both engines: good input, bad input, no right, another
//! scope, somebody faster.

mod common;
mod feed;

use axum::http::StatusCode;
use common::{Browser, House, after};
use feed::{FAMILY, adt, fill, tell};
use identity::Role;
use intake::Outcome;
use testkit::{Fixture, on_both};

/// What a unit manager of 5 West may reach.
const OWN: &str = "/at/lakeside.riverside.5w";
/// The unit beside it.
const OTHER: &str = "/at/lakeside.riverside.3n";
/// The facility of both.
const HOUSE: &str = "/at/lakeside.riverside";

/// The patients of the feed, a manager of each unit, of the facility, and somebody who only looks.
async fn build(fixture: Fixture) -> House {
    let house = House::build(fixture).await;
    house.add("uli", Role::UnitManager, "lakeside.riverside.5w").await;
    house.add("nora", Role::UnitManager, "lakeside.riverside.3n").await;
    house.add("mara", Role::FacilityManager, "lakeside.riverside").await;
    house.add("dora", Role::Director, "lakeside").await;
    fill(&house).await;
    house
}

/// The address of a bed's page below a unit, from the list of beds.
async fn bed(browser: &Browser, at: &str, code: &str) -> String {
    let list = browser.get(&format!("{at}/census/flow")).await.ok();
    let mark = format!("href=\"{at}/census/beds/");
    for part in list.split(&mark).skip(1) {
        let id = part.split('"').next().unwrap_or_default();
        let page = browser.get(&format!("{at}/census/beds/{id}")).await.text();
        if page.contains(&format!("<h1>Bed {code}")) {
            return format!("{at}/census/beds/{id}");
        }
    }
    String::new()
}

#[track_caller]
fn is_refused(seen: &common::Seen, field: &str, kept: &str) {
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", seen.text());
    let page = seen.text();
    assert!(page.contains("<title>Error:"), "{page}");
    assert!(page.contains("There is a problem"), "{page}");
    assert!(page.contains(&format!("href=\"#f-{field}")), "the summary leads to {field}: {page}");
    assert!(page.contains(kept), "`{kept}` is kept: {page}");
}

#[test]
fn a_bed_is_made_ready_blocked_and_put_back() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        assert_eq!(
            tell(&house, &adt("m9", "A03", "20261112070000", "5W-501", "V1000", "")).await,
            Outcome::Applied
        );
        house.product.ctx.forget();
        let uli = house.sign_in("uli").await;
        let at = bed(&uli, OWN, "501-A").await;
        assert!(!at.is_empty());

        let to = uli.save(&at, &at, &[("do", "clean")]).await.sent_to();
        uli.get(&to).await.has("Bed 501-A is now available");
        // A reason and somebody who clears it are needed; the note typed is not lost.
        let bad = [("do", "block"), ("reason", ""), ("note", "Rail is loose"), ("owner", "Works")];
        is_refused(&uli.save(&at, &at, &bad).await, "reason", "value=\"Rail is loose\"");
        let good =
            [("do", "block"), ("reason", "maintenance"), ("note", "Rail is loose"), ("owner", "Works")];
        let stale = uli.version_on(&at, &at).await;
        let to = uli.save(&at, &at, &good).await.sent_to();
        let page = uli.get(&to).await.has("Bed 501-A is now blocked").has("Works").text();
        let late = [("version", stale.as_str()), ("do", "dirty")];
        let seen = uli.post(&at, &late).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.has("Blocked").has("Mark dirty").has("Save mine");
        let token = after(&page, "name=\"undo\" value=\"");
        let back = uli.post(&format!("{at}/undo"), &[("undo", &token)]).await.sent_to();
        uli.get(&back).await.has("Available");
        let none = uli.post(&at, &[("do", "fly")]).await;
        assert_eq!(none.status, StatusCode::BAD_REQUEST);

        // What kind of bed it is.
        let flags = uli.save_at(&at, &at, "flags", &[("licensed", "1")]).await;
        uli.get(&flags.sent_to()).await.has("Saved what kind of bed it is");

        // Looking is no right to change, and a neighbor's bed is not there.
        let dora = house.sign_in("dora").await;
        dora.get(&at).await.has("You may look at this bed, not change it");
        assert_eq!(dora.post(&at, &good).await.status, StatusCode::NOT_FOUND);
        let nora = house.sign_in("nora").await;
        assert_eq!(nora.post(&at, &good).await.status, StatusCode::NOT_FOUND);
        let forged = at.replace(OWN, OTHER);
        assert_eq!(nora.get(&forged).await.status, StatusCode::NOT_FOUND);
        assert_eq!(nora.post(&forged, &good).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            nora.post(&format!("{forged}/undo"), &[("undo", &token)]).await.status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn bed_counts_are_saved_from_a_day_on() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        let uli = house.sign_in("uli").await;
        let page = format!("{OWN}/census/beds/staffing?unit=lakeside.riverside.5w");
        let at = format!("{OWN}/census/beds/staffing");
        let counts = |from: &'static str, staffed: &'static str| {
            [
                ("unit", "lakeside.riverside.5w"),
                ("from", from),
                ("licensed", "30"),
                ("set_up", "29"),
                ("staffed", staffed),
            ]
        };
        is_refused(&uli.save(&page, &at, &counts("soon", "27")).await, "from", "value=\"27\"");
        is_refused(&uli.save(&page, &at, &counts("2026-12-01", "x7")).await, "staffed", "value=\"x7\"");
        is_refused(&uli.save(&page, &at, &counts("2026-12-01", "31")).await, "licensed", "value=\"31\"");
        let stale = uli.version_on(&page, &at).await;
        uli.save(&page, &at, &counts("2026-11-12", "26")).await.sent_to();
        uli.get(&format!("{OWN}/census/beds")).await.has(">26<");
        let mut late = vec![("version", stale.as_str())];
        late.extend(counts("2026-11-12", "25"));
        let seen = uli.post(&at, &late).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.has(">26</td>").has("name=\"staffed\" value=\"25\"");

        let dora = house.sign_in("dora").await;
        assert_eq!(dora.post(&at, &counts("2026-12-01", "20")).await.status, StatusCode::NOT_FOUND);
        let nora = house.sign_in("nora").await;
        assert_eq!(nora.post(&at, &counts("2026-12-01", "20")).await.status, StatusCode::NOT_FOUND);
        let forged = format!("{OTHER}/census/beds/staffing");
        assert_eq!(nora.post(&forged, &counts("2026-12-01", "20")).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn what_a_leaving_patient_waits_for_is_kept_and_taken_back() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        let uli = house.sign_in("uli").await;
        let register = uli.get(&format!("{OWN}/census/records")).await.ok();
        let stay = after(&register, &format!("href=\"{OWN}/census/records/"));
        let at = format!("{OWN}/census/flow/leaving/{stay}");
        let long = "van ".repeat(80);
        is_refused(&uli.save(&at, &at, &[("wait", "transport"), ("note", &long)]).await, "note", long.trim());
        let stale = uli.version_on(&at, &at).await;
        let to = uli.save(&at, &at, &[("wait", "transport"), ("note", "van at noon")]).await.sent_to();
        uli.get(&to).await.has("data-undo");
        // Somebody who opened the form before sees both, and saves over it only by choice.
        let late = [("version", stale.as_str()), ("wait", "family"), ("note", "")];
        let seen = uli.post(&at, &late).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.has("van at noon").has("Transport").has("Family").has("Save mine");
        uli.get(&at).await.has("value=\"van at noon\"");
        // Taking back sets what was before, whatever the version.
        uli.post(&at, &[("undo", "|")]).await.sent_to();
        let page = uli.get(&at).await.ok();
        assert!(!page.contains("van at noon"), "{page}");
        let dora = house.sign_in("dora").await;
        assert_eq!(dora.post(&at, &[("wait", "order")]).await.status, StatusCode::NOT_FOUND);
        let nora = house.sign_in("nora").await;
        assert_eq!(
            nora.post(&at.replace(OWN, OTHER), &[("wait", "order")]).await.status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn the_profile_of_a_facility_is_changed_in_one_place() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        let mara = house.sign_in("mara").await;
        let at = format!("{HOUSE}/census/profile");
        let typed = |classes: &'static str| [("expired", "20 41"), ("unseen", "LWBS"), ("classes", classes)];
        let bad = mara.save(&at, &at, &typed("OBS observation")).await;
        is_refused(&bad, "classes", "OBS observation</textarea>");
        let stale = mara.version_on(&at, &at).await;
        let job = mara.save(&at, &at, &typed("OBS = observation")).await.sent_to();
        house.work().await;
        mara.get(&job).await.sent_to();
        mara.get(&at).await.has("OBS = observation").has("value=\"20 41\"");
        let mut late = vec![("version", stale.as_str())];
        late.extend(typed("DAY = outpatient"));
        let seen = mara.post(&at, &late).await;
        assert_eq!(seen.status, StatusCode::CONFLICT);
        seen.has("OBS = observation").has("DAY = outpatient").has("Save mine");

        // Care and codes of a unit.
        let page = format!("{at}/unit?unit=lakeside.riverside.5w");
        let to = format!("{at}/unit");
        let unit = |care: &'static str, codes: &'static str| {
            [("unit", "lakeside.riverside.5w"), ("care", care), ("codes", codes)]
        };
        is_refused(&mara.save(&page, &to, &unit("best", "5W")).await, "care", "value=\"5W\"");
        is_refused(&mara.save(&page, &to, &unit("inpatient", "5W 3N")).await, "codes", "value=\"5W 3N\"");
        let stale = mara.version_on(&page, &to).await;
        mara.save(&page, &to, &unit("observation", "5W 5WEST")).await.sent_to();
        house.work().await;
        mara.get(&page).await.has("5W 5WEST");
        let mut late = vec![("version", stale.as_str())];
        late.extend(unit("inpatient", "5W"));
        assert_eq!(mara.post(&to, &late).await.status, StatusCode::CONFLICT);

        let dora = house.sign_in("dora").await;
        assert_eq!(dora.post(&at, &typed("")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(dora.post(&to, &unit("inpatient", "5W")).await.status, StatusCode::NOT_FOUND);
        // A unit has no profile, and a facility's is not a unit manager's.
        let uli = house.sign_in("uli").await;
        assert_eq!(uli.post(&at, &typed("")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            uli.post(&format!("{OWN}/census/profile"), &typed("")).await.status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn a_code_nobody_knew_is_given_to_a_unit() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        let lost = adt("m8", "A01", "20261112060000", "9X-1", "V2000", "");
        assert_eq!(tell(&house, &lost).await, Outcome::Applied);
        house.product.ctx.forget();
        let mara = house.sign_in("mara").await;
        let at = format!("{HOUSE}/census/profile");
        mara.get(&at).await.has("9X");
        let map = |unit: &'static str| [("code", "9X"), ("unit", unit)];
        let to = format!("{at}/map");
        let none = mara.post(&to, &map("")).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        none.has("Choose the unit the code belongs to").has("9X");
        // A unit of another facility is no choice.
        let far = mara.post(&to, &map("lakeside.harbor")).await;
        assert_eq!(far.status, StatusCode::UNPROCESSABLE_ENTITY);
        let dora = house.sign_in("dora").await;
        assert_eq!(dora.post(&to, &map("lakeside.riverside.5w")).await.status, StatusCode::NOT_FOUND);
        let uli = house.sign_in("uli").await;
        assert_eq!(uli.post(&to, &map("lakeside.riverside.5w")).await.status, StatusCode::NOT_FOUND);
        let page = mara.post(&to, &map("lakeside.riverside.5w")).await.sent_to();
        mara.get(&page).await.has("is mapped").has("Every code is known");
        // The patient is in the unit now, as if the code had always been known.
        mara.get(&format!("{HOUSE}/today")).await.has("4 of 28 beds in use");
    });
}

#[test]
fn a_wrong_merge_is_reversed_by_those_who_may_name_patients() {
    on_both(async |fixture| {
        let house = build(fixture).await;
        let merge = format!(
            "MSH|^~\\&|ADT|RGH|HELMWARD|LAKESIDE|20261112080000||ADT^A40|m7|P|2.5.1\rEVN|A40|20261112080000\r\
             PID|1||R-V1000^^^RGH^MR||{FAMILY}^ANNA||19500101|F\rMRG|R-V1001^^^RGH^MR\r"
        );
        assert_eq!(tell(&house, &merge).await, Outcome::Applied);
        house.product.ctx.forget();
        let mara = house.sign_in("mara").await;
        let (stay, at) = find_merge(&mara).await;
        mara.get(&at).await.has("Reverse a merge").has("two patients again");
        is_refused(&mara.post(&at, &[("reason", " ")]).await, "reason", "Why the merge was wrong");
        // No names, no reversal; nobody else's patients; no merge that is none.
        let dora = house.sign_in("dora").await;
        assert_eq!(dora.get(&at).await.status, StatusCode::NOT_FOUND);
        assert_eq!(dora.post(&at, &[("reason", "Two people")]).await.status, StatusCode::NOT_FOUND);
        let nora = house.sign_in("nora").await;
        let forged = at.replace(HOUSE, OTHER);
        assert_eq!(nora.get(&forged).await.status, StatusCode::NOT_FOUND);
        assert_eq!(nora.post(&forged, &[("reason", "Two people")]).await.status, StatusCode::NOT_FOUND);
        let none = format!("{HOUSE}/census/records/{stay}/merge/1");
        assert_eq!(mara.post(&none, &[("reason", "Two people")]).await.status, StatusCode::NOT_FOUND);

        let to = mara.post(&at, &[("reason", "Two people of one name")]).await.sent_to();
        mara.get(&to).await.has("ANNA");
        let (_, gone) = find_merge(&mara).await;
        assert_eq!(gone, "", "nothing is left to reverse");
        let again = mara.post(&at, &[("reason", "Two people of one name")]).await;
        assert!(matches!(again.status, StatusCode::CONFLICT | StatusCode::NOT_FOUND), "{}", again.status);
    });
}

/// The stay whose page offers to reverse a merge, and where.
async fn find_merge(browser: &Browser) -> (String, String) {
    let register = browser.get(&format!("{HOUSE}/census/records")).await.ok();
    let mark = format!("href=\"{HOUSE}/census/records/");
    for part in register.split(&mark).skip(1) {
        let stay = part.split('"').next().unwrap_or_default().to_owned();
        let page = browser.get(&format!("{HOUSE}/census/records/{stay}")).await.text();
        let message = after(&page, &format!("href=\"{HOUSE}/census/records/{stay}/merge/"));
        if !message.is_empty() {
            let at = format!("{HOUSE}/census/records/{stay}/merge/{message}");
            return (stay, at);
        }
    }
    (String::new(), String::new())
}
