//! The statistics of the benchmarks.

#[path = "../../benches/support/figure.rs"]
mod figure;

use figure::{Figure, Target, median, ratio};

#[test]
fn the_median_is_the_middle_value_or_the_mean_of_the_two_middle_values() {
    for (values, expected) in [
        (vec![], None),
        (vec![7.0], Some(7.0)),
        (vec![3.0, 1.0], Some(2.0)),
        (vec![9.0, 1.0, 2.0], Some(2.0)),
        (vec![4.0, 1.0, 3.0, 1000.0], Some(3.5)),
    ] {
        assert_eq!(median(values.clone()), expected, "{values:?}");
    }
}

#[test]
fn the_ratio_is_the_median_of_the_ratios_of_pairs() {
    // A machine that is ten times as slow in the second round doesn't change the ratio of that pair.
    assert_eq!(ratio(&[(2.0, 1.0), (20.0, 10.0), (4.0, 1.0)]), Some(2.0));
    assert_eq!(ratio(&[]), None);
}

#[test]
fn a_figure_displays_its_target_and_whether_it_is_met() {
    let figure = |value, target| Figure {
        name: "time".to_owned(),
        value,
        target,
    };
    for (figure, expected) in [
        (
            figure(1.05, Target::AtMost(1.05)),
            "time: 1.050 (target ≤ 1.05) met",
        ),
        (
            figure(1.0501, Target::AtMost(1.05)),
            "time: 1.050 (target ≤ 1.05) MISSED",
        ),
        (
            figure(0.95, Target::AtLeast(0.95)),
            "time: 0.950 (target ≥ 0.95) met",
        ),
        (
            figure(0.9, Target::AtLeast(0.95)),
            "time: 0.900 (target ≥ 0.95) MISSED",
        ),
        // A missing measurement doesn't meet the target.
        (
            figure(f64::NAN, Target::AtMost(3.0)),
            "time: NaN (target ≤ 3) MISSED",
        ),
    ] {
        assert_eq!(figure.to_string(), expected);
        assert_eq!(figure.met(), expected.ends_with(" met"));
    }
}
