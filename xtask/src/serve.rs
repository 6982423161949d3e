//! `cargo xtask serve`: runs the replay server for any HTTP client.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cloud_partner_recordings::recording::Recording;
use cloud_partner_recordings::replay::{Replay, Server};
use cloud_partner_recordings::store::{self, Scenario, StoredRecording};

use crate::exit::{CommandError, CommandResult, Outcome};
use crate::files;
use crate::output::{print_continuation, print_line};
use crate::report::Table;

/// Serves the recordings and scenarios over HTTP on this machine until Ctrl-C
#[derive(Args)]
pub struct Serve {
    /// The port; 0 selects a free port
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// The delay of each response, such as 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    delay: Duration,
    /// List every path with its response instead of starting the server
    #[arg(long)]
    list: bool,
}

/// The recordings and scenarios of a replay server.
pub struct Source {
    recordings: Vec<StoredRecording>,
    scenarios: Vec<Scenario>,
}

impl Source {
    /// Reads the recordings and scenarios of the workspace.
    pub fn read() -> Result<Self, CommandError> {
        let read_error = |error: store::Error| {
            let place = error
                .place
                .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            CommandError(format!(
                "{}{place}: {}",
                files::display_path(&error.file),
                error.what
            ))
        };
        let recordings = files::root().join("tests/recordings");
        let scenarios = files::root().join("tests/scenarios");
        Ok(Self {
            recordings: store::recordings(&recordings).all().map_err(read_error)?,
            scenarios: store::scenarios(&scenarios).all().map_err(read_error)?,
        })
    }

    /// Adds a recording that isn't in a file.
    pub fn with(mut self, recording: Recording) -> Self {
        let file = PathBuf::new();
        self.recordings.push(StoredRecording { file, recording });
        self
    }

    /// Returns the scenario of this name.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// Returns the recordings, then the recordings of the scenarios, each with its file's path relative to `tests/recordings` or
    /// `tests/scenarios` and without the extension.
    pub fn recordings(&self) -> impl Iterator<Item = (String, &Recording)> {
        let tests = files::root().join("tests");
        let named = move |folder: &str, stored: &'_ StoredRecording| {
            let file = stored.file.with_extension("");
            let below = file.strip_prefix(tests.join(folder)).unwrap_or(&file);
            below.display().to_string()
        };
        let recordings = self.recordings.iter().map(|stored| ("recordings", stored));
        let scenarios = self
            .scenarios
            .iter()
            .flat_map(|scenario| &scenario.recordings);
        recordings
            .chain(scenarios.map(|stored| ("scenarios", stored)))
            .map(move |(folder, stored)| (named(folder, stored), &stored.recording))
    }

    /// Starts a server with the settings that `configure` adds. With port 0, the system chooses a free port.
    pub fn start(
        &self,
        port: u16,
        configure: impl FnOnce(Replay) -> Replay,
    ) -> Result<Server, CommandError> {
        let replay = Replay::new(self.recordings.clone(), self.scenarios.clone()).port(port);
        configure(replay).start().map_err(|error| {
            CommandError(format!(
                "the replay server can't start on port {port}: {error}"
            ))
        })
    }

    /// Returns the rows of the table: path, status and description of every recording; of a scenario, its first path and its name.
    fn routes(&self) -> Vec<[String; 3]> {
        let scenarios = self.scenarios.iter().filter_map(|scenario| {
            let first = &scenario.recordings.first()?.recording;
            let length = scenario.recordings.len();
            let what = format!("scenario {}, {length} responses in turn", scenario.name);
            Some([first.request.path.clone(), "-".to_owned(), what])
        });
        let recordings = self.recordings.iter().map(|stored| {
            let Recording {
                request,
                response,
                description,
                ..
            } = &stored.recording;
            [
                request.path.clone(),
                response.status.to_string(),
                description.clone(),
            ]
        });
        scenarios.chain(recordings).collect()
    }

    /// Returns the paths of three sample requests: a list, a publication in progress, and an error response.
    fn samples(&self) -> impl Iterator<Item = &str> {
        let stored =
            |fits: fn(&StoredRecording) -> bool| self.recordings.iter().find(|one| fits(one));
        let list = stored(|one| one.recording.request.path.ends_with("/contoso/offers"));
        let scenario = self.scenarios.first();
        let scenario = scenario.and_then(|scenario| scenario.recordings.first());
        let error = stored(|one| one.recording.response.status >= 400);
        let samples = [list, scenario, error].into_iter().flatten();
        samples.map(|one| one.recording.request.path.as_str())
    }
}

impl Serve {
    /// Runs the command.
    pub fn run(self, out: &mut dyn Write) -> CommandResult {
        let source = Source::read()?;
        if self.list {
            let mut table = Table::new(&["PATH", "STATUS", "RESPONSE"]);
            for route in source.routes() {
                table.row(route);
            }
            table.print(out)?;
            return Ok(Outcome::Success);
        }
        let server = source.start(self.port, |replay| replay.delay(self.delay))?;
        let url = server.url();
        for (path, verb) in source.samples().zip(["Try", "", ""]) {
            let curl = format!(
                "curl --header 'Authorization: Bearer anything' '{url}{path}?api-version=2017-10-31'"
            );
            print_line(out, verb, curl)?;
        }
        print_continuation(
            out,
            "`cargo xtask serve --list` lists all paths and their responses",
        )?;
        print_line(out, "Serving", format!("{url} until Ctrl-C"))?;
        out.flush()?;
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| runtime.block_on(tokio::signal::ctrl_c()))
            .map_err(|error| CommandError(format!("waiting for Ctrl-C failed: {error}")))?;
        drop(server);
        print_line(out, "Stopped", url)?;
        Ok(Outcome::Success)
    }
}
