//! Prints the events of `watch`. The table format has a progress line for each offer on a terminal, and a line for each change
//! elsewhere. The other formats are JSON and tab-separated values. Every format prints errors to standard error.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use cloud_partner_portal::{Error, WatchEvent};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::row::Row;
use super::{PublisherEnd, Results, json};
use crate::args::Format;
use crate::exit::Exit;
use crate::explain::{explain, to_stderr};
use crate::output;
use crate::plain_text::{clean, stamp};

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
        summary: Option<Value>,
    ) -> io::Result<()> {
        let row = Row::new(&offer.map_or(LIST.to_owned(), clean), event);
        match self.format {
            Format::Json | Format::Jsonl => {
                let event = json!({"time": stamp(), "offer": offer, "event": row.event});
                self.json(event, [row.json, summary.unwrap_or_default()])?;
            }
            Format::Tsv => {
                if !std::mem::replace(&mut self.header_printed, true) {
                    let header = ["time", "offer", "event", "status", "step", "detail"];
                    output::tsv(&header, self.out)?;
                }
                let (time, offer) = (stamp(), offer.unwrap_or_default());
                let cells = [&time, offer, row.event, row.status, row.step, &row.detail];
                output::tsv(&cells, self.out)?;
            }
            Format::Table => {
                let ended = matches!(event, WatchEvent::Ended(_));
                match (offer, &mut self.bars, row.line) {
                    (Some(offer), Some(bars), Some(line)) => bars.show(offer, line, ended),
                    (Some(offer), Some(bars), None) if ended => bars.show(offer, row.detail, ended),
                    (Some(offer), None, Some(line)) => {
                        writeln!(self.out, "{} {}: {line}", stamp(), clean(offer))?;
                    }
                    _ => {}
                }
            }
        }
        // A program that reads the output may wait for this event.
        self.out.flush()?;
        if let Some(remark) = row.remark {
            self.remark(&remark);
        }
        Ok(())
    }

    /// Prints a JSON object with the properties of other objects on one line.
    fn json(&mut self, mut object: Value, others: [Value; 2]) -> io::Result<()> {
        for other in others {
            for (name, property) in other.as_object().into_iter().flatten() {
                object[name] = property.clone();
            }
        }
        output::line(&object, self.out)
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

    /// Stops updating the progress lines, and leaves their last text on the terminal.
    pub fn close(&self) {
        for bar in self.bars.iter().flat_map(|bars| bars.offers.values()) {
            bar.abandon();
        }
    }

    /// Prints the end of the watch of a whole publisher.
    pub fn publisher_ended(
        &mut self,
        list: &PublisherEnd,
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
        let error = error.map(|error| json!({"error": json::error(error)}));
        self.json(
            json!({"time": stamp(), "event": event}),
            [error.unwrap_or_default(), json::summary(results, exit)],
        )
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
