//! Computes medians of measured times, and compares a measured value with its maximum.

use std::process::ExitCode;

/// Calls both functions once in each round, and returns each round's pair of times. A function returns the time that it measured.
///
/// The two calls of a round follow each other, so other load on the machine affects both times. The first round is a warm-up, and its
/// times are dropped.
pub fn pairs(
    rounds: usize,
    mut first: impl FnMut() -> f64,
    mut second: impl FnMut() -> f64,
) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    for round in 0..=rounds {
        // The order alternates, because the first call of a round changes the caches for the second call.
        let pair = if round % 2 == 0 {
            let first = first();
            (first, second())
        } else {
            let second = second();
            (first(), second)
        };
        // Round 0 is the warm-up.
        if round > 0 {
            pairs.push(pair);
        }
    }
    pairs
}

/// Returns the median of the values, or NaN if there are none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

/// Returns the median of the first values of all pairs, and the median of the second values.
pub fn medians(pairs: &[(f64, f64)]) -> (f64, f64) {
    let first = median(pairs.iter().map(|(first, _)| *first));
    (first, median(pairs.iter().map(|(_, second)| *second)))
}

/// Returns the median of the ratios of all pairs. A ratio is the first value divided by the second value.
pub fn ratio(pairs: &[(f64, f64)]) -> f64 {
    median(pairs.iter().map(|(first, second)| first / second))
}

/// Prints a measured value with its maximum. Returns a failure if the value is over the maximum. Also returns a failure for NaN, which
/// means that nothing was measured.
pub fn report(name: &str, value: f64, maximum: f64) -> ExitCode {
    let is_met = value <= maximum;
    let verdict = if is_met { "met" } else { "MISSED" };
    println!("{name}: {value:.3} (target ≤ {maximum}) {verdict}");
    if is_met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
