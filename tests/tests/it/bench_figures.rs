//! Tests the functions that compute and report the results of the benchmarks.

#[path = "../../benches/support/figure.rs"]
mod figure;

use std::process::ExitCode;

use figure::{median, medians, pairs, ratio, report};

#[test]
fn a_slow_round_doesnt_change_the_ratio() {
    assert!(median([]).is_nan());
    assert_eq!(Some(median([9.0, 1.0, 2.0])), Some(2.0));
    assert_eq!(Some(median([4.0, 1.0, 3.0, 1000.0])), Some(3.5));
    // In the second round, the machine is ten times as slow. The ratio of this round is still 2.
    let times = [(2.0, 1.0), (20.0, 10.0), (4.0, 1.0)];
    assert_eq!(Some(ratio(&times)), Some(2.0));
    assert_eq!(medians(&times), (4.0, 1.0));
    assert_eq!(pairs(3, || 1.0, || 2.0), [(1.0, 2.0); 3]);
}

#[test]
fn report_fails_for_a_value_over_the_maximum() {
    assert_eq!(report("time", 1.05, 1.05), ExitCode::SUCCESS);
    assert_eq!(report("time", 1.0501, 1.05), ExitCode::FAILURE);
    assert_eq!(report("time", f64::NAN, 1.05), ExitCode::FAILURE);
}
