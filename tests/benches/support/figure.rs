//! Figures of the benchmarks: medians, ratios and targets.

use std::fmt;

/// Returns the median of the values, or `None` if there are none.
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

/// Returns the median of the ratios of all pairs, first over second. A disturbance of the machine affects both values of a pair.
pub fn ratio(rounds: &[(f64, f64)]) -> Option<f64> {
    median(rounds.iter().map(|(this, that)| this / that).collect())
}

/// The maximum or minimum of a figure.
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

/// A measured value with its target.
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub target: Target,
}

impl Figure {
    pub fn met(&self) -> bool {
        match self.target {
            Target::AtMost(maximum) => self.value <= maximum,
            Target::AtLeast(minimum) => self.value >= minimum,
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
