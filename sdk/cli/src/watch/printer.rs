//! Prints the events of `watch`. The table format has a progress line for each offer on a terminal, and a line for each change
//! elsewhere. The other formats are JSON and tab-separated values. Every format prints errors to standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use cloud_partner_portal::types::{OfferStatusReport, PublicationStep};
use cloud_partner_portal::{Error, WatchEvent, WatchResult};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Map, Value};

use crate::args::Format;
use crate::exit::Exit;
use crate::explain::{explain, to_stderr, with_causes};
use crate::outcome::sentence;
use crate::output;
use crate::plain_text::{clean, from_html, stamp};
use crate::watch::json::{self, json_error};
use crate::watch::{ListEnd, Results};

const LIST: &str = "the list of offers";

pub struct Printer<'o, W> {
    format: Format,
    out: &'o mut W,
    /// The progress lines, on a terminal only.
    bars: Option<Bars>,
    header_printed: bool,
}

struct Bars {
    all: MultiProgress,
    offers: HashMap<String, ProgressBar>,
}

impl<'o, W: Write> Printer<'o, W> {
    pub fn new(format: Format, out: &'o mut W) -> Self {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self {
            format,
            out,
            bars: (format == Format::Table && terminal).then(|| Bars {
                all: MultiProgress::new(),
                offers: HashMap::new(),
            }),
            header_printed: false,
        }
    }

    /// Prints an event of an offer, or of the list if there is no offer. `summary` is added to the last event.
    pub fn print(
        &mut self,
        offer: Option<&str>,
        event: &WatchEvent,
        summary: Option<Map<String, Value>>,
    ) -> io::Result<()> {
        match self.format {
            Format::Json | Format::Jsonl => {
                let mut value = json::event(offer, event);
                for (name, property) in summary.unwrap_or_default() {
                    value[name] = property;
                }
                output::line(&value, self.out)?;
            }
            Format::Tsv => self.tsv(offer.unwrap_or_default(), event)?,
            Format::Table => self.text(offer, event)?,
        }
        // A program that reads the output may wait for this event.
        self.out.flush()?;
        let subject = offer.map_or(LIST.to_owned(), clean);
        match event {
            WatchEvent::PollFailed(error) => self.remark(&format!(
                "{subject}: a poll failed, the watch continues: {}",
                with_causes(error)
            )),
            WatchEvent::Delayed(wait) => self.remark(&format!(
                "{subject}: the service asks to wait; the next poll is sent in {}",
                humantime::format_duration(Duration::from_secs(wait.as_secs()))
            )),
            WatchEvent::Ended(
                Err(error)
                | Ok(WatchResult {
                    last_error: Some(error),
                    ..
                }),
            ) => self.remark(explain(&subject, error).trim_end()),
            _ => {}
        }
        Ok(())
    }

    /// Prints to standard error, above the progress lines.
    pub fn remark(&self, text: &str) {
        let print = || to_stderr(&format!("{text}\n"));
        match &self.bars {
            Some(bars) => bars.all.suspend(print),
            None => print(),
        }
    }

    pub fn listed(&self, offers: usize, watched: usize) {
        if let Some(bars) = &self.bars
            && bars.offers.is_empty()
        {
            self.remark(&format!("{offers} offers, {watched} of them are watched"));
        }
    }

    /// Leaves the progress lines as they are.
    pub fn close(&self) {
        for bar in self.bars.iter().flat_map(|bars| bars.offers.values()) {
            bar.abandon();
        }
    }

    /// Prints the end of the watch of a whole publisher.
    pub fn list_ended(
        &mut self,
        list: &ListEnd,
        results: &Results,
        exit: Exit,
        publisher: &str,
    ) -> io::Result<()> {
        self.last_line("ended", list.error.as_ref(), results, exit)?;
        let nothing = results.is_empty() && list.error.is_none() && !list.timed_out;
        if nothing && self.format == Format::Table {
            let publisher = clean(publisher);
            writeln!(self.out, "No offer of {publisher} is in flight.")?;
        }
        self.out.flush()?;
        if list.timed_out {
            self.remark(
                "The watch timed out before a list showed that every publication had ended.",
            );
        }
        if let Some(error) = &list.error {
            self.remark(explain(LIST, error).trim_end());
        }
        Ok(())
    }

    /// Prints the result of every offer if the format is JSON.
    pub fn last_line(
        &mut self,
        event: &str,
        error: Option<&Error>,
        results: &Results,
        exit: Exit,
    ) -> io::Result<()> {
        if !matches!(self.format, Format::Json | Format::Jsonl) {
            return Ok(());
        }
        let mut value = serde_json::json!({"time": stamp(), "event": event});
        if let Some(error) = error {
            value["error"] = json_error(error);
        }
        for (name, property) in json::summary(results, exit) {
            value[name] = property;
        }
        output::line(&value, self.out)
    }

    fn text(&mut self, offer: Option<&str>, event: &WatchEvent) -> io::Result<()> {
        let Some(offer) = offer else {
            return Ok(());
        };
        let line = match event {
            WatchEvent::Changed(change) => line(&change.report),
            WatchEvent::Ended(Ok(result)) => ended(result).to_owned(),
            // Without progress lines, the error is printed to standard error only.
            WatchEvent::Ended(Err(error)) if self.bars.is_some() => with_causes(error),
            _ => return Ok(()),
        };
        if let Some(bars) = &mut self.bars {
            bars.show(offer, line, matches!(event, WatchEvent::Ended(_)));
            return Ok(());
        }
        writeln!(self.out, "{} {}: {line}", stamp(), clean(offer))
    }

    fn tsv(&mut self, offer: &str, event: &WatchEvent) -> io::Result<()> {
        if !std::mem::replace(&mut self.header_printed, true) {
            let header = ["time", "offer", "event", "status", "step", "detail"];
            output::tsv(&header, self.out)?;
        }
        let (mut status, mut step, mut detail) = ("", "", String::new());
        match event {
            WatchEvent::Changed(change) => {
                status = change.report.status.as_str();
                step = change
                    .report
                    .current_step()
                    .map_or("", PublicationStep::label);
            }
            WatchEvent::Ended(Ok(result)) => {
                status = result.outcome.as_str();
                ended(result).clone_into(&mut detail);
            }
            WatchEvent::PollFailed(error) | WatchEvent::Ended(Err(error)) => {
                detail = with_causes(error);
            }
            WatchEvent::Delayed(wait) => detail = format!("{} s", wait.as_secs()),
            _ => {}
        }
        let values = [&stamp(), offer, json::name(event), status, step, &detail];
        output::tsv(&values, self.out)
    }
}

impl Bars {
    fn show(&mut self, offer: &str, line: String, ended: bool) {
        let bar = self.offers.entry(offer.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new_spinner());
            // The template is constant, and the terminal tests cover it.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:20} {wide_msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(clean(offer));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        if ended {
            bar.finish_with_message(line);
        } else {
            bar.set_message(line);
        }
    }
}

/// Returns a sentence about the result of a watch.
fn ended(result: &WatchResult) -> &'static str {
    match result.report {
        Some(_) => sentence(result.outcome),
        None => "The watch timed out before the service sent a status.",
    }
}

/// Returns a report on one line: the status, the current step, and the last error message.
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
