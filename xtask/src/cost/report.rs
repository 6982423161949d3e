//! What the builds have shown.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::build::Build;
use super::tree::{Crate, is_generator};
use crate::output::{count, more, say};

/// The most CPU time that a build with the SDK may take, over one with bare reqwest.
const TARGET: f64 = 1.05;

/// The figures; also the JSON report, whose members may grow but never change.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    format: u32,
    rounds: usize,
    with_sdk: Side,
    with_bare_reqwest: Side,
    /// CPU time, the median of the rounds; `None` where it can't be measured.
    ratio: Option<f64>,
    target: f64,
    /// The crates that only the SDK brings, the dearest first.
    added: Vec<Part>,
    /// The crates that only bare reqwest brings; if there are any, the comparison isn't one of like with like.
    missing: Vec<Crate>,
    /// What the crates that both have take longer, mostly because the SDK needs more of their features.
    shared_cpu_seconds: f64,
    /// The parts of the code generator that are in the SDK's build. There should be none.
    generator: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Side {
    crates: usize,
    cpu_seconds: Option<f64>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(flatten)]
    this: Crate,
    /// rustc's.
    cpu_seconds: f64,
}

impl Report {
    /// Compares the two; each round has one build of each, the SDK's first.
    pub fn new(sdk: &[Crate], bare: &[Crate], rounds: &[(Build, Build)]) -> Self {
        let of = |build: &Build, package: &str| build.by_package.get(package).copied();
        let sdk_median = |name: &str| median(rounds.iter().filter_map(|(sdk, _)| of(sdk, name)));
        let bare_median = |name: &str| median(rounds.iter().filter_map(|(_, bare)| of(bare, name)));

        let mut added: Vec<Part> = sdk
            .iter()
            .filter(|this| !bare.contains(this))
            .map(|this| Part {
                this: this.clone(),
                cpu_seconds: hundredths(sdk_median(&this.name).unwrap_or_default()),
            })
            .collect();
        added.sort_by(|one, other| other.cpu_seconds.total_cmp(&one.cpu_seconds));

        let shared: BTreeSet<&str> = sdk
            .iter()
            .filter(|this| bare.contains(this))
            .map(|this| this.name.as_str())
            .collect();
        let longer = shared
            .iter()
            .filter_map(|name| Some(sdk_median(name)? - bare_median(name)?))
            .sum();
        let ratios = rounds
            .iter()
            .filter_map(|(sdk, bare)| Some(sdk.cpu? / bare.cpu?));
        Self {
            format: 1,
            rounds: rounds.len(),
            with_sdk: Side {
                crates: sdk.len(),
                cpu_seconds: median(rounds.iter().filter_map(|(sdk, _)| sdk.cpu)).map(hundredths),
            },
            with_bare_reqwest: Side {
                crates: bare.len(),
                cpu_seconds: median(rounds.iter().filter_map(|(_, bare)| bare.cpu)).map(hundredths),
            },
            ratio: median(ratios),
            target: TARGET,
            added,
            missing: bare
                .iter()
                .filter(|this| !sdk.contains(this))
                .cloned()
                .collect(),
            shared_cpu_seconds: hundredths(longer),
            generator: sdk
                .iter()
                .filter(|this| is_generator(&this.name))
                .map(|this| this.name.clone())
                .collect(),
        }
    }

    /// Whether the target is met and the generator stays out of the build.
    pub fn is_good(&self) -> bool {
        self.generator.is_empty() && self.ratio.is_none_or(|ratio| ratio <= self.target)
    }

    /// Prints the figures for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (sdk, bare) = (&self.with_sdk, &self.with_bare_reqwest);
        say(
            out,
            "Crates",
            format!(
                "{} with the SDK, {} with bare reqwest",
                sdk.crates, bare.crates
            ),
        )?;
        if let (Some(sdk), Some(bare)) = (sdk.cpu_seconds, bare.cpu_seconds) {
            let rounds = count(self.rounds, "round");
            say(
                out,
                "CPU time",
                format!(
                    "{sdk:.2} s with the SDK, {bare:.2} s with bare reqwest, median of {rounds}"
                ),
            )?;
        }
        say(out, "Added", "by the SDK; rustc's CPU time of each:")?;
        for part in &self.added {
            let Crate { name, version } = &part.this;
            more(out, format!("{:6.2} s  {name} {version}", part.cpu_seconds))?;
        }
        more(
            out,
            format!(
                "{:+6.2} s  in the crates that both have",
                self.shared_cpu_seconds
            ),
        )?;
        for Crate { name, version } in &self.missing {
            say(
                out,
                "Unlike",
                format!("only bare reqwest builds {name} {version}"),
            )?;
        }
        for name in &self.generator {
            say(
                out,
                "Error",
                format!(
                    "{name} is in a consumer's build; only the feature `generate` may bring it"
                ),
            )?;
        }
        match self.ratio {
            Some(ratio) => {
                let verdict = if ratio <= self.target {
                    "met"
                } else {
                    "MISSED"
                };
                say(
                    out,
                    "Ratio",
                    format!(
                        "{ratio:.3} in CPU time (target ≤ {}) {verdict}",
                        self.target
                    ),
                )
            }
            None => say(out, "Ratio", "CPU time can be measured on Linux only"),
        }
    }
}

/// The middle of the values; of an even number, the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let middle = *values.get(upper)?;
    Some(if values.len().is_multiple_of(2) {
        f64::midpoint(values[upper - 1], middle)
    } else {
        middle
    })
}

/// More digits than the kernel counts would be noise.
fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::{Build, Crate, Report, median};

    fn crates(names: &[&str]) -> Vec<Crate> {
        names
            .iter()
            .map(|name| Crate {
                name: (*name).to_owned(),
                version: "1.0.0".to_owned(),
            })
            .collect()
    }

    fn build(cpu: Option<f64>, packages: &[(&str, f64)]) -> Build {
        Build {
            cpu,
            by_package: packages
                .iter()
                .map(|(name, seconds)| ((*name).to_owned(), *seconds))
                .collect(),
        }
    }

    fn text(report: &Report) -> String {
        let mut out = Vec::new();
        report.print(&mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_difference_is_named_and_the_ratio_is_the_median_of_the_rounds() {
        let sdk = crates(&["backon", "cloud-partner-portal", "reqwest", "tokio"]);
        let bare = crates(&["reqwest", "tokio"]);
        let packages = [
            ("backon", 0.1),
            ("cloud-partner-portal", 3.0),
            ("reqwest", 3.5),
            ("tokio", 5.0),
        ];
        let fewer = [("reqwest", 3.3), ("tokio", 4.6)];
        let rounds = [
            (build(Some(104.0), &packages), build(Some(100.0), &fewer)),
            // The machine was busy; both were slower.
            (build(Some(206.0), &packages), build(Some(200.0), &fewer)),
            (build(Some(120.0), &packages), build(Some(100.0), &fewer)),
        ];
        let report = Report::new(&sdk, &bare, &rounds);
        assert!(report.is_good());
        let expected = concat!(
            "      Crates 4 with the SDK, 2 with bare reqwest\n",
            "    CPU time 120.00 s with the SDK, 100.00 s with bare reqwest, median of 3 rounds\n",
            "       Added by the SDK; rustc's CPU time of each:\n",
            "               3.00 s  cloud-partner-portal 1.0.0\n",
            "               0.10 s  backon 1.0.0\n",
            "              +0.60 s  in the crates that both have\n",
            "       Ratio 1.040 in CPU time (target ≤ 1.05) met\n",
        );
        assert_eq!(text(&report), expected);
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["added"][0]["name"], "cloud-partner-portal");
        assert_eq!(json["added"][0]["cpuSeconds"], 3.0);
        assert_eq!(json["withSdk"]["crates"], 4);
        assert_eq!(json["sharedCpuSeconds"], 0.6);
    }

    #[test]
    fn a_missed_target_and_a_generator_in_the_build_are_findings() {
        let (sdk, bare) = (crates(&["reqwest"]), crates(&["reqwest", "serde"]));
        let slow = [(build(Some(11.0), &[]), build(Some(10.0), &[]))];
        let report = Report::new(&sdk, &bare, &slow);
        assert!(!report.is_good());
        assert!(text(&report).ends_with("Ratio 1.100 in CPU time (target ≤ 1.05) MISSED\n"));
        assert!(text(&report).contains("Unlike only bare reqwest builds serde 1.0.0\n"));

        let fast = [(build(Some(10.0), &[]), build(Some(10.0), &[]))];
        let report = Report::new(&crates(&["progenitor-client", "typify-impl"]), &bare, &fast);
        assert!(!report.is_good());
        assert!(text(&report).contains("Error typify-impl is in a consumer's build"));
    }

    #[test]
    fn without_cpu_times_the_crates_are_compared() {
        let report = Report::new(
            &crates(&["a", "b"]),
            &crates(&["a"]),
            &[(build(None, &[]), build(None, &[]))],
        );
        assert!(report.is_good());
        assert!(text(&report).contains("2 with the SDK, 1 with"));
        assert!(text(&report).ends_with("CPU time can be measured on Linux only\n"));
    }

    #[test]
    fn the_median_is_the_middle() {
        for (values, expected) in [
            (vec![], None),
            (vec![3.0], Some(3.0)),
            (vec![9.0, 1.0], Some(5.0)),
            (vec![9.0, 1.0, 2.0], Some(2.0)),
        ] {
            assert_eq!(median(values.clone().into_iter()), expected, "{values:?}");
        }
    }
}
