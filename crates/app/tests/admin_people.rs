//! People and roles, through the router on both engines.

mod common;

use axum::http::StatusCode;
use common::{House, after};
use identity::Role;
use testkit::on_both;

#[test]
fn a_person_is_added_changed_and_the_change_taken_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let fields = [
            ("name", "Kwame Osei"),
            ("email", "kwame@lakeside.example"),
            ("title", "Nurse"),
            ("role", "unit-manager"),
            ("at", "lakeside.riverside.5w"),
        ];
        admin.post("/admin/people/new", &fields).await.has("shown again");
        let taken = admin.post("/admin/people/new", &fields).await;
        assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
        taken.has("has an account already");
        let list = admin.get("/admin/people?q=kwame").await.ok();
        assert!(list.contains("Unit manager at 5 West"), "{list}");
        let page_at = format!("/admin/people/{}", after(&list, "href=\"/admin/people/0"));
        let page_at = page_at.replace("/admin/people/", "/admin/people/0");
        let page = admin.get(&page_at).await.ok();
        let version = after(&page, "name=\"version\" value=\"");
        let change = [
            ("version", version.as_str()),
            ("name", "Kwame A. Osei"),
            ("email", "kwame@lakeside.example"),
            ("title", "Charge nurse"),
        ];
        let to = admin.post(&format!("{page_at}/details"), &change).await.sent_to();
        let changed = admin.get(&to).await.ok();
        assert!(changed.contains("Kwame A. Osei") && changed.contains("data-undo"), "{changed}");
        // Somebody else's form still shows the old name.
        let stale = admin.post(&format!("{page_at}/details"), &change).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        stale.has("while you were editing");
        let token = after(&changed, "name=\"undo\" value=\"");
        let back = admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        let undone = admin.get(&back).await.ok();
        assert!(undone.contains("<h1>Kwame Osei</h1>"), "{undone}");
        // What was changed since is not taken back over somebody's head.
        assert_eq!(admin.post("/admin/undo", &[("undo", &token)]).await.status, StatusCode::CONFLICT);
    });
}

#[test]
fn roles_are_given_ended_and_given_back() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let id = house.add("mara", Role::UnitManager, "lakeside.riverside.5w").await;
        let admin = house.sign_in("admin").await;
        let page_at = format!("/admin/people/{id}");
        let give = [("role", "quality"), ("at", "lakeside.riverside"), ("from", "2026-11-12"), ("until", "")];
        let to = admin.post(&format!("{page_at}/roles"), &give).await.sent_to();
        let page = admin.get(&to).await.ok();
        assert!(page.contains("Quality lead"), "{page}");
        let again = admin.post(&format!("{page_at}/roles"), &give).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        let grant = after(&page, "name=\"grant\" value=\"");
        let to = admin.post(&format!("{page_at}/roles/end"), &[("grant", &grant)]).await.sent_to();
        let page = admin.get(&to).await.ok();
        assert!(page.contains("Ended"), "{page}");
        let token = after(&page, "name=\"undo\" value=\"");
        let back = admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        assert!(admin.get(&back).await.ok().contains("Held"));
    });
}

#[test]
fn an_account_is_closed_and_opened_again() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let id = house.add("mara", Role::UnitManager, "lakeside.riverside.5w").await;
        let mara = house.sign_in("mara").await;
        let admin = house.sign_in("admin").await;
        let to = admin.post(&format!("/admin/people/{id}/close"), &[]).await.sent_to();
        assert_eq!(mara.get("/me").await.status, StatusCode::SEE_OTHER);
        let page = admin.get(&to).await.ok();
        let token = after(&page, "name=\"undo\" value=\"");
        admin.post("/admin/undo", &[("undo", &token)]).await.sent_to();
        house.sign_in("mara").await;
    });
}

#[test]
fn a_role_sees_only_its_own_sites_and_pages() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let id = house.add("hana", Role::UnitManager, "lakeside.harbor").await;
        let lead = house.add("lead", Role::FacilityManager, "lakeside.riverside").await;
        let both = house.add("both", Role::UnitManager, "lakeside.riverside.5w").await;
        house.grant(both, Role::UnitManager, "lakeside.harbor").await;
        house.add("local", Role::Administrator, "lakeside.riverside").await;
        // A facility manager reads who works there, and changes nothing.
        let browser = house.sign_in("lead").await;
        let list = browser.get("/admin/people").await.ok();
        assert!(list.contains("lead Test") && !list.contains("hana Test"), "{list}");
        assert_eq!(browser.get(&format!("/admin/people/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get("/admin/people/new").await.status, StatusCode::NOT_FOUND);
        let post = browser.post(&format!("/admin/people/{lead}/close"), &[]).await;
        assert_eq!(post.status, StatusCode::NOT_FOUND);
        // Whoever administers one facility does not take over an account that reaches beyond it.
        let local = house.sign_in("local").await;
        local.get(&format!("/admin/people/{both}")).await.has("roles outside of your sites");
        let reset = local.post(&format!("/admin/people/{both}/password"), &[]).await;
        assert_eq!(reset.status, StatusCode::NOT_FOUND);
        assert_eq!(house.sign_in("hana").await.get("/admin").await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn the_list_is_a_file_too() {
    on_both(async |fixture| {
        let house = House::build(fixture).await;
        let admin = house.sign_in("admin").await;
        let csv = admin.get("/admin/people?format=csv").await;
        assert!(csv.kind.starts_with("text/csv"));
        csv.has("email,name,title,roles,state,since").has("admin@lakeside.example");
        assert!(admin.get("/admin/people?q=zzz").await.text().contains("Nothing matches these filters"));
    });
}
