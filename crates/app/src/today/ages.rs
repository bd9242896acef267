//! How old the bed feed is, in words.

use super::store::FeedAge;
use base::Minutes;
use jiff::Timestamp;
use web::{Freshness, format};

/// The way in of a feed that is loaded by hand.
const FILE: &str = "file";

/// One line on the feeds that tell of a site; nothing when there is none.
pub(super) fn freshness(feeds: &[FeedAge], stale_after: Minutes, now: Timestamp) -> Option<Freshness> {
    let live: Vec<&FeedAge> = feeds.iter().filter(|feed| feed.way != FILE).collect();
    let is_old = |feed: &FeedAge| (now.as_second() - feed.last_at.as_second()) > stale_after.0 * 60;
    let newest = feeds.iter().max_by_key(|feed| feed.last_at)?;
    let late: Vec<&&FeedAge> = live.iter().filter(|feed| is_old(feed)).collect();
    let oldest = late.iter().min_by_key(|feed| feed.last_at);
    Some(match (live.len(), oldest) {
        (0, _) => {
            let text = format!("Loaded from a file {}", format::age(newest.last_at, now));
            Freshness { text, is_old: is_old(newest) }
        }
        (_, None) => Freshness::fresh(format!("Bed feed {}", format::age(newest.last_at, now))),
        (1, Some(feed)) => Freshness::old(format!("Bed feed {}", format::age(feed.last_at, now))),
        (n, Some(feed)) => Freshness::old(format!(
            "{} of {n} bed feeds late, oldest {}",
            late.len(),
            format::age(feed.last_at, now)
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(feeds: &[(&str, i64)]) -> String {
        let now: Timestamp = "2026-11-12T14:47:00Z".parse().unwrap();
        let feeds: Vec<FeedAge> = feeds
            .iter()
            .map(|(way, minutes)| FeedAge {
                way: (*way).to_owned(),
                last_at: Timestamp::from_second(now.as_second() - minutes * 60).unwrap(),
            })
            .collect();
        let fresh = freshness(&feeds, Minutes(15), now);
        fresh.map_or("nothing".to_owned(), |fresh| {
            format!("{}{}", if fresh.is_old { "old: " } else { "" }, fresh.text)
        })
    }

    #[test]
    fn a_feed_is_old_past_its_limit() {
        assert_eq!(check(&[("mllp", 15)]), "Bed feed 15 min ago");
        assert_eq!(check(&[("mllp", 16)]), "old: Bed feed 16 min ago");
    }

    #[test]
    fn one_late_feed_of_several_is_told() {
        assert_eq!(
            check(&[("mllp", 2), ("mllp", 70), ("mllp", 3)]),
            "old: 1 of 3 bed feeds late, oldest 1 h ago"
        );
        assert_eq!(check(&[("mllp", 2), ("mllp", 3)]), "Bed feed 2 min ago");
    }

    #[test]
    fn a_file_never_looks_live() {
        assert_eq!(check(&[("file", 180)]), "old: Loaded from a file 3 h ago");
        assert_eq!(check(&[("file", 180), ("mllp", 1)]), "Bed feed 1 min ago");
        assert_eq!(check(&[]), "nothing");
    }
}
