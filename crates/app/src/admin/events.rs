//! The stream of live events: names of topics that changed, never data.
//!
//! A browser holds one connection. It learns only that a topic changed and then loads the page again, whose
//! guard decides; still, what concerns a site is told only to those with a role there. The stream ends with
//! its session, which it does not keep alive.

use ::jobs::{Event, Subscription};
use area::{Answer, Fault, Visit};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as Stream};
use base::SitePath;
use identity::sessions::{find_limits, list_sessions};
use identity::{Access, Permission, SiteTree};
use jiff::civil::Date;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How often an idle connection is told that it lives, and its session looked at.
const HEARTBEAT: Duration = Duration::from_secs(20);

struct Reader {
    ctx: Arc<area::Ctx>,
    tree: Arc<SiteTree>,
    access: Access,
    session: String,
    today: Date,
    events: Subscription,
}

pub(super) async fn stream(visit: Visit) -> Answer {
    let who = visit.who()?;
    if who.session.is_empty() {
        return Err(Fault::NotFound);
    }
    let reader = Reader {
        ctx: Arc::clone(&visit.ctx),
        tree: Arc::clone(&visit.tree),
        access: who.access.clone(),
        session: who.session.clone(),
        today: visit.today(),
        events: visit.ctx.live.subscribe(visit.last_event),
    };
    let stream = futures::stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<Sse, Infallible>(event), reader))
    });
    Ok(Stream::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

impl Reader {
    /// The next event this reader may know of; `None` ends the stream.
    async fn next(&mut self) -> Option<Sse> {
        loop {
            match tokio::time::timeout(HEARTBEAT, self.events.next()).await {
                Ok(None) => return None,
                Ok(Some(event)) if may_know(&self.access, &self.tree, self.today, &event) => {
                    return Some(Sse::default().id(event.id.to_string()).data(topic(&event)));
                }
                Ok(Some(_)) => {}
                Err(_) if !self.is_signed_in().await => return None,
                Err(_) => {}
            }
        }
    }

    async fn is_signed_in(&self) -> bool {
        let Ok(mut tx) = self.ctx.db.read().await else { return false };
        let (Ok(limits), Ok(sessions)) =
            (find_limits(&mut tx).await, list_sessions(&mut tx, self.access.person_id()).await)
        else {
            return false;
        };
        let now = self.ctx.db.now();
        sessions.iter().any(|row| {
            row.token_hash == self.session && now < row.ends_at && now < limits.idle_end(row.seen_at)
        })
    }
}

/// The name a part of a page listens to: jobs each their own, everything else by kind.
fn topic(event: &Event) -> String {
    if event.topic == "job" { format!("job:{}", event.of) } else { event.topic.clone() }
}

fn may_know(access: &Access, tree: &SiteTree, today: Date, event: &Event) -> bool {
    match event.topic.as_str() {
        "feeds" => !access.sites_for(tree, Permission::FEEDS_VIEW, today).is_empty(),
        // Ids of jobs say nothing; the page of the job has its own guard.
        "job" | "reset" => true,
        _ => match event.of.parse::<SitePath>() {
            Ok(site) if tree.find(&site).is_some() => {
                // A change below a site changes the figures above it, and the other way round for jobs.
                access.grants.iter().filter(|grant| grant.is_held(today)).any(|grant| {
                    tree.get(&grant.site)
                        .is_some_and(|held| held.path.covers(&site) || site.covers(&held.path))
                })
            }
            Ok(_) | Err(_) => event.of.is_empty(),
        },
    }
}
