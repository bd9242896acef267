//! Which step to take next on a long horizon: each kind by what it gained for its time lately.

use super::Chance;

/// How much a kind remembers of what it gained and took before.
const MEMORY: f64 = 0.85;
/// What a kind that was not tried yet is thought to have gained.
const GAIN_FIRST: f64 = 10.0;
/// The share of the time that the smallest windows and polishing are thought to take before any step was. Later
/// it is what the quickest kind takes; larger windows take more, as their linear programs do.
const TIME_FIRST: f64 = 0.003;
/// No step counts as quicker than this, or one that does nothing would be chosen for ever.
const TIME_LEAST: f64 = 0.000_03;
/// How much larger each size of window is than the one before.
const GROWTH: f64 = 1.4;

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// A window whose linear program has about so many rows.
    Window { rows: f64, shape: Shape },
    /// Annealing of the whole roster, hardly warm.
    Polish,
}

/// What a window is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Many people and few days.
    Wide,
    /// Fewer people and more days.
    Narrow,
    /// Many people, and days in two places: what is scarce moves from one to the other.
    Apart,
}

/// All kinds and what they were good for.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    kinds: Vec<Kind>,
}

#[derive(Clone, Debug)]
struct Kind {
    step: Step,
    /// How many times as long as the smallest windows it is thought to take.
    size: f64,
    /// What it gained and took; the gain begins as a guess.
    gain: f64,
    time: f64,
    /// How many steps these are of, the last ones counting most; 0 before it was tried.
    n: f64,
}

impl Steps {
    /// Windows of these shapes with rows between two limits, and polishing.
    pub(super) fn new(rows: (f64, f64), shapes: &[Shape]) -> Steps {
        let kind = |step, size| Kind { step, size, gain: GAIN_FIRST, time: 0.0, n: 0.0 };
        let mut kinds = vec![kind(Step::Polish, 1.0)];
        let mut size = rows.0;
        while size <= rows.1 {
            let times = (size / rows.0).powi(3);
            kinds.extend(shapes.iter().map(|shape| kind(Step::Window { rows: size, shape: *shape }, times)));
            size *= GROWTH;
        }
        Steps { kinds }
    }

    /// How long the smallest windows take, by the quickest kind that was tried.
    fn unit(&self) -> f64 {
        let tried = self.kinds.iter().filter(|kind| kind.n > 0.0);
        let units = tried.map(|kind| kind.time / kind.n / kind.size);
        units.min_by(f64::total_cmp).unwrap_or(TIME_FIRST).max(TIME_LEAST)
    }

    /// One of the kinds of step that gain about as much for their time as any. Drawn by what they gain alone,
    /// large windows would be rare and still take most of the time.
    pub(super) fn choose(&self, chance: &mut Chance) -> Step {
        let unit = self.unit();
        let drawn = self.kinds.iter().map(|kind| {
            let time = if kind.n > 0.0 { kind.time } else { unit * kind.size };
            let rate = (kind.gain + 1.0) / (time + unit / 10.0);
            ((0.25 + chance.unit()) * rate, kind.step)
        });
        drawn.max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or(Step::Polish, |(_, step)| step)
    }

    /// What a step gained, and the share of the time it took.
    pub(super) fn learn(&mut self, step: Step, gain: f64, time: f64) {
        for kind in self.kinds.iter_mut().filter(|kind| kind.step == step) {
            kind.gain = kind.gain * MEMORY + gain;
            kind.time = kind.time * MEMORY + time.max(TIME_LEAST);
            kind.n = kind.n * MEMORY + 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gains_is_chosen_and_when_it_gains_no_more_so_are_the_others() {
        let mut steps = Steps::new((100.0, 300.0), &[Shape::Wide, Shape::Narrow]);
        let mut chance = Chance::new(1);
        let good = Step::Window { rows: 100.0, shape: Shape::Narrow };
        let mut n_chosen = |gain: f64| {
            let (mut n_good, mut n_polish) = (0, 0);
            for _ in 0..500 {
                let step = steps.choose(&mut chance);
                n_good += u32::from(step == good);
                n_polish += u32::from(step == Step::Polish);
                steps.learn(step, if step == good { gain } else { 0.0 }, 0.01);
            }
            (n_good, n_polish)
        };
        let (n_good, _) = n_chosen(20.0);
        assert!(n_good > 450, "{n_good} of 500");
        let (n_good, n_polish) = n_chosen(0.0);
        assert!(n_good < 200 && n_polish > 20, "{n_good} and {n_polish} of 500");
    }

    #[test]
    fn a_step_that_does_nothing_in_no_time_leaves_the_others_theirs() {
        let mut steps = Steps::new((100.0, 300.0), &[Shape::Wide, Shape::Narrow]);
        let mut chance = Chance::new(1);
        let good = Step::Window { rows: 100.0, shape: Shape::Narrow };
        let mut n_good = 0;
        for _ in 0..500 {
            let step = steps.choose(&mut chance);
            n_good += u32::from(step == good);
            let (gain, time) = if step == good { (20.0, 0.000_2) } else { (0.0, 0.0) };
            steps.learn(step, gain, time);
        }
        assert!(n_good > 250, "{n_good} of 500");
    }

    #[test]
    fn a_longer_budget_chooses_alike() {
        let chosen = |share: f64| -> Vec<Step> {
            let mut steps = Steps::new((100.0, 300.0), &[Shape::Wide, Shape::Narrow]);
            let (mut chance, mut dice) = (Chance::new(1), Chance::new(2));
            let mut step = || {
                let step = steps.choose(&mut chance);
                steps.learn(step, 10.0 * dice.unit(), share * (0.01 + 0.02 * dice.unit()));
                step
            };
            (0..300).map(|_| step()).collect()
        };
        assert!(chosen(1.0) == chosen(0.25));
    }
}
