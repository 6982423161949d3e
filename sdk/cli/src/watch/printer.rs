//! Prints the events of `watch`. The table format has a progress line for each offer on a terminal, and a line for each change
//! elsewhere. The other formats are JSON and tab-separated values. Every format prints errors to standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use cloud_partner_portal::{WatchEvent, WatchResult};
use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::json;

use super::json;
use super::results::Results;
use crate::args::Format;
use crate::error::{explain, to_stderr};
use crate::exit::Exit;
use crate::output;
use crate::plain_text::{now, one_line};

/// The columns of the tab-separated values, which are properties of the JSON objects.
const COLUMNS: [&str; 7] = [
    "time", "offer", "event", "status", "step", "outcome", "detail",
];

/// The subject of the messages about list requests.
const LIST: &str = "the list of offers";

pub struct Printer<'o, W> {
    format: Format,
    out: &'o mut W,
    progress: MultiProgress,
    /// The progress lines by offer. `None` if the output isn't a terminal, or the format isn't the table.
    bars: Option<HashMap<String, ProgressBar>>,
}

impl<'o, W: Write> Printer<'o, W> {
    pub fn new(format: Format, out: &'o mut W) -> io::Result<Self> {
        if format == Format::Tsv {
            output::tsv(&COLUMNS, out)?;
        }
        let is_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        Ok(Self {
            format,
            out,
            progress: MultiProgress::new(),
            bars: (format == Format::Table && is_terminal).then(HashMap::new),
        })
    }

    /// Prints an event of an offer, or of the list if there is no offer.
    pub fn print(&mut self, offer: Option<&str>, event: &WatchEvent) -> io::Result<()> {
        let line = json::event(offer, event);
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        match self.format {
            Format::Json | Format::Jsonl => output::line(&line, self.out)?,
            Format::Tsv => output::tsv(&COLUMNS.map(text), self.out)?,
            Format::Table => match (offer, event, &mut self.bars) {
                (Some(offer), WatchEvent::Changed(_) | WatchEvent::Ended(_), Some(bars)) => {
                    let bar = bars.entry(offer.to_owned());
                    let bar = bar.or_insert_with(|| new_bar(offer, &self.progress));
                    match event {
                        WatchEvent::Ended(_) => bar.finish_with_message(text("detail").to_owned()),
                        _ => bar.set_message(text("detail").to_owned()),
                    }
                }
                (Some(offer), WatchEvent::Changed(_) | WatchEvent::Ended(Ok(_)), None) => {
                    let (time, detail) = (text("time"), text("detail"));
                    writeln!(self.out, "{time} {}: {detail}", one_line(offer))?;
                }
                _ => {}
            },
        }
        let subject = offer.unwrap_or(LIST);
        match event {
            WatchEvent::PollFailed(_) | WatchEvent::Delayed(_) => {
                self.remark(&format!("{}: {}", one_line(subject), text("detail")));
            }
            WatchEvent::Ended(
                Ok(WatchResult {
                    last_error: Some(error),
                    ..
                })
                | Err(error),
            ) => self.remark(&explain(subject, error)),
            _ => {}
        }
        Ok(())
    }

    /// Prints to standard error, above the progress lines.
    pub fn remark(&self, text: &str) {
        self.progress.suspend(|| to_stderr(text));
    }

    /// Prints that the watch was interrupted, and which offers have no result.
    pub fn interrupted(&mut self, results: &Results) -> io::Result<()> {
        let open = results.offers.iter().filter(|(_, result)| result.is_none());
        let mut open: Vec<_> = open.map(|(offer, _)| one_line(offer)).collect();
        if open.is_empty() {
            open.push("no known offer".to_owned());
        }
        self.remark(&format!(
            "interrupted; still open: {}. A publication continues in the service.",
            open.join(", ")
        ));
        self.last_line("interrupted", results, Exit::Interrupted)
    }

    /// Prints the end of the watch.
    pub fn ended(&mut self, results: &Results, exit: Exit, publisher: &str) -> io::Result<()> {
        if self.format == Format::Table && results.nothing_in_flight() {
            let publisher = one_line(publisher);
            writeln!(self.out, "No offer of {publisher} is in flight.")?;
        }
        if results.timed_out {
            self.remark(
                "The watch timed out before a list showed that every publication had ended.",
            );
        }
        if let Some(error) = &results.list_error {
            self.remark(&explain(LIST, error));
        }
        self.last_line("ended", results, exit)
    }

    /// Prints the last line of the JSON formats: the result of every offer, the error of the last list request, and the exit code.
    fn last_line(&mut self, event: &str, results: &Results, exit: Exit) -> io::Result<()> {
        if !matches!(self.format, Format::Json | Format::Jsonl) {
            return Ok(());
        }
        let mut line = json!({"time": now(), "event": event});
        if let Some(error) = &results.list_error {
            line["error"] = json::error(error);
        }
        line["results"] = json!({});
        for (offer, result) in &results.offers {
            line["results"][offer] = result.as_ref().map(json::result).into();
        }
        line["exitCode"] = exit.code().into();
        output::line(&line, self.out)
    }
}

fn new_bar(offer: &str, progress: &MultiProgress) -> ProgressBar {
    // `Abandon` leaves the last text of the line on the terminal.
    let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::Abandon);
    let bar = progress.add(bar);
    // The template is constant and valid.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:20} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(one_line(offer));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
