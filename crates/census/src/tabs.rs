//! The links between the pages of census and flow.

use area::Visit;
use identity::{Permission, SiteKind};
use web::Markup;

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Flow,
    Day,
    Forecast,
    Beds,
    Records,
    Profile,
}

/// Links to every page of the area that this person may open here.
pub(crate) fn tabs(visit: &Visit, current: Tab) -> Markup {
    let has_profile = visit.site().is_ok_and(|site| site.kind != SiteKind::Unit)
        && (visit.may(Permission::CENSUS_EDIT) || visit.holds(Permission::SITES_VIEW));
    let all = [
        (Tab::Flow, "Flow board", "census/flow", true),
        (Tab::Day, "Day and month", "census/day", true),
        (Tab::Forecast, "Forecast", "census/forecast", true),
        (Tab::Beds, "Beds", "census/beds", true),
        (Tab::Records, "Services register", "census/records", true),
        (Tab::Profile, "Site profile", "census/profile", has_profile),
    ];
    let links: Vec<(&str, String, bool)> = all
        .into_iter()
        .filter(|(.., is_open)| *is_open)
        .map(|(tab, words, page, _)| (words, visit.at(page), tab == current))
        .collect();
    let links: Vec<(&str, &str, bool)> =
        links.iter().map(|(words, href, is_current)| (*words, href.as_str(), *is_current)).collect();
    web::tabs("Census and flow", &links)
}
