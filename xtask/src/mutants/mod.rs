//! `cargo xtask mutants`: would anybody notice if the contract were wrong?

mod judge;
mod kinds;
mod mutant;
mod reach;
mod report;
mod view;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use self::judge::{Evidence, Judge, Killer};
use self::mutant::Mutant;
use self::reach::Reach;
use self::report::{InReport, Report, State};
use self::view::View;
use crate::excuses::Excuses;
use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::validate::{self, Checker, Format};

/// Changes the contract, one claim at a time, and asks whether a recording or an example notices
///
/// A change is noticed if `validate` would say something else about a recording, a counterexample (an answer that the contract
/// must refuse) or an example in the contract. What nothing notices is a claim that nothing proves. What can't be proven is
/// excused in xtask/excuses/mutants.yaml, with a reason; an excuse that isn't needed is an error.
#[derive(Args)]
pub struct Mutants {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The contract [default: openapi/cloud-partner-portal.yaml]
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// The excuses [default: xtask/excuses/mutants.yaml]
    #[arg(long, value_name = "FILE")]
    excuses: Option<PathBuf>,
    /// The folder of counterexamples [default: tests/counterexamples]
    #[arg(long, value_name = "FOLDER")]
    counterexamples: Option<PathBuf>,
    /// Recordings, or folders of them [default: tests/recordings and tests/scenarios]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Mutants {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let started = Instant::now();
        let contract = files::contract(&self.contract.unwrap_or_else(files::default_contract))?;
        let checker = Checker::new(&contract)?;
        let excuses = Excuses::read(self.excuses.as_deref(), "xtask/excuses/mutants.yaml")?;
        let own = files::root().join("tests/counterexamples");
        let counterexamples = match self.counterexamples {
            Some(folder) => vec![folder],
            None if own.exists() => vec![own],
            None => Vec::new(),
        };
        let evidence = Evidence {
            recordings: validate::recordings(&self.paths)?,
            counterexamples: if counterexamples.is_empty() {
                Vec::new()
            } else {
                validate::recordings(&counterexamples)?
            },
        };

        let view = View::new(&checker.document);
        let (kinds, mutants): (Vec<_>, Vec<Mutant>) = kinds::ALL
            .iter()
            .flat_map(|kind| {
                (kind.mutants)(&view)
                    .into_iter()
                    .map(|mutant| (kind.name, mutant))
            })
            .unzip();
        let judge = Judge::new(&checker, &evidence, Reach::new(&view));
        let killers = judge
            .all(&contract, &mutants, &progress(mutants.len()))
            .map_err(Failure::from)?;

        let names: Vec<String> = kinds
            .iter()
            .zip(&mutants)
            .map(|(kind, mutant)| name(kind, mutant))
            .collect();
        let noticed: Vec<(&str, bool)> = names
            .iter()
            .zip(&killers)
            .map(|(name, killer)| (name.as_str(), killer.is_some()))
            .collect();
        let unneeded = excuses.unneeded(&noticed);
        let mutants = kinds.into_iter().zip(mutants).zip(names).zip(killers);
        let report = Report {
            format: 1,
            contract: contract.path.display().to_string(),
            recordings: evidence.recordings.len(),
            counterexamples: evidence.counterexamples.len(),
            accepted: judge
                .accepted()
                .into_iter()
                .map(ToOwned::to_owned)
                .collect(),
            unneeded,
            mutants: mutants
                .map(|(((kind, mutant), name), killer)| {
                    let excuse = excuses.excuse(&name).filter(|_| killer.is_none()).cloned();
                    InReport {
                        mutant: name,
                        kind,
                        line: contract.location(&mutant.pointer).line,
                        pointer: mutant.pointer,
                        state: State::of(killer.as_ref(), excuse.is_some()),
                        killed_by: killer.map(
                            |(Killer::Recording(by)
                             | Killer::Counterexample(by)
                             | Killer::Example(by))| by,
                        ),
                        to_kill: mutant.to_kill,
                        excuse,
                    }
                })
                .collect(),
            milliseconds: started.elapsed().as_millis(),
            cpu_milliseconds: validate::cpu_milliseconds(),
        };
        match self.format {
            Format::Text => report.text(out)?,
            Format::Json => report.json(out)?,
        }
        Ok(if report.is_fine() {
            Outcome::Fine
        } else {
            Outcome::Findings
        })
    }
}

fn name(kind: &str, mutant: &Mutant) -> String {
    let name = format!("{kind} {}", mutant.pointer);
    if mutant.change.is_empty() {
        name
    } else {
        format!("{name}: {}", mutant.change)
    }
}

/// Says how far it has come, to a person who looks.
fn progress(of: usize) -> impl Fn(usize) + Sync {
    let terminal = io::stderr().is_terminal();
    move |done| {
        if terminal && (done % 20 == 0 || done + 1 == of) {
            let end = if done + 1 == of { "\r\x1b[2K" } else { "" };
            // If it can't be said, the work goes on.
            let _ = write!(io::stderr(), "\r{:>12} {done} of {of}{end}", "Mutating");
        }
    }
}
