//! Prints the events and the end of `watch`. On a terminal, the format `table` shows a progress line for each offer. If the output isn't
//! a terminal, the format `table` prints a line for each change. In every format, errors are printed to standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _, stderr, stdout};
use std::time::Duration;

use cloud_partner_portal::{WatchEvent, WatchResult};
use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::json;

use super::event_json;
use super::offer_results::OfferResults;
use crate::args::Format;
use crate::error::{explain, to_stderr};
use crate::exit_code::Exit;
use crate::formats;
use crate::plain_text::one_line;

/// The columns of the tab-separated values. Each column is a property of the JSON object of an event.
const COLUMNS: [&str; 7] = [
    "time", "offer", "event", "status", "step", "outcome", "detail",
];

/// The subject of messages about requests for the list of offers.
const LIST: &str = "the list of offers";

pub struct Printer {
    format: Format,
    progress: MultiProgress,
    /// The progress line of each offer, if the output is a table on a terminal; otherwise `None`.
    bars: Option<HashMap<String, ProgressBar>>,
}

impl Printer {
    /// Creates a printer, and prints the header of the tab-separated values.
    pub fn new(format: Format) -> io::Result<Self> {
        if format == Format::Tsv {
            formats::tsv(&COLUMNS)?;
        }
        let is_terminal = stdout().is_terminal() && stderr().is_terminal();
        Ok(Self {
            format,
            progress: MultiProgress::new(),
            bars: (format == Format::Table && is_terminal).then(HashMap::new),
        })
    }

    /// Prints an event. `offer` is `None` for an event about the list of offers.
    pub fn print(&mut self, offer: Option<&str>, event: &WatchEvent) -> io::Result<()> {
        let json = event_json::event(offer, event);
        let property = |name: &str| json[name].as_str().unwrap_or_default();
        let (time, detail) = (property("time"), property("detail"));
        let subject = one_line(offer.unwrap_or(LIST));
        match (self.format, event, &mut self.bars) {
            (Format::Json | Format::Jsonl, ..) => formats::line(&json)?,
            (Format::Tsv, ..) => formats::tsv(&COLUMNS.map(property))?,
            (Format::Table, WatchEvent::Changed(_) | WatchEvent::Ended(_), Some(bars)) => {
                let bar = bars.entry(subject.clone());
                let bar = bar.or_insert_with(|| new_bar(&subject, &self.progress));
                bar.set_message(detail.to_owned());
                if matches!(event, WatchEvent::Ended(_)) {
                    bar.abandon();
                }
            }
            (Format::Table, WatchEvent::Changed(_) | WatchEvent::Ended(Ok(_)), None) => {
                writeln!(stdout(), "{time} {subject}: {detail}")?;
            }
            (Format::Table, ..) => {}
        }
        match event {
            WatchEvent::PollFailed(_) | WatchEvent::Delayed(_) => {
                self.remark(&format!("{subject}: {detail}"));
            }
            WatchEvent::Ended(
                Err(error)
                | Ok(WatchResult {
                    last_error: Some(error),
                    ..
                }),
            ) => self.remark(&explain(&subject, error)),
            _ => {}
        }
        Ok(())
    }

    /// Prints text to standard error, above the progress lines.
    fn remark(&self, text: &str) {
        self.progress.suspend(|| to_stderr(text));
    }

    /// Prints that the watch was interrupted, and names the offers without an outcome.
    pub fn interrupted(&mut self, results: &OfferResults) -> io::Result<()> {
        let unfinished = results.offers.iter().filter(|(_, result)| result.is_none());
        let unfinished: Vec<_> = unfinished.map(|(offer, _)| one_line(offer)).collect();
        let unfinished = match &*unfinished {
            [] => "not known yet".to_owned(),
            offers => offers.join(", "),
        };
        self.remark(&format!(
            "The watch was interrupted. Publications continue in the service. Offers without an outcome: {unfinished}"
        ));
        self.last_line("interrupted", results, Exit::Interrupted)
    }

    /// Prints the end of the watch.
    pub fn ended(&mut self, results: &OfferResults, exit: Exit, publisher: &str) -> io::Result<()> {
        if self.format == Format::Table && results.no_publication() {
            let publisher = one_line(publisher);
            writeln!(stdout(), "No publication of {publisher} is in progress.")?;
        }
        if results.timed_out {
            self.remark("The watch timed out. A publication may still be in progress.");
        }
        if let Some(error) = &results.list_error {
            self.remark(&explain(LIST, error));
        }
        self.last_line("ended", results, exit)
    }

    /// Prints the last line of the formats `json` and `jsonl`: the result of every offer, the error of the last list request, and the
    /// exit code. Prints nothing in the formats `table` and `tsv`.
    fn last_line(&mut self, event: &str, results: &OfferResults, exit: Exit) -> io::Result<()> {
        if !matches!(self.format, Format::Json | Format::Jsonl) {
            return Ok(());
        }
        let mut line = json!({"time": event_json::now(), "event": event});
        if let Some(error) = &results.list_error {
            line["error"] = event_json::error(error);
        }
        line["results"] = json!({});
        for (offer, result) in &results.offers {
            line["results"][offer] = result.as_ref().map(event_json::result).into();
        }
        line["exitCode"] = exit.code().into();
        formats::line(&line)
    }
}

fn new_bar(offer: &str, progress: &MultiProgress) -> ProgressBar {
    // With `Abandon`, the line stays on the terminal after the watch.
    let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::Abandon);
    let bar = progress.add(bar);
    // The template is constant and valid, so `with_template` returns `Ok`.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:20} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(offer.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
