//! How `watch` shows what happens: a bar for each offer on a terminal, a line for each change elsewhere, JSON for programs.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use cloud_partner_portal::Outcome;
use cloud_partner_portal::types::{OfferStatusReport, PublicationStep};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::args::Format;
use crate::explain::with_causes;
use crate::output;
use crate::plain_text::{clean, from_html, stamp};
use crate::watch::News;

/// The service was never reached, so nothing is known of the offer.
const UNANSWERED: &str = "The time was up, and the service had not answered once.";

pub struct Printer {
    format: Format,
    /// On a terminal.
    bars: Option<Bars>,
    header: bool,
}

struct Bars {
    all: MultiProgress,
    offers: HashMap<String, ProgressBar>,
}

impl Printer {
    pub fn new(format: Format) -> Self {
        let terminal = output::interactive() && io::stderr().is_terminal();
        Self {
            format,
            bars: (format == Format::Table && terminal).then(|| Bars {
                all: MultiProgress::new(),
                offers: HashMap::new(),
            }),
            header: false,
        }
    }

    /// Prints what has happened to an offer.
    pub fn print(&mut self, offer: &str, news: &News, out: &mut impl Write) -> io::Result<()> {
        match self.format {
            Format::Json | Format::Jsonl => {
                output::line(&json(offer, news), out)?;
                // Whoever reads it may wait for it.
                return out.flush();
            }
            Format::Tsv => return self.tsv(offer, news, out),
            Format::Table => {}
        }
        if let Some(bars) = &mut self.bars {
            bars.show(offer, news);
            return Ok(());
        }
        match news {
            News::Changed(change) => {
                writeln!(
                    out,
                    "{} {}: {}",
                    stamp(),
                    clean(offer),
                    line(&change.report)
                )?;
            }
            News::Ended { outcome, answered } => writeln!(
                out,
                "{} {}: {}",
                stamp(),
                clean(offer),
                sentence(*outcome, *answered)
            )?,
            News::PollFailed(error) => {
                self.aside(&format!(
                    "{}: a poll failed, trying on: {}",
                    clean(offer),
                    with_causes(error)
                ));
            }
            News::Lost(_) => {}
        }
        out.flush()
    }

    /// A remark that isn't a part of the output.
    pub fn aside(&self, text: &str) {
        // Without a standard error there is nobody to tell.
        let _ = self.suspend(|| writeln!(anstream::stderr(), "{text}"));
    }

    pub fn listed(&self, offers: usize) {
        if let Some(bars) = &self.bars
            && bars.offers.is_empty()
        {
            let _ = bars.all.println(format!("{offers} offers"));
        }
    }

    /// Runs something that writes to standard error without disturbing the bars.
    pub fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.all.suspend(work),
            None => work(),
        }
    }

    /// Leaves the bars as they are.
    pub fn close(&self) {
        for bar in self.bars.iter().flat_map(|bars| bars.offers.values()) {
            bar.abandon();
        }
    }

    pub fn nothing(&self, publisher: &str, listed: bool, out: &mut impl Write) -> io::Result<()> {
        if !listed {
            self.aside(UNANSWERED);
        } else if self.format == Format::Table {
            writeln!(out, "No offer of {} is in flight.", clean(publisher))?;
        }
        Ok(())
    }

    fn tsv(&mut self, offer: &str, news: &News, out: &mut impl Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.header, true) {
            output::tsv(&["time", "offer", "event", "status", "step", "detail"], out)?;
        }
        let (status, step, detail) = match news {
            News::Changed(change) => (
                change.report.status.as_str().to_owned(),
                step(&change.report),
                String::new(),
            ),
            News::Ended { outcome, answered } => (
                outcome.as_str().to_owned(),
                String::new(),
                sentence(*outcome, *answered).to_owned(),
            ),
            News::PollFailed(error) | News::Lost(error) => {
                (String::new(), String::new(), with_causes(error))
            }
        };
        output::tsv(
            &[&stamp(), offer, event(news), &status, &step, &detail],
            out,
        )?;
        out.flush()
    }
}

impl Bars {
    fn show(&mut self, offer: &str, news: &News) {
        let bar = self.offers.entry(offer.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            // The template is a constant, and its test shows that it is one.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:20} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(clean(offer));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        match news {
            News::Changed(change) => bar.set_message(line(&change.report)),
            News::PollFailed(error) => {
                let line = format!(
                    "{}: a poll failed, trying on: {}",
                    clean(offer),
                    with_causes(error)
                );
                let _ = self.all.println(line);
            }
            News::Ended { outcome, answered } => {
                bar.finish_with_message(sentence(*outcome, *answered));
            }
            News::Lost(error) => bar.finish_with_message(with_causes(error)),
        }
    }
}

/// A change in one line: the status, where the publication stands, and why it doesn't go on.
fn line(report: &OfferStatusReport) -> String {
    let mut parts = vec![clean(report.status.as_str())];
    if let Some(step) = report.current_step() {
        let status = step.status.as_ref().map_or("", |status| status.as_str());
        parts.push(format!("{} {}", clean(step.label()), clean(status)));
        parts.extend(
            step.progress_percentage
                .map(|progress| format!("{progress} %")),
        );
    }
    let steps = report.steps().iter().flat_map(PublicationStep::messages);
    let mut messages = report.messages().iter().chain(steps);
    if let Some(message) = messages.rfind(|message| message.is_error()) {
        let html = message.message_html.as_deref().unwrap_or_default();
        parts.push(format!("error: {}", from_html(html)));
    }
    parts.join(", ")
}

fn step(report: &OfferStatusReport) -> String {
    report
        .current_step()
        .map(|step| clean(step.label()))
        .unwrap_or_default()
}

/// How a wait ended, in a sentence.
fn sentence(outcome: Outcome, answered: bool) -> &'static str {
    if answered {
        of_outcome(outcome)
    } else {
        UNANSWERED
    }
}

fn event(news: &News) -> &'static str {
    match news {
        News::Changed(_) => "changed",
        News::PollFailed(_) => "pollFailed",
        News::Ended { .. } => "ended",
        News::Lost(_) => "lost",
    }
}

/// The outcome as a human-readable sentence.
pub fn of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "The publication succeeded: the offer is live.",
        Outcome::Failed => {
            "The publication failed: the publisher must mend the offer and publish it again."
        }
        Outcome::Canceled => {
            "The publication was canceled: nothing happens until the publisher publishes it again."
        }
        Outcome::NeverPublished => {
            "The offer was never published: nothing happens until the publisher publishes it."
        }
        Outcome::AwaitingGoLive => {
            "The offer waits for its go-live: the publisher must look at the preview and confirm it."
        }
        Outcome::Blocked => {
            "The publication is blocked: the publisher must act on what its messages say."
        }
        Outcome::Contradictory => "The service's report contradicts itself.",
        Outcome::NotStarted => "The publication didn't start.",
        Outcome::TimedOut => "The publication was still in progress when the time was up.",
        _ => "The outcome is unknown.",
    }
}

/// One object for one event; `report` is what the service sent.
fn json(offer: &str, news: &News) -> Value {
    let mut value = json!({"time": stamp(), "offer": offer, "event": event(news)});
    match news {
        News::Changed(change) => {
            let steps: Vec<_> = change
                .steps
                .iter()
                .map(|changed| {
                    json!({
                        "id": changed.step.id,
                        "stepName": changed.step.step_name,
                        "before": changed.before,
                        "status": changed.step.status,
                    })
                })
                .collect();
            value["changedSteps"] = steps.into();
            value["correlationId"] = json!(change.correlation_id);
            // It was decoded from this, so it is JSON.
            value["report"] = serde_json::from_slice(change.raw_body()).unwrap_or_default();
        }
        News::Ended { outcome, answered } => {
            value["outcome"] = outcome.as_str().into();
            value["sentence"] = sentence(*outcome, *answered).into();
        }
        News::PollFailed(error) | News::Lost(error) => {
            value["error"] = with_causes(error).into();
            value["status"] = json!(error.status());
            value["correlationId"] = json!(error.correlation_id());
        }
    }
    value
}
