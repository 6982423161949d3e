//! `cargo xtask serve`: the replay server, for whatever speaks HTTP.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use cloud_partner_recordings::library::{self, Scenario, Stored};
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};

use crate::exit::{Failure, Outcome, Run};
use crate::files;
use crate::output::{more, say};

/// Answers requests from the recordings, on this machine, until Ctrl-C
#[derive(Args)]
pub struct Serve {
    /// The port; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// How long every answer waits, such as 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    delay: Duration,
}

/// The recordings and scenarios that a server answers from.
#[derive(Clone)]
pub struct Source {
    recordings: Vec<Stored>,
    scenarios: Vec<Scenario>,
}

impl Source {
    /// Reads the workspace's own.
    pub fn read() -> Result<Self, Failure> {
        let unreadable = |error: library::Error| {
            let place = error
                .place
                .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            Failure(format!(
                "{}{place}: {}",
                files::shown(&error.file),
                error.what
            ))
        };
        let recordings = files::root().join("tests/recordings");
        let scenarios = files::root().join("tests/scenarios");
        Ok(Self {
            recordings: library::recordings(&recordings).all().map_err(unreadable)?,
            scenarios: library::scenarios(&scenarios).all().map_err(unreadable)?,
        })
    }

    /// The scenario of this name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// Every recording, then every answer of every scenario, each with its file's path below the folder that was read.
    pub fn answers(&self) -> impl Iterator<Item = (String, &Recording)> {
        let tests = files::root().join("tests");
        let named = move |folder: &str, stored: &'_ Stored| {
            let file = stored.file.with_extension("");
            let below = file.strip_prefix(tests.join(folder)).unwrap_or(&file);
            below.display().to_string()
        };
        let recordings = self.recordings.iter().map(|stored| ("recordings", stored));
        let scenarios = self.scenarios.iter().flat_map(|scenario| &scenario.answers);
        recordings
            .chain(scenarios.map(|stored| ("scenarios", stored)))
            .map(move |(folder, stored)| (named(folder, stored), &stored.recording))
    }

    /// Starts a server.
    pub fn start(self, port: u16, delay: Duration) -> Result<Server, Failure> {
        let server = self.replay().port(port).delay(delay).start();
        server.map_err(|error| {
            Failure(format!(
                "the replay server can't start on port {port}: {error}"
            ))
        })
    }

    /// Starts a server that takes only this token.
    pub fn start_for(self, token: &str) -> Result<Server, Failure> {
        let server = self.replay().token(token).start();
        server.map_err(|error| Failure(format!("the replay server can't start: {error}")))
    }

    fn replay(self) -> Replay {
        Replay::new(self.recordings, self.scenarios)
    }

    /// What a request is answered with, line by line: the request and the answer, in two columns.
    fn routes(&self) -> Vec<(String, String)> {
        let scenarios = self.scenarios.iter().filter_map(|scenario| {
            let first = scenario.answers.first()?;
            let answer = format!(
                "scenario {}, {} answers",
                scenario.name,
                scenario.answers.len()
            );
            Some((first.recording.request.path.clone(), answer))
        });
        let recordings = self.recordings.iter().map(|stored| {
            let recording = &stored.recording;
            let answer = format!("{} {}", recording.response.status, recording.description);
            (recording.request.path.clone(), answer)
        });
        scenarios.chain(recordings).collect()
    }
}

impl Serve {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> Run {
        let source = Source::read()?;
        let routes = source.routes();
        let server = source.start(self.port, self.delay)?;
        let url = server.url();
        let width = routes
            .iter()
            .map(|(path, _)| path.len())
            .max()
            .unwrap_or_default();
        for (path, answer) in &routes {
            say(out, "GET", format!("{path:<width$}  {answer}"))?;
        }
        say(out, "Try", curl(&url, "/api/publishers/contoso/offers"))?;
        if let Some((path, _)) = routes.first() {
            more(out, curl(&url, path))?;
        }
        say(out, "Serving", format!("{url} until Ctrl-C"))?;
        out.flush()?;
        wait_for_interrupt()?;
        drop(server);
        say(out, "Stopped", url)?;
        Ok(Outcome::Fine)
    }
}

fn curl(url: &str, path: &str) -> String {
    format!("curl --header 'Authorization: Bearer anything' '{url}{path}?api-version=2017-10-31'")
}

fn wait_for_interrupt() -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(tokio::signal::ctrl_c()))
        .map_err(|error| Failure(format!("Ctrl-C can't be waited for: {error}")))
}
