//! What the benchmarks compute and print: medians, ratios, and whether a target is met.

use std::fmt;

/// The middle of the values; of an even number, the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let middle = *values.get(upper)?;
    if values.len().is_multiple_of(2) {
        Some(f64::midpoint(values[upper - 1], middle))
    } else {
        Some(middle)
    }
}

/// The median of the rounds' ratios, first over second: what disturbs the machine disturbs both of a pair.
pub fn ratio(rounds: &[(f64, f64)]) -> Option<f64> {
    median(rounds.iter().map(|(this, that)| this / that).collect())
}

/// Which side of a number is good.
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

/// A number with its target.
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub target: Target,
}

impl Figure {
    pub fn met(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.value <= most,
            Target::AtLeast(least) => self.value >= least,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, target) = match self.target {
            Target::AtMost(target) => ('≤', target),
            Target::AtLeast(target) => ('≥', target),
        };
        let verdict = if self.met() { "met" } else { "MISSED" };
        write!(
            f,
            "{}: {:.3} (target {sign} {target}) {verdict}",
            self.name, self.value
        )
    }
}
