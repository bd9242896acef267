//! Laws of repair, on made-up problems, and sick calls on a small ward.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test file; what fails here fails the test"
)]

use roster::check::{Verdict, check};
use roster::evaluate::{Evaluator, State};
use roster::problem::{Cell, DayIdx, PersonIdx, Problem};
use roster::repair::{Ask, BeyondHelp, CannotRepair, CostClass, Legal, News, Outcome, Repaired, repair};
use roster::testing::{Dice, any_problem, any_roster, curtois_like};
use roster::{Roster, read};
use std::collections::BTreeMap;

fn n_cases(n: u64) -> u64 {
    std::env::var("ROSTER_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(n)
}

/// Hard points by rule and person, or day where no person is named.
fn sums(verdict: &Verdict) -> BTreeMap<(String, Option<PersonIdx>, Option<i32>), i64> {
    let mut sums = BTreeMap::new();
    for breach in verdict.hard() {
        let day = breach.day.filter(|_| breach.person.is_none());
        *sums.entry((breach.rule.clone(), breach.person, day)).or_insert(0) += breach.points;
    }
    sums
}

fn any_news(dice: &mut Dice, problem: &Problem) -> Vec<News> {
    let n_days = u16::try_from(problem.n_days()).unwrap();
    let mut news = Vec::new();
    for _ in 0..dice.from_to(0, 3) {
        if problem.n_people() == 0 {
            break;
        }
        let person = PersonIdx::at(dice.below(problem.n_people()));
        let first = dice.small(0, n_days - 1);
        let day = DayIdx(first);
        let duties = problem.duties().cells().filter(|_| dice.happens(60)).collect();
        news.push(match dice.below(3) {
            0 => News::Lapsed { person, duties, from: problem.calendar().date(i32::from(first)) },
            1 if problem.parts().demands.iter().any(|of| of.day == day) => {
                let duties = problem.duties().cells().collect();
                News::Demand { day, duties, more: i16::try_from(dice.from_to(-2, 2)).unwrap() }
            }
            _ => {
                let last = DayIdx(dice.small(first, n_days - 1));
                News::Absent { person, first: day, last, is_credited: dice.happens(50) }
            }
        });
    }
    news
}

#[test]
fn a_repair_keeps_the_limit_breaks_nothing_new_and_leaves_the_past_alone() {
    let mut n_never = 0;
    for seed in 0..n_cases(1_000) {
        let before = Problem::new(any_problem(seed)).unwrap();
        let mut dice = Dice::new(seed);
        let published = any_roster(&before, seed);
        let news = any_news(&mut dice, &before);
        let after = News::applied(&news, &before, &published).unwrap();
        let first_free = DayIdx(dice.small(0, u16::try_from(before.n_days()).unwrap()));
        let changes_max = dice.below(9);
        let ask = Ask {
            before: &before,
            after: &after,
            published: &published,
            first_free,
            changes_max,
            work_max: 3_000,
        };
        let repaired = match repair(&ask) {
            Ok(repaired) => repaired,
            Err(CannotRepair::LimitTooSmall { forced, .. }) => {
                assert!(forced > changes_max, "seed {seed}");
                continue;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        };
        judge(seed, &ask, &news, &repaired);
        n_never += repaired.beyond_help.iter().filter(|of| of.legal == Legal::Never).count();
    }
    assert!(n_never > 10, "{n_never}");
}

fn judge(seed: u64, ask: &Ask<'_>, news: &[News], repaired: &Repaired) {
    let mut forced = ask.published.clone();
    let mut n_changes = 0;
    for person in PersonIdx::all(ask.after.n_people()) {
        for day in DayIdx::all(ask.after.n_days()) {
            let (was, is) = (ask.published.cell(person, day), repaired.roster.cell(person, day));
            n_changes += usize::from(was != is);
            assert!(was == is || day >= ask.first_free, "seed {seed}: day {day} is over");
        }
    }
    assert_eq!(n_changes, repaired.changes.len(), "seed {seed}");
    assert!(n_changes <= ask.changes_max, "seed {seed}");
    for change in repaired.changes.iter().filter(|change| change.is_forced) {
        forced.set(change.person, change.day, Cell::OFF);
    }
    for one in news {
        if let News::Absent { person, first, last, .. } = *one {
            for day in (first.0..=last.0).map(DayIdx).filter(|day| *day >= ask.first_free) {
                let was_away =
                    |away: &roster::problem::Away| (away.first..=away.last).contains(&i32::from(day.0));
                if !ask.before.person(person).away.iter().any(was_away) {
                    let cell = repaired.roster.cell(person, day);
                    assert!(cell.is_off() || ask.published.cell(person, day) == Cell::OFF, "seed {seed}");
                }
            }
        }
    }
    let verdict = check(ask.after, &repaired.roster);
    assert_eq!(verdict.score, repaired.score, "seed {seed}");
    let (was, root, now) =
        (sums(&check(ask.before, ask.published)), sums(&check(ask.after, &forced)), sums(&verdict));
    for (key, points) in &now {
        let limit = was.get(key).max(root.get(key)).copied().unwrap_or(0);
        assert!(*points <= limit, "seed {seed}: {key:?} {points} > {limit}");
    }
    let n_told = repaired.old_breaches.len() + repaired.left_breaches.len();
    assert_eq!(n_told, verdict.hard().count(), "seed {seed}");
    for hole in &repaired.holes {
        assert!(hole.left <= hole.missing, "seed {seed}");
    }
    let n_forced = repaired.changes.iter().filter(|change| change.is_forced).count();
    for BeyondHelp { person, legal } in &repaired.beyond_help {
        let own =
            repaired.changes.iter().filter(|change| change.is_forced && change.person == *person).count();
        if let Legal::After(n_changes) = legal {
            assert!(n_changes + n_forced - own > ask.changes_max, "seed {seed}: {person} was to be helped");
        }
        if *legal == Legal::Never
            && let Some(row) = legal_row(ask, *person)
        {
            panic!("seed {seed}: {person} has a legal row: {row:?}");
        }
    }
}

/// A legal row of a person that keeps the days that are over, where all rows can be tried.
fn legal_row(ask: &Ask<'_>, person: PersonIdx) -> Option<Vec<Cell>> {
    let n_codes = ask.after.n_codes();
    let free: Vec<DayIdx> = DayIdx::all(ask.after.n_days()).filter(|day| *day >= ask.first_free).collect();
    let n_rows = u32::try_from(free.len()).ok().and_then(|days| n_codes.checked_pow(days));
    let mut roster = ask.published.clone();
    for number in 0..n_rows.filter(|n_rows| *n_rows <= 2_000).unwrap_or(0) {
        let mut rest = number;
        for day in &free {
            roster.set(person, *day, Cell(u16::try_from(rest % n_codes).unwrap()));
            rest /= n_codes;
        }
        if check(ask.after, &roster).hard().all(|breach| breach.person != Some(person)) {
            return Some(roster.row(person).to_vec());
        }
    }
    None
}

/// A small ward with a roster that is legal but for hours.
fn ward(seed: u64) -> (Problem, Roster) {
    let problem = read::curtois::read(&curtois_like(seed, 7, 4, 2)).unwrap();
    let evaluator = Evaluator::new(&problem);
    let mut state = State::new(&evaluator, problem.empty_roster());
    let mut dice = Dice::new(seed);
    for _ in 0..3_000 {
        let mark = state.mark();
        let person = PersonIdx::at(dice.below(problem.n_people()));
        let day = DayIdx::at(dice.below(problem.n_days()));
        let cell = Cell(u16::try_from(dice.below(problem.n_codes())).unwrap());
        let was = state.score();
        state.set(person, day, cell);
        if state.score() > was {
            state.undo_to(mark);
        }
    }
    (problem.clone(), state.into_roster())
}

#[test]
fn a_row_that_needs_more_changes_is_legal_with_so_many_and_not_with_fewer() {
    let mut n_told = 0;
    for seed in 0..n_cases(150) {
        let (before, published) = ward(seed);
        let mut dice = Dice::new(seed);
        let worked: Vec<_> = published.worked().collect();
        let Some(&(person, first, _)) = worked.get(dice.below(worked.len().max(1))) else { continue };
        if check(&before, &published).hard().any(|breach| breach.person == Some(person)) {
            continue;
        }
        let last = DayIdx(dice.small(first.0, u16::try_from(before.n_days() - 1).unwrap()));
        let news = [News::Absent { person, first, last, is_credited: false }];
        let after = News::applied(&news, &before, &published).unwrap();
        let repaired = |changes_max: usize| {
            let ask = Ask {
                before: &before,
                after: &after,
                published: &published,
                first_free: DayIdx(0),
                changes_max,
                work_max: Ask::WORK,
            };
            repair(&ask).unwrap()
        };
        let forced = worked.iter().filter(|(of, day, _)| *of == person && (first..=last).contains(day));
        let told = repaired(forced.count()).beyond_help;
        let Some(n_needed) = told.first().and_then(|of| of.legal.n_changes()) else { continue };
        n_told += 1;
        let (enough, less) = (repaired(n_needed), repaired(n_needed - 1));
        let is_own_new =
            |repaired: &Repaired| repaired.left_breaches.iter().any(|of| of.person == Some(person));
        assert!(enough.beyond_help.is_empty() && !is_own_new(&enough), "seed {seed}: {n_needed}");
        assert!(!less.beyond_help.is_empty() && is_own_new(&less), "seed {seed}: {n_needed}");
    }
    assert!(n_told > 10, "{n_told}");
}

type Place = (PersonIdx, DayIdx);

/// The fewest heads short, and then changes, of all legal rosters so many changes away from the forced.
fn brute(ask: &Ask<'_>, root: &Roster, repaired: &Repaired, more_max: usize) -> (u32, usize) {
    let evaluator = Evaluator::new(ask.after);
    let mut state = State::new(&evaluator, root.clone());
    let mut best = (u32::MAX, usize::MAX);
    let cells: Vec<(PersonIdx, DayIdx)> = PersonIdx::all(ask.after.n_people())
        .flat_map(|person| DayIdx::all(ask.after.n_days()).map(move |day| (person, day)))
        .filter(|(person, day)| {
            !repaired
                .changes
                .iter()
                .any(|change| change.is_forced && (change.person, change.day) == (*person, *day))
        })
        .collect();
    brute_from(ask, &mut state, (&cells, &cells), more_max, repaired, &mut best);
    best
}

fn brute_from(
    ask: &Ask<'_>,
    state: &mut State<'_, '_>,
    (cells, cells_all): (&[Place], &[Place]),
    more_max: usize,
    repaired: &Repaired,
    best: &mut (u32, usize),
) {
    if state.score().hard <= repaired.score.hard {
        let demands = &ask.after.parts().demands;
        let short = demands.iter().zip((0..).map(roster::problem::DemandIdx)).map(|(of, row)| {
            let published = PersonIdx::all(ask.after.n_people())
                .filter(|person| of.counts(*person, ask.published.cell(*person, of.day)))
                .count();
            let target = of.wanted.min(u16::try_from(published).unwrap());
            u32::from(target.saturating_sub(state.heads(row)))
        });
        let pairs = |person| state.roster().row(person).iter().zip(ask.published.row(person));
        let n_changes: usize = PersonIdx::all(ask.after.n_people())
            .map(|person| pairs(person).filter(|(is, was)| is != was).count())
            .sum();
        let value = (short.sum(), n_changes);
        let is_as_legal = || {
            // To break a rule on another day than before is no repair.
            let allowed = check(ask.after, &repaired.roster);
            check(ask.after, state.roster()).hard().all(|breach| {
                let is_same = |old: &&roster::check::Breach| {
                    (&old.rule, old.person, old.day) == (&breach.rule, breach.person, breach.day)
                };
                allowed.hard().find(is_same).is_some_and(|old| breach.points <= old.points)
            })
        };
        if n_changes <= ask.changes_max && value < *best && is_as_legal() {
            *best = value;
        }
    }
    if more_max == 0 {
        return;
    }
    for (idx, (person, day)) in cells.iter().enumerate() {
        // Two cells of a row beside the forced are as far as the search looks.
        let of_row = DayIdx::all(ask.after.n_days()).filter(|on| {
            state.roster().cell(*person, *on) != ask.published.cell(*person, *on)
                && cells_all.contains(&(*person, *on))
        });
        if of_row.count() >= 2 {
            continue;
        }
        let was = state.roster().cell(*person, *day);
        for code in (0..u16::try_from(ask.after.n_codes()).unwrap()).map(Cell).filter(|cell| *cell != was) {
            let mark = state.mark();
            state.set(*person, *day, code);
            brute_from(ask, state, (&cells[idx + 1..], cells_all), more_max - 1, repaired, best);
            state.undo_to(mark);
        }
    }
}

#[test]
fn what_is_proven_fewest_no_other_roster_beats() {
    let mut n_proven = 0;
    for seed in 0..n_cases(12) {
        let (problem, published) = ward(seed);
        let mut dice = Dice::new(seed);
        let worked: Vec<_> = published.worked().collect();
        if worked.is_empty() {
            continue;
        }
        let (person, first, _) = worked[dice.below(worked.len())];
        let news = [News::Absent { person, first, last: first, is_credited: true }];
        let after = News::applied(&news, &problem, &published).unwrap();
        let ask = Ask {
            before: &problem,
            after: &after,
            published: &published,
            first_free: DayIdx(0),
            changes_max: 4,
            work_max: 50_000,
        };
        let repaired = repair(&ask).unwrap();
        if !repaired.is_fewest {
            continue;
        }
        n_proven += 1;
        let mut root = published.clone();
        root.set(person, first, Cell::OFF);
        let best = brute(&ask, &root, &repaired, 3);
        let is = (repaired.n_left(), repaired.changes.len());
        assert!(is <= best, "seed {seed}: {is:?}, and {best:?} is possible");
    }
    assert!(n_proven > 6, "only {n_proven} were proven");
}

const WARD: &str = r#"{
  "format": "helmward-roster", "version": 1, "name": "ward",
  "horizon": { "start": "2026-11-02", "days": 7, "zone": "America/New_York" },
  "skills": ["RN"],
  "shifts": [
    { "id": "D", "start": "07:00", "minutes": 720, "paid_minutes": 690, "tags": ["day"] },
    { "id": "N", "start": "19:00", "minutes": 720, "paid_minutes": 690, "tags": ["night"] }
  ],
  "people": [
    { "id": "ann", "pay_cents_per_hour": 4000 },
    { "id": "bo", "pay_cents_per_hour": 4000 },
    { "id": "cal", "pay_cents_per_hour": 4000, "employment": "float" },
    { "id": "dee", "pay_cents_per_hour": 9000, "employment": "agency" },
    { "id": "eve", "pay_cents_per_hour": 4000, "away": [{ "first": "2026-11-02", "last": "2026-11-08" }] }
  ],
  "demand": [{ "duties": { "shifts": ["D"] }, "minimum": 1, "wanted": 1 }],
  "money": { "points": 1, "cents": 100 },
  "rule_sets": [{ "set": "flsa-40" }],
  "rules": [{ "id": "rest", "strength": "hard", "kind": { "rest": { "minutes": 660 } } }]
}"#;

fn sick_monday() -> (Problem, Roster) {
    let problem = read::helmward::read(WARD).unwrap();
    let rows = "employee_id,day_index,shift_id\n\
                ann,0,D\nann,3,D\nann,4,D\nbo,1,D\nbo,2,D\nbo,5,D\nbo,6,N\ncal,6,D\n";
    let roster = read::csv::read(&problem, rows).unwrap();
    (problem, roster)
}

#[test]
fn straight_time_comes_before_float_overtime_and_agency() {
    let (problem, published) = sick_monday();
    let person = PersonIdx(0);
    let news = [News::Absent { person, first: DayIdx(0), last: DayIdx(0), is_credited: true }];
    let after = News::applied(&news, &problem, &published).unwrap();
    let ask = Ask {
        before: &problem,
        after: &after,
        published: &published,
        first_free: DayIdx(0),
        changes_max: 2,
        work_max: Ask::WORK,
    };
    let repaired = repair(&ask).unwrap();
    assert_eq!((repaired.n_left(), repaired.changes.len()), (0, 2));
    assert!(repaired.is_fewest && repaired.is_cheapest);
    let ranking = &repaired.holes[0].ranking;
    let told: Vec<String> = ranking
        .iter()
        .map(|candidate| {
            let name = &problem.person(candidate.person).id;
            match &candidate.outcome {
                Outcome::Can { class, pay_cents, overtime_minutes, .. } => {
                    format!("{name} {} {pay_cents} {overtime_minutes}", class.words())
                }
                Outcome::Works(cell) => format!("{name} works {}", problem.cell_name(*cell)),
                Outcome::Barred(bars) => format!("{name}: {}", bars[0].words),
            }
        })
        .collect();
    assert_eq!(
        told,
        [
            "cal float 46000 0",
            // 5 x 11.5 h are 17.5 h beyond 40 with it, and 6 h without.
            "bo overtime 69000 690",
            "dee agency 103500 0",
            "ann: ann is away from Mon 2026-11-02 to Mon 2026-11-02",
            "eve: eve is away from Mon 2026-11-02 to Sun 2026-11-08",
        ]
    );
    // Points decide, and float costs as much as staff.
    assert_eq!(repaired.roster.cell(PersonIdx(2), DayIdx(0)), Cell(1));
    assert!(CostClass::Straight < CostClass::Float && CostClass::Overtime < CostClass::Agency);
}

#[test]
fn a_limit_below_what_the_news_forbids_is_told() {
    let (problem, published) = sick_monday();
    let news = [News::Absent { person: PersonIdx(0), first: DayIdx(0), last: DayIdx(6), is_credited: true }];
    let after = News::applied(&news, &problem, &published).unwrap();
    let ask = |changes_max| Ask {
        before: &problem,
        after: &after,
        published: &published,
        first_free: DayIdx(0),
        changes_max,
        work_max: Ask::WORK,
    };
    let error = repair(&ask(2)).unwrap_err();
    assert_eq!(error, CannotRepair::LimitTooSmall { forced: 3, changes_max: 2 });
    assert_eq!(
        error.to_string(),
        "3 published cells cannot stand any longer and at most 2 may change; allow at least 3 changes"
    );
    // With three, nothing is left to fill holes with; each change more fills one.
    let left: Vec<u32> = (3..=6).map(|most| repair(&ask(most)).unwrap().n_left()).collect();
    assert_eq!(left, [3, 2, 1, 0]);
}

#[test]
fn a_lapsed_credential_and_more_demand_are_news() {
    let (problem, published) = sick_monday();
    let duties = problem.duties().all_work();
    let news = [
        News::Lapsed { person: PersonIdx(0), duties, from: problem.calendar().date(3) },
        News::Demand { day: DayIdx(2), duties, more: 1 },
    ];
    let after = News::applied(&news, &problem, &published).unwrap();
    let ask = Ask {
        before: &problem,
        after: &after,
        published: &published,
        first_free: DayIdx(0),
        changes_max: 5,
        work_max: Ask::WORK,
    };
    let repaired = repair(&ask).unwrap();
    let days: Vec<u16> = repaired.changes.iter().map(|change| change.day.0).collect();
    assert_eq!(days, [2, 3, 3, 4, 4]);
    assert_eq!(repaired.n_left(), 0);
    let nobody = News::Demand { day: DayIdx(0), duties: roster::problem::DutySet::OFF, more: 1 };
    assert!(News::applied(&[nobody], &problem, &published).is_err());
}
