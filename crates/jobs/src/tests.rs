use crate::schedule::ask_due;
use crate::*;
use ::store::{Actor, Db, StoreError, Tx};
use base::{Id, SitePath};
use figures::needs::{NeedAsk, list_needs};
use figures::rules::{Registry as RuleRegistry, Rules, seed};
use futures::FutureExt as _;
use identity::sites::{NewSite, SiteRefused, insert_site};
use identity::{Access, Permission, Person, Role, Scope, SiteKind, SiteTree, people, roles};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::{Fixture, on_both};
use tokio::sync::watch;

const RIVERSIDE: &str = "lakeside.riverside";

fn site(path: &str) -> SitePath {
    path.parse().unwrap()
}

/// Two facilities; a unit's manager and the director, both people without a name for jobs.
struct House {
    tree: SiteTree,
    manager: Access,
    director: Access,
}

async fn house(db: &Db) -> House {
    let made: Result<(), SiteRefused> = db
        .write(|tx| {
            Box::pin(async move {
                let sites = [
                    ("lakeside", SiteKind::Enterprise),
                    (RIVERSIDE, SiteKind::Facility),
                    ("lakeside.harbor", SiteKind::Facility),
                ];
                for (path, kind) in sites {
                    let (path, name) = (site(path), path.to_owned());
                    let new =
                        NewSite { path, kind, name, time_zone: None, currency: None, care: None, sort: 0 };
                    insert_site(tx, &Actor::new("test", "house"), &new).await?;
                }
                Ok(())
            })
        })
        .await;
    made.unwrap();
    let tree = SiteTree::load(&mut db.read().await.unwrap()).await.unwrap();
    let manager = person(db, &tree, "manager@example.org", Role::FacilityManager, RIVERSIDE).await;
    let director = person(db, &tree, "director@example.org", Role::Director, "lakeside").await;
    House { tree, manager, director }
}

async fn person(db: &Db, tree: &SiteTree, email: &'static str, role: Role, at: &str) -> Access {
    let site = tree.find(&site(at)).unwrap().id;
    let id: Result<Id<Person>, people::PersonRefused> = db
        .write(move |tx| {
            Box::pin(async move {
                let actor = Actor::new("test", "house");
                let (email, name) = (email.to_owned(), "A Person".to_owned());
                let new = people::NewPerson { email, name, title: String::new() };
                let id = people::insert_person(tx, &actor, &new).await?;
                let from = "2026-01-01".parse().unwrap();
                roles::grant_role(tx, &actor, id, role, site, from, None).await.unwrap();
                Ok(id)
            })
        })
        .await;
    roles::find_access(&mut db.read().await.unwrap(), id.unwrap()).await.unwrap().unwrap()
}

impl House {
    fn scope(&self, access: &Access, permission: Permission, at: &str) -> Scope {
        access.scope(&self.tree, permission, &site(at), "2026-11-12".parse().unwrap()).unwrap()
    }

    fn operator(&self) -> Scope {
        Scope::operator(&self.tree, &site("lakeside")).unwrap()
    }
}

/// Kinds that end each in their own way.
fn jobs() -> Jobs {
    let kinds = vec![
        JobKind::new("count", "Count", |context| {
            async move {
                let n = context.arguments()["n"].as_i64().unwrap_or(0);
                for done in 1..=n {
                    context.check()?;
                    context.progress(done, n, "counting").await;
                }
                Ok(format!("counted to {n}"))
            }
            .boxed()
        }),
        JobKind::new("refuse", "Refuse", |_| {
            async { Err(JobFailed::because("the file is empty; choose another")) }.boxed()
        }),
        JobKind::new("panic", "Panic", |_| async { panic!("a fault") }.boxed()),
        JobKind::new("endless", "Endless", |context| {
            async move {
                loop {
                    context.check()?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            .boxed()
        }),
    ];
    Jobs::new(Registry::new(kinds).unwrap(), Live::new(Timestamp::UNIX_EPOCH))
}

fn ask_for(kind: &'static str, by: &str) -> JobAsk {
    JobAsk {
        kind,
        site: site(RIVERSIDE),
        title: String::new(),
        arguments: serde_json::json!({ "n": 3 }),
        by: by.to_owned(),
        run_after: None,
    }
}

async fn ask(db: &Db, jobs: &Jobs, ask: JobAsk) -> Id<Job> {
    let jobs = jobs.clone();
    let id: Result<Id<Job>, StoreError> =
        db.write(move |tx| Box::pin(async move { jobs.ask(tx, ask).await })).await;
    id.unwrap()
}

async fn cancel(db: &Db, jobs: &Jobs, scope: &Scope, id: Id<Job>) -> CancelOutcome {
    let (jobs, scope) = (jobs.clone(), scope.clone());
    let outcome: Result<CancelOutcome, StoreError> = db
        .write(move |tx| {
            Box::pin(async move { jobs.cancel(tx, &scope, &Actor::new("p1", "request 1"), id).await })
        })
        .await;
    outcome.unwrap()
}

async fn reader(db: &Db) -> Tx {
    db.read().await.unwrap()
}

async fn job(db: &Db, id: Id<Job>) -> Job {
    crate::store::find(&mut reader(db).await, id).await.unwrap().unwrap()
}

/// State and result after one step of the worker.
async fn end_of(db: &Db, jobs: &Jobs, kind: &'static str) -> (JobState, String) {
    let id = ask(db, jobs, ask_for(kind, "p1")).await;
    assert_eq!(run_next(db, jobs).await.unwrap(), Some(id));
    let ended = job(db, id).await;
    assert!(ended.finished_at.is_some() && ended.started_at.is_some());
    (ended.state, ended.result.replace(&id.to_string(), "ID"))
}

#[test]
fn work_ends_with_a_result_a_reason_or_a_fault() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let jobs = jobs();
        assert_eq!(run_next(&db, &jobs).await.unwrap(), None);
        assert_eq!(end_of(&db, &jobs, "count").await, (JobState::Done, "counted to 3".to_owned()));
        let reason = "the file is empty; choose another".to_owned();
        assert_eq!(end_of(&db, &jobs, "refuse").await, (JobState::Failed, reason));
        let fault = "a fault of the program stopped this work; its log names job ID".to_owned();
        assert_eq!(end_of(&db, &jobs, "panic").await, (JobState::Failed, fault));
        assert_eq!(run_next(&db, &jobs).await.unwrap(), None);
    });
}

#[test]
fn the_last_progress_is_kept_though_writes_are_few() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let jobs = jobs();
        let mut asked = ask_for("count", "p1");
        asked.arguments = serde_json::json!({ "n": 10_000 });
        let id = ask(&db, &jobs, asked).await;
        let mut events = jobs.live().subscribe(None);
        let began = std::time::Instant::now();
        run_next(&db, &jobs).await.unwrap();
        let quarters = usize::try_from(began.elapsed().as_millis() / 250).unwrap() + 1;
        let ended = job(&db, id).await;
        assert_eq!((ended.n_done, ended.n_total, ended.note.as_str()), (10_000, 10_000, "counting"));
        let mut n_told = 0;
        while let Some(Some(event)) = events.next().now_or_never() {
            n_told += usize::from(event.topic == "job");
        }
        // One when it was taken, one at its end.
        assert!(n_told <= quarters + 2, "{n_told} events in {quarters} quarters of a second");
    });
}

#[test]
fn work_waits_for_its_hour() {
    on_both(async |fixture: Fixture| {
        let jobs = jobs();
        let hour: Timestamp = "2026-11-12T14:00:00Z".parse().unwrap();
        let asked = JobAsk { run_after: Some(hour), ..ask_for("count", "p1") };
        let id = ask(&fixture.db, &jobs, asked).await;
        fixture.clock.set(hour.checked_sub(SignedDuration::from_micros(1)).unwrap());
        assert_eq!(run_next(&fixture.db, &jobs).await.unwrap(), None);
        fixture.clock.set(hour);
        assert_eq!(run_next(&fixture.db, &jobs).await.unwrap(), Some(id));
    });
}

#[test]
fn two_workers_never_take_the_same_job() {
    on_both(async |fixture: Fixture| {
        let n_runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&n_runs);
        let kind = JobKind::new("once", "Once", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok(String::new()) }.boxed()
        });
        let jobs = Jobs::new(Registry::new(vec![kind]).unwrap(), Live::new(Timestamp::UNIX_EPOCH));
        for _ in 0..20 {
            ask(&fixture.db, &jobs, ask_for("once", "p1")).await;
        }
        // A second process, as far as the database can tell.
        let vault = ::store::Vault::new(&fixture.keys).unwrap();
        let clock = Arc::<::store::FixedClock>::clone(&fixture.clock);
        let other = Db::open(&fixture.location, false, vault, clock).await.unwrap();
        let drain = async |db: &Db| while run_next(db, &jobs).await.unwrap().is_some() {};
        tokio::join!(drain(&fixture.db), drain(&other), drain(&fixture.db), drain(&other));
        assert_eq!(n_runs.load(Ordering::Relaxed), 20);
    });
}

async fn take(db: &Db, jobs: &Jobs) -> Option<Job> {
    let waiting =
        crate::store::list_claimable(&mut reader(db).await, &jobs.registry, db.now()).await.unwrap();
    let first = waiting.into_iter().next()?;
    let taken: Result<Option<Job>, StoreError> =
        db.write(move |tx| Box::pin(async move { crate::store::claim(tx, &first).await })).await;
    taken.unwrap()
}

#[test]
fn a_dead_workers_job_is_taken_again_after_a_minute_three_times_in_all() {
    on_both(async |fixture: Fixture| {
        let (db, jobs) = (&fixture.db, jobs());
        let id = ask(db, &jobs, ask_for("count", "p1")).await;
        let mut lost = Vec::new();
        for n_tries in 1..=3 {
            let taken = take(db, &jobs).await.unwrap();
            assert_eq!((taken.id, taken.n_tries), (id, n_tries));
            lost.push(taken);
            fixture.clock.set(db.now() + SignedDuration::from_secs(60));
            assert!(take(db, &jobs).await.is_none());
            fixture.clock.set(db.now() + SignedDuration::from_micros(1));
        }
        assert_eq!(run_next(db, &jobs).await.unwrap(), Some(id));
        let ended = job(db, id).await;
        assert_eq!(ended.state, JobState::Failed);
        assert!(ended.result.starts_with("the program ended 3 times while doing this"), "{}", ended.result);

        // The worker that was only slow finds that it lost the job.
        let slow = lost.remove(0);
        let kept: Result<bool, StoreError> = db
            .write(move |tx| {
                Box::pin(async move {
                    let progress = crate::store::Progress::default();
                    crate::store::settle(tx, &slow, &progress, JobState::Done, "late").await
                })
            })
            .await;
        assert!(!kept.unwrap());
        assert_eq!(job(db, id).await.state, JobState::Failed);
    });
}

#[test]
fn a_waiting_job_is_cancelled_at_once_and_a_running_one_at_its_next_step() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let (house, jobs) = (house(&db).await, jobs());
        let operator = house.operator();
        let waiting = ask(&db, &jobs, ask_for("count", "p1")).await;
        assert_eq!(cancel(&db, &jobs, &operator, waiting).await, CancelOutcome::Cancelled);
        assert_eq!(run_next(&db, &jobs).await.unwrap(), None);
        assert_eq!(cancel(&db, &jobs, &operator, waiting).await, CancelOutcome::Settled);

        let endless = ask(&db, &jobs, ask_for("endless", "p1")).await;
        let stop = async {
            while job(&db, endless).await.state != JobState::Running {
                tokio::task::yield_now().await;
            }
            cancel(&db, &jobs, &operator, endless).await
        };
        let (ran, asked) = tokio::join!(run_next(&db, &jobs), stop);
        assert_eq!((ran.unwrap(), asked), (Some(endless), CancelOutcome::Asked));
        assert_eq!(job(&db, endless).await.state, JobState::Cancelled);
    });
}

#[test]
fn a_process_that_ends_gives_its_jobs_back() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let jobs = jobs();
        let id = ask(&db, &jobs, ask_for("endless", "p1")).await;
        let (end, shutdown) = watch::channel(false);
        let worker = tokio::spawn(run_worker(db.clone(), jobs.clone(), shutdown));
        while job(&db, id).await.state != JobState::Running {
            tokio::task::yield_now().await;
        }
        end.send(true).unwrap();
        worker.await.unwrap();
        let given_back = job(&db, id).await;
        assert_eq!((given_back.state, given_back.n_tries), (JobState::Waiting, 0));
    });
}

#[test]
fn people_see_their_own_jobs_and_administrators_those_of_their_sites() {
    on_both(async |Fixture { db, .. }: Fixture| {
        let (house, jobs) = (house(&db).await, jobs());
        let own = ask(&db, &jobs, ask_for("count", &house.manager.person_id().to_string())).await;
        let others = ask(&db, &jobs, ask_for("count", "schedule nightly")).await;
        let elsewhere = JobAsk { site: site("lakeside.harbor"), ..ask_for("count", "p9") };
        let elsewhere = ask(&db, &jobs, elsewhere).await;
        let seen = async |scope: &Scope, state: Option<JobState>| -> Vec<Id<Job>> {
            let page = jobs.list(&mut reader(&db).await, scope, state, 0, 50).await.unwrap();
            assert_eq!(page.n_all, i64::try_from(page.jobs.len()).unwrap());
            let mut ids: Vec<Id<Job>> = page.jobs.iter().map(|job| job.id).collect();
            ids.sort();
            ids
        };
        let sorted = |mut ids: Vec<Id<Job>>| {
            ids.sort();
            ids
        };
        let manager = house.scope(&house.manager, Permission::ME, RIVERSIDE);
        let here = house.scope(&house.director, Permission::ADMIN_VIEW, RIVERSIDE);
        let all = house.scope(&house.director, Permission::ADMIN_VIEW, "lakeside");
        assert_eq!(seen(&manager, None).await, [own]);
        assert_eq!(seen(&here, None).await, sorted(vec![own, others]));
        assert_eq!(seen(&all, None).await, sorted(vec![own, others, elsewhere]));
        assert_eq!(seen(&all, Some(JobState::Done)).await, []);

        let mut tx = reader(&db).await;
        assert!(jobs.find(&mut tx, &manager, own).await.unwrap().is_some());
        assert!(jobs.find(&mut tx, &manager, others).await.unwrap().is_none());
        assert!(jobs.find(&mut tx, &here, elsewhere).await.unwrap().is_none());
        // To view is not to stop.
        assert_eq!(cancel(&db, &jobs, &here, others).await, CancelOutcome::NotFound);
        assert_eq!(cancel(&db, &jobs, &manager, own).await, CancelOutcome::Cancelled);
    });
}

#[test]
fn finished_work_is_a_need_of_who_asked_for_a_day() {
    on_both(async |fixture: Fixture| {
        let (db, house, jobs) = (&fixture.db, house(&fixture.db).await, jobs());
        let by = house.manager.person_id().to_string();
        ask(db, &jobs, ask_for("count", &by)).await;
        ask(db, &jobs, ask_for("refuse", &by)).await;
        while run_next(db, &jobs).await.unwrap().is_some() {}
        let rules = Rules::without_overrides(Arc::new(RuleRegistry::new(&[seed()]).unwrap()));
        let needs = async |access: &Access, at: &str| -> Vec<String> {
            let scope = house.scope(access, Permission::TODAY_VIEW, at);
            let ask = NeedAsk { scope: &scope, tree: &house.tree, rules: &rules, now: db.now() };
            let sources = [finished_jobs()];
            let ranked = list_needs(&mut reader(db).await, &sources, Some(access), &ask).await.unwrap();
            let mut sentences: Vec<String> = ranked.open.into_iter().map(|need| need.sentence).collect();
            sentences.sort();
            sentences
        };
        assert_eq!(needs(&house.manager, RIVERSIDE).await, ["Count is done", "Refuse did not finish"]);
        assert!(needs(&house.director, "lakeside").await.is_empty());
        fixture.clock.set(db.now() + SignedDuration::from_hours(24));
        assert!(needs(&house.manager, RIVERSIDE).await.is_empty());
    });
}

fn nightly(timing: Timing) -> Schedule {
    Schedule {
        key: "count.nightly".to_owned(),
        kind: "count".to_owned(),
        site: site(RIVERSIDE),
        title: "Nightly count".to_owned(),
        arguments: serde_json::json!({ "n": 1 }),
        timing,
        is_on: true,
    }
}

async fn put(db: &Db, jobs: &Jobs, schedule: Schedule) -> Result<(), String> {
    let jobs = jobs.clone();
    let put: Result<(), BadSchedule> = db
        .write(move |tx| {
            Box::pin(async move { jobs.put_schedule(tx, &Actor::new("p1", "request 1"), &schedule).await })
        })
        .await;
    put.map_err(|bad| bad.to_string())
}

#[test]
fn a_daily_schedule_falls_due_at_its_civil_time_once() {
    on_both(async |fixture: Fixture| {
        let (db, jobs) = (&fixture.db, jobs());
        let at = "02:00".parse().unwrap();
        let zone = "America/Chicago".to_owned();
        put(db, &jobs, nightly(Timing::Daily { at, zone })).await.unwrap();
        let due_at = async |now: &str| -> usize {
            fixture.clock.set(now.parse().unwrap());
            ask_due(db, &jobs).await.unwrap()
        };
        // Last night's time passed before the schedule was made.
        assert_eq!(due_at("2026-11-12T13:47:00Z").await, 0);
        assert_eq!(due_at("2026-11-13T07:59:59Z").await, 0);
        assert_eq!(due_at("2026-11-13T08:00:00Z").await, 1);
        assert_eq!(due_at("2026-11-13T08:00:00Z").await, 0);
        // Last night's job still waits, so tonight's is not asked on top of it.
        assert_eq!(due_at("2026-11-14T08:00:00Z").await, 0);
        run_next(db, &jobs).await.unwrap().unwrap();
        assert_eq!(due_at("2026-11-14T09:00:00Z").await, 1);
        run_next(db, &jobs).await.unwrap().unwrap();
        // Three days without a worker are made up once.
        assert_eq!(due_at("2026-11-17T20:00:00Z").await, 1);
        run_next(db, &jobs).await.unwrap().unwrap();
        assert_eq!(due_at("2026-11-17T20:00:00Z").await, 0);
    });
}

#[test]
fn schedules_are_listed_changed_and_removed() {
    on_both(async |fixture: Fixture| {
        let (db, jobs) = (&fixture.db, jobs());
        put(db, &jobs, nightly(Timing::Every { minutes: 15 })).await.unwrap();
        let off = Schedule { is_on: false, ..nightly(Timing::Every { minutes: 30 }) };
        put(db, &jobs, off.clone()).await.unwrap();
        assert_eq!(list_schedules(&mut reader(db).await).await.unwrap(), [off]);
        fixture.clock.set("2026-11-12T15:00:00Z".parse().unwrap());
        assert_eq!(ask_due(db, &jobs).await.unwrap(), 0);
        let own = jobs.clone();
        let removed: Result<bool, StoreError> = db
            .write(move |tx| {
                Box::pin(async move {
                    own.remove_schedule(tx, &Actor::new("p1", "request 2"), "count.nightly").await
                })
            })
            .await;
        assert!(removed.unwrap());
        assert!(list_schedules(&mut reader(db).await).await.unwrap().is_empty());

        let refused = async |schedule: Schedule| put(db, &jobs, schedule).await.unwrap_err();
        let every = |minutes| nightly(Timing::Every { minutes });
        assert_eq!(refused(every(0)).await, "every 0 minutes is outside the limits; give 1 to 1440");
        assert_eq!(refused(every(1_441)).await, "every 1441 minutes is outside the limits; give 1 to 1440");
        let zone = Timing::Daily { at: "02:00".parse().unwrap(), zone: "Lake/Side".to_owned() };
        assert_eq!(
            refused(nightly(zone)).await,
            "`Lake/Side` is not a time zone; write one such as America/Chicago"
        );
        assert_eq!(
            refused(Schedule { kind: "dig".to_owned(), ..every(1) }).await,
            "there is no kind of job `dig`; choose one of count, endless, panic, refuse"
        );
    });
}

#[test]
fn jobs_of_schedules_are_forgotten_after_ninety_days_and_those_of_people_are_not() {
    on_both(async |fixture: Fixture| {
        let (db, jobs) = (&fixture.db, jobs());
        let scheduled = ask(db, &jobs, ask_for("count", "schedule count.nightly")).await;
        let asked = ask(db, &jobs, ask_for("count", "p1")).await;
        while run_next(db, &jobs).await.unwrap().is_some() {}
        fixture.clock.set(db.now() + SignedDuration::from_hours(90 * 24));
        assert_eq!(crate::worker::forget_old(db).await.unwrap(), 0);
        fixture.clock.set(db.now() + SignedDuration::from_micros(1));
        assert_eq!(crate::worker::forget_old(db).await.unwrap(), 1);
        assert!(crate::store::find(&mut reader(db).await, scheduled).await.unwrap().is_none());
        assert!(crate::store::find(&mut reader(db).await, asked).await.unwrap().is_some());
    });
}

#[test]
fn the_next_time_follows_the_clock_change() {
    let daily = Timing::Daily { at: "02:30".parse().unwrap(), zone: "America/Chicago".to_owned() };
    let check = |timing: &Timing, now: &str, next: &str| {
        assert_eq!(next_due(timing, now.parse().unwrap()).unwrap().to_string(), next);
    };
    check(&daily, "2026-10-31T12:00:00Z", "2026-11-01T08:30:00Z");
    check(&daily, "2026-10-31T07:30:00Z", "2026-11-01T08:30:00Z");
    // In spring 02:30 is skipped: the first moment that the clock shows as late.
    check(&daily, "2027-03-13T12:00:00Z", "2027-03-14T08:30:00Z");
    check(&Timing::Every { minutes: 15 }, "2026-11-12T13:47:00Z", "2026-11-12T14:00:00Z");
    check(&Timing::Every { minutes: 15 }, "2026-11-12T14:00:00Z", "2026-11-12T14:15:00Z");
}

async fn topics(live: &Live, after: Option<u64>) -> Vec<String> {
    let mut events = live.subscribe(after);
    let mut topics = Vec::new();
    while let Some(Some(event)) = events.next().now_or_never() {
        topics.push(event.topic);
    }
    topics
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed_or_is_told_to_read_again() {
    let live = Live::new("2026-11-12T13:47:00Z".parse().unwrap());
    let first = live.publish("census", RIVERSIDE);
    let second = live.publish("jobs", "");
    assert_eq!(second, first + 1);
    assert_eq!(topics(&live, None).await, Vec::<String>::new());
    assert_eq!(topics(&live, Some(first)).await, ["jobs"]);
    assert_eq!(topics(&live, Some(second)).await, Vec::<String>::new());
    // From before this process, or from a clock that ran ahead.
    assert_eq!(topics(&live, Some(7)).await, ["reset"]);
    assert_eq!(topics(&live, Some(second + 1)).await, ["reset"]);
    let later = Live::new("2026-11-12T13:47:01Z".parse().unwrap());
    assert!(later.publish("census", "") > second);

    for _ in 0..512 {
        live.publish("census", "");
    }
    assert_eq!(topics(&live, Some(second)).await.len(), 512);
    assert_eq!(topics(&live, Some(first)).await, ["reset"]);
}

#[tokio::test]
async fn a_slow_reader_is_told_to_read_again_and_goes_on() {
    let live = Live::new(Timestamp::UNIX_EPOCH);
    let mut events = live.subscribe(None);
    for _ in 0..600 {
        live.publish("census", "");
    }
    let lost = events.next().await.unwrap();
    let next = events.next().await.unwrap();
    assert_eq!((lost.topic.as_str(), next.topic.as_str()), ("reset", "census"));
    assert_eq!(next.id, lost.id + 1);
}
