use super::*;
use base::Minutes;

fn feed(way: &str, quiet_min: i64, n_open_faults: i64) -> (Feed, Timestamp) {
    let now: Timestamp = testkit::NOW.parse().unwrap();
    let last_at = now - jiff::SignedDuration::from_mins(quiet_min);
    let feed = Feed {
        id: "f".to_owned(),
        application: "EPIC".to_owned(),
        facility: "RG".to_owned(),
        way: way.to_owned(),
        site: None,
        first_at: last_at,
        last_at,
        last_event_at: Some(last_at - jiff::SignedDuration::from_mins(2)),
        n_received: 1,
        n_applied: 1,
        n_ignored: 0,
        n_duplicate: 0,
        n_refused: 0,
        n_open_faults,
    };
    (feed, now)
}

fn state(way: &str, quiet_min: i64, n_open_faults: i64) -> FeedState {
    let (feed, now) = feed(way, quiet_min, n_open_faults);
    feed.state(FeedRule { late_after_min: 30, silent_after_min: 240 }, now)
}

#[test]
fn a_live_feed_is_late_and_then_silent_one_minute_past_the_limit() {
    let quiet = |quiet| Minutes(quiet);
    assert_eq!(state("mllp", 30, 0), FeedState::Ok);
    assert_eq!(state("mllp", 31, 0), FeedState::Late { quiet: quiet(31) });
    assert_eq!(state("mllp", 240, 0), FeedState::Late { quiet: quiet(240) });
    assert_eq!(state("mllp", 241, 5), FeedState::Silent { quiet: quiet(241) });
}

#[test]
fn a_file_is_never_late_and_open_faults_show() {
    assert_eq!(state("file", 100_000, 0), FeedState::Ok);
    assert_eq!(state("file", 100_000, 3), FeedState::Errors { n_open: 3 });
    assert_eq!(feed("file", 0, 0).0.lag(), Some(Minutes(2)));
}
